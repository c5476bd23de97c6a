"""How much too good the best of several models looks on the dev set that it was picked on."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy.special import log_ndtr

__all__ = ["expected_maximum", "optimism", "optimism_of"]


def expected_maximum(k: int) -> float:
    """Mean of the largest of k independent standard normal draws.

    >>> round(expected_maximum(2), 4), round(expected_maximum(10), 4)  # 1/√π, and the tables of order statistics
    (0.5642, 1.5388)
    """
    if k < 2:
        return 0.0
    z = np.linspace(-10, 10, 4001)
    # ∫ z · k φ(z) Φ(z)^(k−1) dz
    density = k * np.exp(-z * z / 2 + (k - 1) * log_ndtr(z)) / math.sqrt(2 * math.pi)
    return float(np.trapezoid(z * density, z))


def optimism(error: float, n: float, k: int, *, correlation: float = 0.0) -> float:
    """Expected optimism √(pq/n)·√(1 − φ)·E[max of k normal draws] of the best of k equally good models.

    Args:
        error: their error rate p, in 0–1.
        n: dev examples.
        k: models that were evaluated.
        correlation: φ, the mean correlation of their errors from example to example; 0 gives an upper bound.
    """
    spread = max(error * (1 - error), 0.0) * max(1 - correlation, 0.0)
    return math.sqrt(spread / n) * expected_maximum(k)


def optimism_of(errors: Sequence[np.ndarray]) -> float:
    """The same from the errors of k models on the same examples; any error that is a mean of rows.

    Args:
        errors: k arrays of (n,).
    """
    matrix = np.asarray(errors, dtype=float)
    k, n = matrix.shape
    if k < 2 or n < 2:
        return 0.0
    covariance = np.cov(matrix)
    variance = float(np.mean(np.diag(covariance)))
    shared = float((covariance.sum() - np.trace(covariance)) / (k * (k - 1)))
    return math.sqrt(max(variance - shared, 0.0) / n) * expected_maximum(k)
