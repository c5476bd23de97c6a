"""Krippendorff's α: how far several people agree beyond chance, with missing votes and on any scale of answers.

By the coincidence matrix of Krippendorff (2011), "Computing Krippendorff's Alpha-Reliability": pairs of votes on one
item, each item counted by 1/(votes − 1), against pairs of all votes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dlx.errors import unknown

__all__ = ["SCALES", "Alpha", "alpha", "counts_of"]

#: What differences between two answers mean.
SCALES = {
    "nominal": "equal or not",
    "ordinal": "how many answers lie between",
    "interval": "the difference",
    "ratio": "the difference beside the sum",
}


@dataclass(frozen=True)
class Alpha:
    """Krippendorff's α with its 95 % interval.

    Attributes:
        value: 1 for agreement, 0 for what chance gives, below 0 for worse; None where nobody could have disagreed.
        low: lower limit by a bootstrap of items.
        high: upper limit.
        items: items with at least two votes; others say nothing about agreement.
        votes: votes on these.
        scale: one of ``SCALES``.
    """

    value: float | None
    low: float | None
    high: float | None
    items: int
    votes: int
    scale: str = "nominal"

    def to_dict(self) -> dict:
        """The agreement as JSON data."""
        return dict(vars(self))


def counts_of(items: Sequence, answers: Sequence) -> tuple[np.ndarray, np.ndarray]:
    """Votes as counts: ``(counts (items, values), values)``, both in sorted order.

    Args:
        items: (votes,) which item each vote is about.
        answers: (votes,) what it says.
    """
    row, column = (np.unique(np.asarray(part), return_inverse=True) for part in (items, answers))
    counts = np.zeros((len(row[0]), len(column[0])))
    np.add.at(counts, (row[1], column[1]), 1)
    return counts, column[0]


def alpha(
    counts: np.ndarray,
    values: Sequence[float] | None = None,
    *,
    scale: str = "nominal",
    seed: int = 0,
    resamples: int = 1_000,
) -> Alpha:
    """Agreement of all votes on all items.

    >>> alpha([[2, 0], [0, 2], [1, 1]]).value.__round__(3)
    0.444

    Args:
        counts: (items, values) how often each answer was given; people may differ from item to item, and in number.
        values: (values,) the answers as numbers, for interval and ratio; for ordinal their order is that of the
            columns.
        scale: one of ``SCALES``.
        seed: of the resamples.
        resamples: bootstrap samples of items; ordinal distances stay those of the whole sample.

    Raises:
        UserError: an unknown scale.
    """
    if scale not in SCALES:
        raise unknown("scale", scale, SCALES, where="--scale")
    counts = np.asarray(counts, dtype=float)
    counts = counts[counts.sum(axis=1) >= 2]
    items, votes = len(counts), int(counts.sum())
    if not items:
        return Alpha(None, None, None, 0, 0, scale)
    distance = _distance(counts.sum(axis=0), values, scale)
    within = ((counts @ distance) * counts).sum(axis=1) / (counts.sum(axis=1) - 1)
    value = _alpha(within.sum()[None], counts.sum(axis=0)[None], distance)[0]
    if not np.isfinite(value):
        return Alpha(None, None, None, items, votes, scale)
    low, high = _limits(within, counts, distance, seed, resamples)
    return Alpha(float(value), low, high, items, votes, scale)


def _distance(total: np.ndarray, values: Sequence[float] | None, scale: str) -> np.ndarray:
    """(values, values) squared differences δ²."""
    if scale == "nominal":
        return 1.0 - np.eye(len(total))
    if scale == "ordinal":
        middle = np.cumsum(total) - total / 2  # ranks: all votes below, and half of those alike
        return np.subtract.outer(middle, middle) ** 2
    numbers = np.arange(len(total), dtype=float) if values is None else np.asarray(values, dtype=float)
    difference = np.subtract.outer(numbers, numbers) ** 2
    if scale == "interval":
        return difference
    together = np.add.outer(numbers, numbers) ** 2
    return np.divide(difference, together, out=np.zeros_like(difference), where=together > 0)


def _alpha(within: np.ndarray, totals: np.ndarray, distance: np.ndarray) -> np.ndarray:
    """(k,) α from the observed disagreement (times n) and the totals (k, values) of each sample; NaN for 0/0."""
    n = totals.sum(axis=1)
    expected = ((totals @ distance) * totals).sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(expected > 0, 1 - (n - 1) * within / expected, np.nan)


def _limits(within, counts, distance, seed: int, resamples: int) -> tuple[float | None, float | None]:
    generator, n = np.random.default_rng([seed, *b"alpha"]), len(counts)
    if n < 2:
        return None, None
    drawn = []
    at_once = max(1, 5_000_000 // n)
    for start in range(0, resamples, at_once):
        weight = generator.multinomial(n, np.full(n, 1 / n), size=min(at_once, resamples - start)).astype(float)
        drawn.append(_alpha(weight @ within, weight @ counts, distance))
    found = np.concatenate(drawn)
    found = found[np.isfinite(found)]
    if len(found) < 0.9 * resamples or np.ptp(found) == 0:
        return None, None  # nearly everybody says the same: samples without any disagreement tell no spread
    low, high = np.quantile(found, (0.025, 0.975))
    return float(low), float(high)
