"""Intervals: one proportion, one mean of rows, and the difference of two independent ones.

All limits are two-sided 95 % unless ``confidence`` says otherwise. Quantiles come from ``scipy.special``, which loads
in a fraction of the time of ``scipy.stats``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy.special import betaincinv, ndtri, stdtrit

from dlx.errors import UserError
from dlx.strategy.rungs import Rung

__all__ = ["clopper_pearson", "group_codes", "mean_rung", "mover", "rate_rung", "wilson"]


def wilson(error, n, confidence: float = 0.95):
    """Wilson's score interval of a proportion (Wilson 1927).

    Args:
        error: observed proportion(s) in 0–1; scalar or array.
        n: number of rows, or effective number, above 0; any real.
        confidence: coverage.

    Returns:
        lower and upper limits in 0–1, of the shape of the arguments.
    """
    z = ndtri(0.5 + confidence / 2)
    shrink = 1 + z * z / n
    centre = (error + z * z / (2 * n)) / shrink
    half = z * np.sqrt(error * (1 - error) / n + z * z / (4 * n * n)) / shrink
    low = np.where(np.less_equal(error, 0), 0.0, np.maximum(centre - half, 0.0))  # 0 and 1 exactly, not 1e-19
    high = np.where(np.greater_equal(error, 1), 1.0, np.minimum(centre + half, 1.0))
    return (float(low), float(high)) if low.ndim == 0 else (low, high)


def clopper_pearson(wrong: float, n: float, confidence: float = 0.95) -> tuple[float, float]:
    """The exact interval of Clopper and Pearson (1934): it never covers less than it says.

    Args:
        wrong: errors among ``n``, 0 to n.
        n: rows.
        confidence: coverage.

    Returns:
        lower and upper limit in 0–1.
    """
    tail = (1 - confidence) / 2
    low = 0.0 if wrong <= 0 else float(betaincinv(wrong, n - wrong + 1, tail))
    high = 1.0 if wrong >= n else float(betaincinv(wrong + 1, n - wrong, 1 - tail))
    return low, high


def mover(lower, upper):
    """Limits of ``upper − lower`` from the limits of both (MOVER, Zou & Donner 2008).

    For Wilson limits of two plain rates this is Newcombe's hybrid score interval (1998). The two must be independent.
    A constant has itself as both limits and passes the other's limits on.

    Args:
        lower: (value, low, high) of what is subtracted; scalars or arrays.
        upper: (value, low, high) of what it is subtracted from.

    Returns:
        lower and upper limit of the difference.
    """
    a, a_low, a_high = lower
    b, b_low, b_high = upper
    low = b - a - np.sqrt((b - b_low) ** 2 + (a_high - a) ** 2)
    high = b - a + np.sqrt((b_high - b) ** 2 + (a - a_low) ** 2)
    return (float(low), float(high)) if np.ndim(low) == 0 else (low, high)


def rate_rung(name: str, error: float, n: int | None = None, **fields) -> Rung:
    """A rung from a bare rate: Wilson's limits if the number of rows is known, else none."""
    if n is None:
        return Rung(name, error, **fields)
    low, high = wilson(error, n)
    return Rung(name, error, low, high, n=n, n_eff=float(n), design_effect=1.0, **fields)


