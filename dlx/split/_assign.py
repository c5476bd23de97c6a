"""The ways to give each row a part anew: by hash, by time, or the user's own."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dlx.errors import UserError
from dlx.split import _sizes
from dlx.split._cut import newest, pick
from dlx.split._sizes import Sizes
from dlx.split._units import Units, build

__all__ = ["by_rank", "carve_train_dev", "own"]


def by_rank(units: Units, sizes: Sizes, *, target_in_train: int | None, by_time: bool) -> np.ndarray:
    """Part of each unit: test, then dev, then train; by hash inside each stratum, or the newest to test.

    Args:
        units: all units; only eligible ones go to dev and test.
        sizes: rows wanted.
        target_in_train: rows of the target that train gets, None without a target among several sources.
        by_time: rank by time over all strata.

    Raises:
        UserError: fewer units than parts.
    """
    wanted = {"test": sizes.test, "dev": sizes.dev}
    _enough(units, wanted)
    part = np.full(len(units), "train", dtype=object)
    weights = np.bincount(units.stratum, units.size * units.eligible, minlength=len(units.strata)).astype(np.int64)
    keep = target_in_train != 0  # a class that only the target has must not be missing in train
    for name, total in wanted.items():
        pool = units.eligible & (part == "train")
        if total:
            taken = newest(units, pool, total) if by_time else pick(units, pool, total, weights=weights, keep=keep)
            part[taken] = name
    if target_in_train is not None:
        _spare_target(units, part, sizes, target_in_train)
    for name in ("dev", "test", "train"):
        if name == "train" or wanted[name]:
            _fill(units, part, name)
    if sizes.train is not None:
        rest = part == "train"
        part[rest & ~pick(units, rest, sizes.train, keep=False)] = None
    return part


def _spare_target(units: Units, part: np.ndarray, sizes: Sizes, target_in_train: int) -> None:
    """Train gets no more of the target than its share; what nobody asked for is left out."""
    rest = units.eligible & (part == "train")
    planned = sizes.dev + sizes.test + target_in_train
    if planned < int(units.size[units.eligible].sum()):
        part[rest & ~pick(units, rest, target_in_train, keep=False)] = None
    elif target_in_train == 0:
        part[rest] = "dev"  # whole units left a few rows over


def carve_train_dev(examples: pd.DataFrame, part: np.ndarray, total: int) -> np.ndarray:
    """Move about ``total`` rows from train to train-dev, by hash within the strata of train.

    Args:
        examples: all rows.
        part: (n,) part of each row; returned as a new array.
        total: rows wanted in train-dev.

    Raises:
        UserError: train is too small to give any.
    """
    rows = np.flatnonzero(part == "train")
    units = build(examples.iloc[rows], None)
    if len(units) < 2:
        raise UserError(
            "train is too small to carve a train-dev set from it",
            value=len(rows),
            where="data.split",
            hint="Set train_dev: 0, or add examples.",
        )
    taken = pick(units, _dispensable(units, examples["y"].iloc[rows], total), total, keep=True)
    if not taken.any():
        taken[np.argmin(units.rank)] = True
    if taken.all():
        taken[np.argmax(units.rank)] = False
    part = part.copy()
    part[rows[taken[units.of_row]]] = "train_dev"
    return part


def _dispensable(units: Units, y: pd.Series, total: int) -> np.ndarray:
    """Units without which train still has each of their classes, or all units where those would not do.

    Strata see to that already, but where classes have a few examples each, they are no strata.
    """
    everything = np.ones(len(units), bool)
    if not y.map(type).eq(str).all():
        return everything
    last = pd.Series(units.rank[units.of_row]).groupby(y.to_numpy(object)).transform("max").to_numpy()
    spare = everything.copy()
    spare[units.of_row[units.rank[units.of_row] == last]] = False
    return spare if units.size[spare].sum() >= total else everything


def own(examples: pd.DataFrame, target: str | None) -> tuple[np.ndarray, list[str]]:
    """(part of each row, notes): the user's own split; a missing dev is carved from train.

    Raises:
        UserError: rows without a split in a source that has one, or no train.
    """
    notes = ["the data's own split is kept (sizes in data.split make a new one)"]
    given = examples["split"]
    part = given.where(given.notna(), None).to_numpy(object).copy()
    for source, rows in examples.groupby("source", sort=True).indices.items():
        missing = given.isna().to_numpy()[rows]
        if missing.any() and not missing.all():
            raise UserError(
                f"{int(missing.sum())} of {len(rows)} examples have no split",
                where=f"source {source!r}" if source else None,
                hint="Fill the split in, or make one: data.split=auto without the split column.",
            )
        if missing.all() or (target is not None and source != target):
            part[rows] = "train"
            notes.append(f"all of source {source!r} goes to train")
    if not (part == "train").any():
        raise UserError("the data's own split has no train", value=sorted({p for p in part if p}), where="data.split")
    if not (part == "dev").any():
        rows = np.flatnonzero(part == "train")
        units = build(examples.iloc[rows], target)
        total = min(_sizes.auto(len(examples)), len(rows) // 2)
        _enough(units, {"dev": total})
        taken = pick(units, units.eligible, total, keep=True)
        part[rows[taken[units.of_row]]] = "dev"
        notes.append(f"the data's own split has no dev: {int((part == 'dev').sum()):,} examples were carved from train")
    return part, notes


def _enough(units: Units, wanted: dict[str, int]) -> None:
    parts = [name for name, total in wanted.items() if total]
    eligible = int(units.eligible.sum())
    needed = len(parts) + (1 if eligible == len(units) else 0)
    if eligible < needed or len(units) < len(parts) + 1:
        raise UserError(
            f"train, {' and '.join(reversed(parts))} need at least {len(parts) + 1} different examples or groups",
            value=eligible,
            where="data",
            hint="Add examples (of the target, if there is one), or ask for fewer parts (test: 0).",
        )


def _fill(units: Units, part: np.ndarray, name: str) -> None:
    """An empty part gets the lowest-ranked unit of the part that has most; no part stays empty while units suffice."""
    if (part == name).any():
        return
    allowed = np.ones(len(units), bool) if name == "train" else units.eligible
    counts = {p: int(((part == p) & allowed).sum()) for p in ("train", "dev", "test")}
    donor = max(counts, key=lambda p: counts[p])
    candidates = np.flatnonzero((part == donor) & allowed)
    part[candidates[np.argmin(units.rank[candidates])]] = name
