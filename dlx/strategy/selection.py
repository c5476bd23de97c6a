"""How much too good the best of several models looks on the dev set that it was picked on (statistics 3.10)."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

__all__ = ["Optimism", "contenders", "expected_maximum", "expected_optimism", "optimism"]

#: A trial is no contender when its paired difference to the best is this many standard errors.
_CLEARLY = 2.0


@dataclass(frozen=True)
class Optimism:
    """How much better the best trial looks on dev than it is.

    Attributes:
        value: expected, in the unit of the errors; its true error is about dev error + this.
        trials: k, those compared.
        contenders: of these, how many could be the best: only they count.
        examples: D of dev.
        error: mean error of the contenders.
        correlation: mean correlation φ of their errors by example; None for a single one, or where none ever errs.
    """

    value: float
    trials: int
    contenders: int
    examples: int
    error: float
    correlation: float | None

    def to_dict(self) -> dict[str, Any]:
        """As JSON data."""
        return asdict(self)


def expected_maximum(count: int) -> float:
    """E[max of ``count`` independent standard normal numbers], by integration of its distribution function.

    >>> round(expected_maximum(2), 4), round(expected_maximum(10), 4)  # 1/√π; tables of order statistics
    (0.5642, 1.5388)

    Args:
        count: at least 1.
    """
    from scipy.integrate import quad
    from scipy.special import log_ndtr

    if count < 1:
        raise ValueError(count)
    above, _ = quad(lambda z: -math.expm1(count * log_ndtr(z)), 0, 40, limit=200)
    below, _ = quad(lambda z: math.exp(count * log_ndtr(-z)), 0, 40, limit=200)
    return above - below


def expected_optimism(error: float, n: float, k: int, *, correlation: float = 0.0) -> float:
    """√(pq/n)·√(1 − φ)·E[max of k normal draws], where only rates are known.

    Args:
        error: the error rate p of k equally good models, in 0–1.
        n: dev examples.
        k: models that were evaluated.
        correlation: φ, the mean correlation of their errors from example to example; 0 gives an upper bound.
    """
    spread = max(error * (1 - error), 0.0) * max(1 - correlation, 0.0)
    return math.sqrt(spread / n) * expected_maximum(k)


def optimism(errors: np.ndarray) -> Optimism:
    """Expected optimism of the best of k trials: √(σ²/D) · √(1 − φ) · E[max_k Z], with σ² = pq for errors of 0 and 1.

    Models that err on the same examples differ less than independent ones would: √(1 − φ). Trials that are clearly
    worse than the best (two standard errors of the paired difference) had no chance to be picked and do not count among
    the k. σ²(1 − φ) is half the mean variance of the difference of two contenders, which needs no correlation of models
    that never err.

    Args:
        errors: (trials, dev examples), each the error of one trial on one example, 0/1 or any other whose mean is the
            error of the trial. Those without a score are left out by the caller.

    Raises:
        ValueError: no trials or fewer than two examples.
    """
    errors = np.asarray(errors, dtype=float)
    if errors.ndim != 2 or errors.shape[0] < 1 or errors.shape[1] < 2:
        raise ValueError(f"errors are (trials, examples), at least 1 and 2, not {errors.shape}")
    kept = errors[contenders(errors)]
    count, examples = kept.shape
    mean = float(kept.mean())
    if count == 1:
        return Optimism(0.0, len(errors), 1, examples, mean, None)
    covariance = np.cov(kept, bias=True)
    variance = float(np.trace(covariance)) / count
    shared = float(covariance.sum() - np.trace(covariance)) / (count * (count - 1))
    value = math.sqrt(max(variance - shared, 0.0) / examples) * expected_maximum(count)
    correlation = shared / variance if variance > 0 else None
    return Optimism(value, len(errors), count, examples, mean, correlation)


def contenders(errors: np.ndarray) -> np.ndarray:
    """Which trials are not clearly worse than the best one.

    Args:
        errors: (trials, dev examples).

    Returns:
        a boolean array; the best trial itself is always among them.
    """
    differences = errors - errors[errors.mean(axis=1).argmin()]
    standard_errors = differences.std(axis=1) / math.sqrt(errors.shape[1])
    return differences.mean(axis=1) <= _CLEARLY * standard_errors + 1e-12
