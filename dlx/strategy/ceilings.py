"""How many of all errors belong to a category, and what dev error is left if all of them were fixed.

A ceiling is the best that work on one category can give: the dev error falls from N/D to (N − K)/D, where K of the N
errors among D dev examples are of the category. K is known from n tagged errors only, hence the intervals. Ceilings of
several categories overlap, since an example may carry several tags: they do not add.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln

from dlx.errors import UserError
from dlx.strategy.intervals import wilson
from dlx.strategy.words import level, listed

__all__ = ["Category", "Estimate", "count_limits", "from_rates", "share_limits", "stratified", "sum_note"]

#: With this many times more errors than tagged ones the sample is as good as drawn with replacement.
_LARGE = 20


@dataclass(frozen=True)
class Estimate:
    """A share of all errors: value and 95 % limits in 0–1."""

    share: float
    low: float
    high: float


def count_limits(seen: int, n: int, total: int, confidence: float = 0.95) -> tuple[int, int]:
    """Limits of how many of all errors are of a category, by exact inversion of the hypergeometric distribution.

    Kept are the counts K with P(X ≥ seen | K) and P(X ≤ seen | K) both above (1 − confidence)/2. Where none or all of
    the sample is of the category there is one limit to be wrong about, and the whole of 1 − confidence goes there.

    >>> count_limits(45, 100, 300)
    (111, 160)

    Args:
        seen: tagged errors of the category.
        n: tagged errors.
        total: all errors, at least ``n``.
        confidence: coverage, at least.

    Returns:
        least and most errors of the category.
    """
    least, most = seen, total - (n - seen)
    tail = (1 - confidence) / (1 if seen in (0, n) else 2)
    low = least if seen == 0 else _first(lambda k: 1 - _at_most(seen - 1, n, k, total) > tail, least, most)
    high = most if seen == n else _first(lambda k: _at_most(seen, n, k, total) <= tail, least, most + 1) - 1
    return low, high


def _at_most(seen: int, n: int, count: int, total: int) -> float:
    """P(X ≤ seen) for n drawn out of ``total`` of which ``count`` are of the category.

    A sum of its terms: scipy.stats has it, too, but takes longer to load than all the rest of a table.
    """
    x = np.arange(max(0, n - (total - count)), min(seen, n, count) + 1)
    logs = _log_choose(count, x) + _log_choose(total - count, n - x) - _log_choose(total, np.asarray(n))
    return float(np.exp(logs).sum())


def _log_choose(n: int, k: np.ndarray) -> np.ndarray:
    return gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)


def _first(holds, low: int, high: int) -> int:
    """The first whole number in [low, high] for which a rule holds that holds from there on; ``high`` is not asked."""
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle + 1, high)
    return low


def share_limits(seen: int, n: int, total: int, confidence: float = 0.95) -> tuple[float, float]:
    """Limits of the share of all errors that are of a category, from a random sample of them.

    Hypergeometric where fewer than 20 times as many errors exist as were tagged, else Wilson's; exact counts where all
    were tagged. None of 100 still allows 3.0 % (one-sided).

    Args:
        seen: tagged errors of the category.
        n: tagged errors, at least 1.
        total: all errors, at least ``n``.
        confidence: coverage.
    """
    if total < _LARGE * n:
        low, high = count_limits(seen, n, total, confidence)
        return low / total, high / total
    if seen in (0, n):
        limit = (1 - confidence) ** (1 / n)
        return (0.0, 1 - limit) if seen == 0 else (limit, 1.0)
    return wilson(seen / n, n, confidence)


def stratified(seen: Sequence[float], n: Sequence[int], total: Sequence[int]) -> Estimate:
    """The share of all errors that are of a category, from random samples of several strata.

    Horvitz and Thompson's estimate Σ Wₛ·seenₛ/nₛ with Wₛ = totalₛ/Σ total. Its variance is the stratified one with
    finite-population correction; a stratum with one tagged error borrows the pooled variance. The limits are Wilson's
    at the n that a plain sample would need for that variance, for a bootstrap of strata with no hit has no width. With
    one stratum it is :func:`share_limits`.

    Args:
        seen: (strata,) tagged errors of the category.
        n: (strata,) tagged errors; a stratum without any tells nothing and is left out.
        total: (strata,) all errors.

    Raises:
        UserError: nothing was tagged.
    """
    seen, n, total = (np.asarray(part, dtype=float) for part in (seen, n, total))
    told = n > 0
    seen, n, total = seen[told], n[told], total[told]
    if not len(n):
        raise UserError("a share needs tagged errors", value=0)
    if len(n) == 1:
        low, high = share_limits(int(seen[0]), int(n[0]), int(total[0]))
        return Estimate(float(seen[0] / n[0]), low, high)
    weight = total / total.sum()
    part = seen / n
    share = min(max(float(weight @ part), 0.0), 1.0)
    left = weight**2 * (1 - n / total)  # what was not looked at
    pooled = share * (1 - share)
    variance = float(left @ np.where(n > 1, part * (1 - part) / np.maximum(n - 1, 1), pooled))
    if not left.any():
        return Estimate(share, share, share)
    if share in (0.0, 1.0):
        limit = 0.05 ** float((left / n).sum())
        return Estimate(share, *((0.0, 1 - limit) if share == 0 else (limit, 1.0)))
    if variance <= 0:
        variance = pooled * float((left / n).sum())
    return Estimate(share, *wilson(share, pooled / variance))


@dataclass(frozen=True)
class Category:
    """One category of errors from bare rates, without intervals.

    Attributes:
        tag: its name.
        error: the dev error that belongs to it.
        share: its share of the dev error.
        ceiling: the dev error if all of it were fixed.
    """

    tag: str
    error: float
    share: float
    ceiling: float


def from_rates(overall: float, parts: Mapping[str, float]) -> tuple[tuple[Category, ...], str]:
    """Shares and ceilings of categories given as parts of the dev error.

    >>> from_rates(0.10, {"dogs": 0.005})[0][0].ceiling
    0.095

    Args:
        overall: the dev error, in (0, 1].
        parts: category → dev error that belongs to it.

    Returns:
        the categories, largest first, and a note where the parts overlap (empty where they need not).

    Raises:
        UserError: a part that is larger than the whole.
    """
    for tag, error in parts.items():
        if not 0 <= error <= overall:
            raise UserError("a part of the dev error lies between 0 and the whole", value=error, where=tag)
    rows = [Category(tag, e, e / overall, round(overall - e, 12)) for tag, e in parts.items()]
    return tuple(sorted(rows, key=lambda row: -row.error)), sum_note(overall, parts)


def sum_note(overall: float, parts: Mapping[str, float]) -> str:
    """A note where parts of the error sum to more than the whole; empty otherwise."""
    total = sum(parts.values())
    if total <= overall * (1 + 1e-9):
        return ""
    return (
        f"{listed(list(parts))} sum to {level(total)}, more than the dev error of {level(overall)}: some errors are of "
        "several kinds, so ceilings overlap and do not add."
    )
