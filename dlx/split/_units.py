"""What a split may not tear apart: groups, copies of one content, rows of one key; each with a stable rank."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import pandas as pd

__all__ = ["Units", "build"]

#: with fewer examples per class than this on average, labels are too many to stratify by (prices, ages, names)
_PER_CLASS = 5


@dataclass(frozen=True)
class Units:
    """Groups, or contents where there is no group.

    Attributes:
        of_row: (n,) unit of each row.
        rank: (units,) in [0, 1): a hash of the group's name or the content, the same on every machine and in any order.
        size: (units,) rows in each.
        stratum: (units,) position in ``strata``.
        strata: (source, class) of each stratum; the class is "" where labels are not classes.
        eligible: (units,) may go to dev and test: all of its rows are of the target source.
        time: (units,) the latest time of its rows, NaN where there is none.
    """

    of_row: np.ndarray
    rank: np.ndarray
    size: np.ndarray
    stratum: np.ndarray
    strata: tuple[tuple[str, str], ...]
    eligible: np.ndarray
    time: np.ndarray

    def __len__(self) -> int:
        return len(self.rank)


def build(examples: pd.DataFrame, target: str | None) -> Units:
    """Units of an examples table.

    Args:
        examples: as in ``Dataset.examples``.
        target: the only source that dev and test may hold, or None for all.
    """
    of_row, keys = _units(examples)
    count = len(keys)
    rank = np.array([_hash(key) for key in keys])
    source, sources = _majority(of_row, examples["source"].astype(str), count)
    label, labels = _majority(of_row, _classes(examples["y"]), count)
    both, pairs = pd.factorize(source.astype(np.int64) * max(len(labels), 1) + label, sort=True)
    strata = tuple((str(sources[p // len(labels)]), str(labels[p % len(labels)])) for p in pairs)
    eligible = np.ones(count, bool)
    if target is not None:
        eligible[of_row[(examples["source"] != target).to_numpy()]] = False
    time = np.full(count, -np.inf)
    times = pd.to_numeric(examples["time"], errors="coerce").to_numpy("float64", na_value=np.nan)
    np.maximum.at(time, of_row, np.where(np.isnan(times), np.inf, times))
    time[np.isinf(time)] = np.nan
    size = np.bincount(of_row, minlength=count)
    return Units(of_row, rank, size, both, strata, eligible, time)


def _units(examples: pd.DataFrame) -> tuple[np.ndarray, list[str]]:
    """(unit of each row, name of each unit)."""
    group = examples["group"]
    grouped = group.notna().to_numpy()
    content = examples["content"].to_numpy(object)
    names = content
    if grouped.any():
        names = np.where(grouped, "group\t" + group.fillna("").astype(str).to_numpy(object), content)
    of_row, keys = pd.factorize(names)
    raw = examples["raw"] if "raw" in examples else examples["content"]
    loose = ~grouped
    if (raw.to_numpy(object) == content).all() or not raw[loose].duplicated().any():
        return of_row, [str(key) for key in keys]
    # the user's keys differ but the inputs are equal: join what shares a key or an input, lest copies straddle
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    raws, known = pd.factorize(raw[loose])
    shape = (len(keys), len(known))
    links = coo_matrix((np.ones(len(raws), np.int8), (of_row[loose], raws)), shape=shape)
    size = sum(shape)
    square = coo_matrix((links.data, (links.row, links.col + len(keys))), shape=(size, size))
    _, joined = connected_components(square, directed=False)
    unit, _ = pd.factorize(joined[of_row])
    first = pd.Series(names).groupby(unit).min()  # the smallest key names the unit, in whatever order rows come
    return unit, [str(key) for key in first]


def _hash(key: str) -> float:
    """A number in [0, 1) with 53 bits, as many as a float holds."""
    digest = hashlib.blake2b(key.encode(), digest_size=8, person=b"dlx split").digest()
    return (int.from_bytes(digest, "little") >> 11) / 2**53


def _classes(y: pd.Series) -> pd.Series:
    """Labels to stratify by; all "" where they are numbers, lists of 1 and 0, or too many."""
    if y.map(lambda label: isinstance(label, list) and any(isinstance(v, str) for v in label)).any():
        y = y.map(
            lambda label: "\t".join("" if v is None else str(v) for v in label)
        )  # classes of several tasks together
    if not y.map(type).eq(str).all() or y.nunique() * _PER_CLASS > len(y):
        return pd.Series("", index=y.index)
    return y.astype(str)


def _majority(of_row: np.ndarray, values: pd.Series, count: int) -> tuple[np.ndarray, pd.Index]:
    """(position of each unit's most frequent value, the values); the first in order wins a tie."""
    codes, kinds = pd.factorize(values, sort=True)
    if count == len(of_row):
        result = np.empty(count, np.int64)
        result[of_row] = codes
        return result, kinds
    pairs, times = np.unique(of_row.astype(np.int64) * len(kinds) + codes, return_counts=True)
    unit, code = np.divmod(pairs, len(kinds))
    order = np.lexsort((code, -times, unit))
    _, first = np.unique(unit[order], return_index=True)
    return code[order][first], kinds