def mean_rung(
    name: str,
    error: Sequence[float],
    *,
    size: Sequence[float] | None = None,
    weight: Sequence[float] | None = None,
    groups: Sequence | None = None,
    bounded: bool = True,
    seed: int = 0,
) -> Rung:
    """A rung that is a weighted mean of rows: Σ w·s·e / Σ w·s.

    Its variance is the linearised one of a ratio of sums over groups (over rows, if there are none), with G − 1 degrees
    of freedom. In [0, 1] it becomes an effective number of rows n* = p̂q̂/se² · (z/t)² (G where se = 0), with Wilson's
    limits at n*; plain 0/1 rows have n* = n. Without bounds the limits are p̂ ± t·se. At 4, 8 and 20 groups this covers
    0.94–0.95, where a cluster bootstrap covers 0.74, 0.86 and 0.92.

    Args:
        name: the rung's name.
        error: (n,) errors ≥ 0, in 0–1 if ``bounded``.
        size: (n,) decisions in each row; default 1.
        weight: (n,) importance; default 1.
        groups: (n,) what dependent rows share (patient, speaker); a missing value stands for a row of its own.
        bounded: whether errors lie in [0, 1].
        seed: nothing is drawn here; taken so that all kinds of rungs are made alike.

    Raises:
        UserError: no rows, or no weight in them.
    """
    error, scale = np.asarray(error, dtype=float), _scale(size, weight)
    if scale is not None and scale.min() <= 0:  # rows that do not count are no evidence either
        counted = scale > 0
        error, scale, groups = error[counted], scale[counted], None if groups is None else np.asarray(groups)[counted]
    codes = group_codes(groups)
    n, mass = len(error), len(error) if scale is None else float(scale.sum())
    if not mass > 0:
        raise UserError("an error needs rows, and weight in them", value=f"{n} rows", where=name)
    value = float(error.mean() if scale is None else scale @ error / mass)
    if bounded:
        value = min(max(value, 0.0), 1.0)  # a mean of ones may be 1 + 2e-16
        if scale is None and codes is None and bool(np.all((error == 0) | (error == 1))):
            return rate_rung(name, value, n)
    residual = error - value
    spread = float(np.average(residual * residual, weights=scale)) / n
    pulls = residual if scale is None else scale * residual
    sums = pulls if codes is None else np.bincount(codes, weights=pulls)
    count = len(sums)
    se = math.sqrt(count / max(count - 1, 1) * float(sums @ sums)) / mass
    if se <= 1e-12 * value:
        se = 0.0  # rounding in the sums of equal rows
    effect = se * se / spread if spread > 0 and count > 1 else None
    rung = Rung(name, value, n=n, se=se, design_effect=effect, groups=None if codes is None else count)
    return _bounded_limits(rung, count) if bounded else _open_limits(rung, count)


def _scale(size: Sequence[float] | None, weight: Sequence[float] | None) -> np.ndarray | None:
    """Size times weight of each row; None where all rows count alike, since then they do not matter."""
    parts = [np.asarray(part, dtype=float) for part in (size, weight) if part is not None]
    parts = [part for part in parts if len(part) and (part.min() < part.max() or part[0] <= 0)]
    return None if not parts else parts[0] if len(parts) == 1 else parts[0] * parts[1]


def _bounded_limits(rung: Rung, count: int) -> Rung:
    p, se = rung.error, rung.se
    if se == 0 or p in (0.0, 1.0):
        n_eff = float(count)
    else:
        n_eff = p * (1 - p) / se**2 * (ndtri(0.975) / stdtrit(count - 1, 0.975)) ** 2
    low, high = wilson(p, n_eff)
    return replace(rung, low=low, high=high, n_eff=float(n_eff), source=_few(rung))


def _open_limits(rung: Rung, count: int) -> Rung:
    if rung.se == 0:  # a zero-width interval would claim to know what it cannot
        reason = "one row or group" if count < 2 else "all rows or groups have the same error"
        return replace(rung, source=f"no interval: {reason}")
    half = float(stdtrit(count - 1, 0.975)) * rung.se
    return replace(rung, low=max(rung.error - half, 0.0), high=rung.error + half, source=_few(rung))


def _few(rung: Rung) -> str:
    return f"only {rung.groups} groups" if rung.groups is not None and rung.groups < 10 else ""


def group_codes(groups: Sequence | None) -> np.ndarray | None:
    """Groups as whole numbers from 0, missing ones each by itself; None where no row shares its group."""
    if groups is None:
        return None
    import pandas as pd

    codes, names = pd.factorize(np.asarray(groups) if isinstance(groups, (list, tuple)) else groups)
    alone = codes < 0
    if alone.any():
        codes = codes.copy()
        codes[alone] = len(names) + np.arange(int(alone.sum()))
    return None if len(names) + int(alone.sum()) == len(codes) else codes
