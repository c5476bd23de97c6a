"""The differences again by slice: each source, each class, each value of the user's own columns, each tag."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from dlx.comparison._pairs import Pair, two
from dlx.errors import UserError
from dlx.metrics._measure import Measure

__all__ = ["Slice", "by_source", "by_tag", "masks"]

_MOST, _LEAST_ROWS = 50, 2


@dataclass(frozen=True)
class Slice:
    """One slice.

    Attributes:
        name: ``source=web``.
        n: examples in it.
        values: the metric of each candidate on it.
        pairs: differences on it; without limits for metrics that are no mean of rows. The p-values are not corrected
            for the number of slices.
    """

    name: str
    n: int
    values: Mapping[str, float]
    pairs: tuple[Pair, ...]

    def to_dict(self) -> dict[str, Any]:
        """The slice as JSON data."""
        keys = ("a", "b", "difference", "low", "high", "p")
        pairs = [{key: getattr(pair, key) for key in keys} for pair in self.pairs]
        return {"slice": self.name, "n": self.n, "values": dict(self.values), "pairs": pairs}


def by_source(rows: Mapping[str, pd.DataFrame], used: Measure) -> tuple[Slice, ...]:
    """The comparison on each source, where there are several; a source on which the metric is undefined is left out."""
    return tuple(_sliced(rows, used, masks(next(iter(rows.values())), ["source"])))


def by_tag(rows: Mapping[str, pd.DataFrame], used: Measure, tags: Mapping[str, Set[str]]) -> tuple[Slice, ...]:
    """The comparison on the examples of each tag of error analysis, the most frequent first.

    Args:
        rows: candidate → rows of the same examples.
        used: the metric.
        tags: tag → ids of examples.
    """
    ids = next(iter(rows.values()))["id"].astype(str)
    found = [(f"tag={tag}", ids.isin(list(tagged)).to_numpy()) for tag, tagged in tags.items()]
    found = [(name, inside) for name, inside in found if inside.sum() >= _LEAST_ROWS]
    return tuple(_sliced(rows, used, sorted(found, key=lambda each: -int(each[1].sum()))[:_MOST]))


def _sliced(rows: Mapping[str, pd.DataFrame], used: Measure, slices: Iterable[tuple[str, np.ndarray]]):
    for name, inside in slices:
        parts = {candidate: part[inside] for candidate, part in rows.items()}
        try:
            values = {candidate: used(part) for candidate, part in parts.items()}
        except UserError:  # one class only, or no weight
            continue
        yield Slice(name, int(inside.sum()), values, tuple(_pairs(parts, values, used)))


def _pairs(parts, values, used: Measure) -> Iterator[Pair]:
    for a, b in combinations(parts, 2):
        if used.rows is None:
            gap = values[a] - values[b]
            yield Pair(a, b, gap, None, None, None, len(parts[a]), "")
        else:
            yield replace(two(parts[a].drop(columns="meta_fold", errors="ignore"), parts[b], used), a=a, b=b)


def masks(part: pd.DataFrame, columns: list[str]) -> Iterator[tuple[str, np.ndarray]]:
    """Name and (n,) mask of each value of columns with 2 to 50 values; ``class`` stands for ``y_true``."""
    for column in columns:
        values = part["y_true" if column == "class" else column]
        words = values.astype(object).where(values.notna(), None)
        names = sorted({str(word) for word in words.to_numpy() if word is not None}) if len(words) else []
        if 2 <= len(names) <= _MOST:
            texts = np.array([None if word is None else str(word) for word in words.to_numpy()], dtype=object)
            for name in names:
                inside = texts == name
                if inside.sum() >= _LEAST_ROWS:
                    yield f"{column}={name}", inside
