"""The ways to give each row its part: by hash, by time, the user's own, or as in an earlier run."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from dlx.errors import UserError
from dlx.split import _sizes
from dlx.split._cut import newest, pick
from dlx.split._sizes import Sizes
from dlx.split._units import Units, build

__all__ = ["as_before", "by_rank", "carve_train_dev", "cuts", "own"]

#: in the order of ranks, and of strictness
_ORDER = ("test", "dev", "train_dev", "train")
#: in an earlier split: left out
_OUT = "-"


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
    taken = pick(units, np.ones(len(units), bool), total, keep=True)
    if not taken.any():
        taken[np.argmin(units.rank)] = True
    if taken.all():
        taken[np.argmax(units.rank)] = False
    part = part.copy()
    part[rows[taken[units.of_row]]] = "train_dev"
    return part


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


def as_before(units: Units, examples: pd.DataFrame, table: pd.DataFrame, cut: dict[str, Any]) -> tuple[np.ndarray, int]:
    """(part of each row, rows that are new): what is known stays where it was, the rest follows the earlier cuts.

    Args:
        units: units of the present examples.
        examples: the present examples.
        table: the earlier split: id, content, raw, group, split (None: left out, and so it stays).
        cut: the earlier cuts, see :func:`cuts`.
    """
    order = (*_ORDER, _OUT)
    earlier = table.assign(split=table["split"].where(table["split"].notna(), _OUT))
    row = _found(examples, earlier, "id").to_numpy(object)  # the row itself, also among copies in several parts
    known = pd.Series(None, index=examples.index, dtype=object)
    for column in ("raw", "content", "group"):  # the later, the stronger
        found = _found(examples, earlier, column)
        known = found.where(found.notna(), known)
    new = known.isna().to_numpy()
    # a new copy of what the user's own split held in several parts goes to the strictest of them
    code = np.full(len(units), len(order))
    np.minimum.at(code, units.of_row[~new], known[~new].map(order.index).to_numpy(int))
    part = np.array([*order, None], dtype=object)[code]
    first = np.full(len(units), -1)
    first[units.of_row[::-1]] = np.arange(len(examples))[::-1]
    for unit in np.flatnonzero(code == len(order)):
        own_split = examples["split"].iloc[first[unit]] if cut.get("by") == "own" else None
        part[unit] = own_split or _by_cut(units, unit, cut)
    result = np.where(pd.notna(row), row, part[units.of_row])
    return np.where(result == _OUT, None, result), int(new.sum())


def _found(examples: pd.DataFrame, earlier: pd.DataFrame, column: str) -> pd.Series:
    """The part of each example in the earlier split, looked up by that column; None where it is not there."""
    of = earlier[earlier[column].notna()].drop_duplicates(column).set_index(column)["split"].astype(object)
    found = examples[column].map(of).astype(object)
    return found.where(found.notna(), None)


def cuts(units: Units, part: np.ndarray, *, by_time: bool) -> dict[str, Any]:
    """Where the parts end, so that an example that is new later finds its part without moving another.

    Returns:
        ``{"by": "hash", "ends": source → class → [end of test, end of dev, end of train-dev]}`` on the scale of ranks:
        test where the rank is below the first end, and so on; class "" and source "" stand for those not seen before.
        Or ``{"by": "time", "ends": [start of test, start of dev]}`` on the scale of times (None: there is none).
    """
    if by_time:
        starts = [units.time[part == name].min() if (part == name).any() else None for name in ("test", "dev")]
        return {"by": "time", "ends": [None if start is None else float(start) for start in starts]}
    ends: dict[str, dict[str, list[float]]] = {"": {"": _shares(units, part, units.eligible)}}
    sources = np.array([source for source, _ in units.strata], dtype=object)[units.stratum]
    order = np.argsort(units.stratum, kind="stable")
    begin = np.searchsorted(units.stratum[order], np.arange(len(units.strata) + 1))
    for s, (source, label) in enumerate(units.strata):
        mine = order[begin[s] : begin[s + 1]]
        if units.eligible[mine].any():
            mine = mine[units.eligible[mine]]
        if source not in ends:
            ends[source] = {"": _shares(units, part, sources == source)}
        ends[source][label] = _ends(units.rank[mine], part[mine])
    return {"by": "hash", "ends": ends}


def _ends(rank: np.ndarray, part: np.ndarray) -> list[float]:
    """[end of test, end of dev, end of train-dev], half-way between the neighbours of each cut."""
    ends, low = [], 0.0
    code = np.array([_ORDER.index(p) if p else len(_ORDER) for p in part])
    for i in (0, 1, 2):
        inside, beyond = rank[code <= i], rank[(code > i) & (code < len(_ORDER))]
        if not len(inside):
            end = 0.0
        elif not len(beyond):
            end = 1.0
        else:
            end = (float(inside.max()) + float(beyond.min())) / 2
        low = max(low, end)
        ends.append(low)
    return ends


def _shares(units: Units, part: np.ndarray, mine: np.ndarray) -> list[float]:
    total = max(int(units.size[mine].sum()), 1)
    sums = [int(units.size[mine & (part == name)].sum()) / total for name in ("test", "dev", "train_dev")]
    return [float(end) for end in np.cumsum(sums)]


def _by_cut(units: Units, unit: int, cut: dict[str, Any]) -> str:
    if cut.get("by") == "time":
        if units.eligible[unit]:
            for start, name in zip(cut["ends"], ("test", "dev"), strict=True):
                if start is not None and units.time[unit] >= start:
                    return name
        return "train"
    known = cut.get("ends", {})
    source, label = units.strata[units.stratum[unit]]
    of_source = known.get(source, known.get("", {}))
    ends = of_source.get(label, of_source.get("", [0.0, 0.0, 0.0]))
    if not units.eligible[unit]:
        ends = [0.0, 0.0, ends[2] if source in known else 0.0]
    for end, name in zip(ends, ("test", "dev", "train_dev"), strict=True):
        if units.rank[unit] < end:
            return name
    return "train"


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
