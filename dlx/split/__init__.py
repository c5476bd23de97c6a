"""Train, train-dev, dev and test: which example goes where, the same on every machine and in any row order.

Inside each stratum (class and source) examples, or groups, are ranked by a stable hash and cut at the quota, in the
order test, dev, train-dev, train. Copies of one content share a rank, so they never straddle; no seed enters.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from dlx.dataset import Dataset
from dlx.errors import UserError, unknown
from dlx.split import _assign, _earlier, _notes, _share, _sizes
from dlx.split._resampling import folds, nested
from dlx.split._result import COLUMNS, Split, completed, read
from dlx.split._units import Units, build

__all__ = ["Split", "folds", "nested", "read", "split"]


def split(
    dataset: Dataset,
    data: dict[str, Any],
    *,
    previous: Split | pd.DataFrame | None = None,
    compare: Split | pd.DataFrame | None = None,
) -> Split:
    """Divide a data set.

    Args:
        dataset: examples with source, group, time and the user's own split where there are any.
        data: the recipe's ``data``: ``split`` (``auto``, ``own``, ``from:RUN`` or sizes), ``split_by`` (``hash`` or
            ``time``), ``target`` (the source that dev and test hold) and ``target_in_train``, the share of it that
            train gets: half when None. Where the target's own split is kept, it is the share of its train part: all
            when None; the rest is in no part, dev and test stay as they are.
        previous: an earlier split to keep, required for ``from:RUN``: examples and groups that it knows stay where they
            are, new ones follow its cuts.
        compare: an earlier split that is only compared with, to count what moved.

    Raises:
        UserError: no example, labels all alike, fewer examples or groups than parts, an unknown target, times missing.
    """
    examples, target = dataset.examples, _target(dataset, data)
    _check_labels(dataset)
    how = data.get("split") or "auto"
    earlier, notes, unused = _as_split(previous), [], 0
    if earlier is None and isinstance(how, str) and how.startswith("from:"):
        raise UserError("split: from:RUN needs that run's split", value=how, where="data.split")
    units = build(examples, target)
    ends: dict[str, Any] = {"by": "own"}
    if earlier is not None:
        part, new = _earlier.as_before(units, examples, earlier.table, earlier.cuts)
        ends = earlier.cuts
        notes.append(f"split as in the earlier run: {new:,} of {len(examples):,} examples are new")
        part = _with_train_dev(examples, part, how.get("train_dev") if isinstance(how, dict) else None, notes)
    elif _has_own(examples, how, target):
        part, notes = _assign.own(examples, target)
        if target is not None and data.get("target_in_train") is not None:
            part, unused, said = _share.of_own_train(examples, part, target, float(data["target_in_train"]))
            notes += said
        part = _with_train_dev(examples, part, None, notes)
    else:
        part, sizes = _anew(units, examples, how, data, target is not None)
        part = _with_train_dev(examples, part, sizes.train_dev, notes)
        ends = _earlier.cuts(units, _of_units(units, part), by_time=data.get("split_by") == "time")
        if examples["split"].notna().any():
            notes.append("the data's own split is not used: the recipe gives sizes, or the target has none")
    table = examples[[c for c in COLUMNS if c != "split"]].assign(split=pd.Series(part, dtype=object))
    notes += _notes.left_out(part, unused)
    before = _as_split(compare) or earlier
    moved = None if before is None else _notes.moved(table, before.table)
    warnings = _notes.warnings(examples, part, target)
    return Split(table.reset_index(drop=True), ends, tuple(notes), tuple(warnings), moved)


def _has_own(examples: pd.DataFrame, how: Any, target: str | None) -> bool:
    """Whether the data's own split is to be kept."""
    mine = examples if target is None else examples[examples["source"] == target]
    given = bool(mine["split"].notna().any())
    if how == "own" and not given:
        raise UserError("the data has no split of its own", value="own", where="data.split", hint="Use split: auto.")
    return given and how in ("own", "auto")


def _anew(units: Units, examples: pd.DataFrame, how: Any, data: dict, among_several: bool):
    """(part of each row, sizes): a new split by hash or by time."""
    share = data.get("target_in_train")
    share = 0.5 if share is None else float(share)
    n_target = int(units.size[units.eligible].sum()) if among_several else None
    sizes = _sizes.plan(how, len(examples), n_target=n_target, target_in_train=share)
    by_time = data.get("split_by") == "time"
    if by_time:
        _check_times(examples, units)
    in_train = None if n_target is None else round(share * n_target)
    part = _assign.by_rank(units, sizes, target_in_train=in_train, by_time=by_time)[units.of_row]
    if in_train == 0:  # a target example whose copy another source has may stand neither in dev nor in train
        part[(part == "train") & (examples["source"] == data["target"]).to_numpy()] = None
    return part, sizes


def _with_train_dev(
    examples: pd.DataFrame, part: np.ndarray, asked: int | float | None, notes: list[str]
) -> np.ndarray:
    """Carve a train-dev set where one is asked for, or where train's sources differ from dev's (rule P9)."""
    if (part == "train_dev").any() or asked == 0:
        return part
    if asked is None:
        source = examples["source"].to_numpy(object)
        if set(source[part == "train"]) == set(source[part == "dev"]):
            return part
        asked = _sizes.train_dev_size(int((part == "train").sum()), int((part == "dev").sum()))
        notes.append("train's sources differ from dev's: a train-dev set was carved from train (train_dev: 0: none)")
    return _assign.carve_train_dev(examples, part, _sizes.count(asked, len(examples)))


def _of_units(units: Units, part: np.ndarray) -> np.ndarray:
    result = np.full(len(units), None, dtype=object)
    result[units.of_row] = part
    return result


def _target(dataset: Dataset, data: dict[str, Any]) -> str | None:
    target, sources = data.get("target"), sorted(set(dataset.examples["source"]))
    if target is None:
        return None
    if target not in sources:
        raise unknown("source", target, sources, where="data.target")
    return target if len(sources) > 1 else None


def _as_split(previous: Split | pd.DataFrame | None) -> Split | None:
    if previous is None or isinstance(previous, Split):
        return previous
    return Split(completed(previous))


def _check_labels(dataset: Dataset) -> None:
    if not len(dataset):
        raise UserError("there is no example to split", where=f"data {dataset.name!r}")
    y = dataset.examples["y"]
    if not dataset.label_names and y.nunique() < 2:
        raise UserError(
            "all examples have the same label: one class only",
            value=y.iloc[0],
            where=f"data {dataset.name!r}",
            hint="Is the label column, or the folder, the right one?",
        )


def _check_times(examples: pd.DataFrame, units: Units) -> None:
    bad = np.isnan(units.time[units.of_row])
    if bad.any():
        raise UserError(
            f"split_by: time needs a time for every example, {int(bad.sum()):,} have none",
            where=f"example {examples['id'].iloc[int(np.flatnonzero(bad)[0])]}",
            hint="Name the column in the reader (time: column), or use split_by: hash.",
        )
