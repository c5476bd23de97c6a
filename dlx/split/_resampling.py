"""Folds and nested subsets of the examples that a split gives to training, by the same stable hash as the split."""

from __future__ import annotations

import hashlib

import numpy as np
import pandas as pd

from dlx.errors import UserError
from dlx.split._units import Units, build

__all__ = ["folds", "nested"]


def folds(examples: pd.DataFrame, k: int, *, target: str | None = None) -> np.ndarray:
    """The fold of each example, stratified by source and class; groups and copies of one content stay together.

    Args:
        examples: as in ``Dataset.examples``.
        k: number of folds, at least 2.
        target: only examples of this source are dealt out; None for all.

    Returns:
        (n,) 1 … k, as equal in size as whole groups allow; 0 for what is always trained on and never scored: other
        sources than the target, and one example (or group) of each class that would all lie in one fold, whose model
        could not know it.

    Raises:
        UserError: fewer than two folds, or fewer examples or groups than folds.
    """
    if isinstance(k, bool) or not isinstance(k, (int, np.integer)) or k < 2:
        raise UserError("cross-validation needs at least 2 folds", value=k, where="--folds", hint="Usually 5 or 10.")
    units = build(examples, target)
    dealt = units.eligible
    if dealt.sum() < k:
        what = "groups" if examples["group"].notna().any() else "different examples"
        raise UserError(f"{k} folds need at least {k} {what}", value=int(dealt.sum()), where="--folds")
    order = np.array([unit for unit in _spread(units, 0) if dealt[unit]])
    size = units.size[order]
    middle = np.cumsum(size) - size / 2
    number = np.zeros(len(units), np.int64)
    number[order] = np.minimum((middle * k / size.sum()).astype(np.int64), k - 1) + 1
    if len(np.unique(number[order])) < k:  # a few large groups: the largest first, each to the smallest fold
        number[order] = _smallest_first(size, k)
    number[_alone_in_a_fold(units, number, examples["y"])] = 0
    if len(empty := set(range(1, k + 1)) - set(number.tolist())):
        raise UserError(f"{len(empty)} of {k} folds would be empty", value=k, where="--folds", hint="Ask for fewer.")
    return number[units.of_row]


def nested(examples: pd.DataFrame, repeat: int = 0) -> np.ndarray:
    """The rows in an order in which every beginning is a stratified subset, so that smaller subsets lie in larger ones.

    The first rows are one example (with its group) of each class, since a model must have seen all of them.

    Args:
        examples: as in ``Dataset.examples``.
        repeat: number of the draw; each is another order, the same on every machine.

    Returns:
        (n,) positions of rows; those of one group stand side by side.
    """
    units = build(examples, None)
    order = _spread(units, repeat)
    place = np.empty(len(units), np.int64)
    place[order] = np.arange(len(units))
    y = _classes(examples["y"])
    if y is not None:
        first = pd.Series(place[units.of_row]).groupby(y).min().unique()
        place[order[first]] -= len(units)
    return np.lexsort((np.arange(len(examples)), place[units.of_row]))


def _spread(units: Units, repeat: int) -> np.ndarray:
    """Units in an order in which each stratum is spread evenly; within a stratum by hash."""
    rank = units.rank if repeat == 0 else np.array([_hash(f"{rank!r} {repeat}") for rank in units.rank.tolist()])
    members = np.lexsort((rank, units.stratum))
    begin = np.searchsorted(units.stratum[members], np.arange(len(units.strata) + 1))
    key = np.empty(len(units))
    for s, stratum in enumerate(units.strata):
        mine = members[begin[s] : begin[s + 1]]
        # an offset of its own for each stratum: small ones are not all cut at the same place
        key[mine] = (np.arange(len(mine)) + _hash(f"{stratum!r} {repeat}")) / max(len(mine), 1)
    return np.lexsort((rank, key))


def _alone_in_a_fold(units: Units, number: np.ndarray, labels: pd.Series) -> np.ndarray:
    """Positions of one unit of each class that no other fold holds."""
    y = _classes(labels)
    if y is None:
        return np.array([], np.int64)
    rows = pd.DataFrame({"y": y, "unit": units.of_row, "fold": number[units.of_row]})
    found = rows.groupby("y").agg(unit=("unit", "min"), least=("fold", "min"), most=("fold", "max"))
    return found.loc[(found["least"] == found["most"]) & (found["least"] > 0), "unit"].to_numpy()


def _classes(labels: pd.Series) -> np.ndarray | None:
    """Labels as text where they are classes; None for numbers and lists."""
    if not labels.map(type).eq(str).all() or labels.nunique() * 2 > len(labels):
        return None
    return labels.to_numpy(object)


def _smallest_first(size: np.ndarray, k: int) -> np.ndarray:
    rows, number = np.zeros(k, np.int64), np.empty(len(size), np.int64)
    for unit in np.argsort(-size, kind="stable"):
        fold = int(np.argmin(rows))
        number[unit], rows[fold] = fold + 1, rows[fold] + size[unit]
    return number


def _hash(key: str) -> float:
    digest = hashlib.blake2b(key.encode(), digest_size=8, person=b"dlx nested").digest()
    return (int.from_bytes(digest, "little") >> 11) / 2**53
