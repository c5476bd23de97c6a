"""A split as in an earlier run: what is known stays, what is new follows the earlier cuts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from dlx.split._units import Units

__all__ = ["as_before", "cuts"]

#: in the order of ranks, and of strictness
_ORDER = ("test", "dev", "train_dev", "train")
#: in an earlier split: left out
_OUT = "-"


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
