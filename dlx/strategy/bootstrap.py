"""Rungs of measures that are no mean of rows (F1, AUC, RMSE): resampling of rows, groups or confusion cells.

Up to 5,000 rows or groups the limits are BCa (Efron 1987), above that percentiles; a confusion table is resampled by
its cells at any size. A degenerate result is never shown as an interval of no width.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from dlx.errors import UserError
from dlx.strategy.intervals import clopper_pearson, group_codes
from dlx.strategy.rungs import Rung

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["confusion_rung", "measure_rung"]

_BCA_UNITS = 5_000
_INDICES_AT_ONCE = 2_000_000
_CELLS_AT_ONCE = 4_000_000


def measure_rung(
    name: str,
    statistic: Callable[[pd.DataFrame], float],
    table: pd.DataFrame,
    *,
    groups: Sequence | None = None,
    bounded: bool = True,
    seed: int = 0,
    resamples: int = 1_000,
) -> Rung:
    """A rung whose error is any function of the rows.

    Args:
        name: the rung's name.
        statistic: table → error (the measure's error form: 1 − F1, RMSE); on a resample it may give NaN or raise
            ``UserError`` where it is not defined (a class is missing), and that resample is left out.
        table: the rows of one predictor and split.
        groups: (n,) what dependent rows share; whole groups are then resampled.
        bounded: whether the error lies in [0, 1].
        seed: of the resamples; different rungs draw differently.
        resamples: bootstrap samples.

    Returns:
        the rung with its limits and ``draws``; null limits, with the reason in ``source``, where it tells nothing.

    Raises:
        UserError: no rows, or the statistic does not take the table.
    """
    if not len(table):
        raise UserError("an error needs rows", value=0, where=name)
    value, codes = float(statistic(table)), group_codes(groups)
    rows = _rows_of_units(len(table), codes)
    generator = _generator(name, seed)
    draws, limits = _resampled(statistic, table, rows, generator, resamples)
    effect = None
    if codes is not None and np.std(draws) > 0:
        alone, _ = _resampled(statistic, table, _rows_of_units(len(table), None), generator, 200, limits=False)
        effect = float(np.var(draws) / np.var(alone)) if np.var(alone) > 0 else None
    return _rung(
        name, value, draws, limits, n=len(table), units=len(rows), groups=None if codes is None else len(rows),
        resamples=resamples, bounded=bounded, effect=effect,
    )  # fmt: skip


def confusion_rung(
    name: str,
    statistic: Callable[[np.ndarray], np.ndarray],
    cells: np.ndarray,
    *,
    bounded: bool = True,
    seed: int = 0,
    resamples: int = 4_000,
) -> Rung:
    """A rung that depends on the confusion table alone, for rows that stand alone and count alike.

    Args:
        name: the rung's name.
        statistic: tables (k, classes, classes) → errors (k,).
        cells: (classes, classes) counts of rows, true classes first.
        bounded: whether the error lies in [0, 1].
        seed: of the resamples; different rungs draw differently.
        resamples: multinomial samples.

    Raises:
        UserError: an empty table.
    """
    cells = np.asarray(cells, dtype=float)
    n = round(float(cells.sum()))
    if n < 1:
        raise UserError("an error needs rows", value=n, where=name)
    value, generator = float(statistic(cells[None])[0]), _generator(name, seed)
    filled = np.flatnonzero(cells)
    share = cells.ravel()[filled] / cells.sum()
    resamples = min(resamples, 1_000) if len(filled) > 2_000 else resamples  # seconds, with hundreds of classes
    draws = []
    while len(draws) < resamples:
        sample = np.zeros((max(1, min(resamples - len(draws), _CELLS_AT_ONCE // cells.size)), cells.size))
        sample[:, filled] = generator.multinomial(n, share, size=len(sample))
        draws.extend(np.asarray(statistic(sample.reshape(-1, *cells.shape)), dtype=float))
    drawn = np.asarray(draws)
    drawn = drawn[np.isfinite(drawn)]
    limits = tuple(np.quantile(drawn, (0.025, 0.975))) if len(drawn) else (math.nan, math.nan)
    return _rung(name, value, drawn, limits, n=n, units=n, groups=None, resamples=resamples, bounded=bounded)


def _generator(name: str, seed: int) -> np.random.Generator:
    return np.random.default_rng([seed, *name.encode()])  # rungs of one ladder must not share their luck


def _rows_of_units(n: int, codes: np.ndarray | None) -> list[np.ndarray] | np.ndarray:
    """Row positions of every group; of every row, where there are no groups."""
    if codes is None:
        return np.arange(n)
    order = np.argsort(codes, kind="stable")
    return np.split(order, np.cumsum(np.bincount(codes))[:-1])


def _resampled(statistic, table, rows, generator, resamples, limits=True) -> tuple[np.ndarray, tuple[float, float]]:
    """Finite bootstrap values and their 95 % limits."""
    from scipy import stats

    def of_units(units: np.ndarray) -> float:
        chosen = rows[units] if isinstance(rows, np.ndarray) else np.concatenate([rows[i] for i in units])
        try:
            return float(statistic(table.iloc[chosen]))
        except UserError:  # not defined on this resample, as on one that lacks a class
            return math.nan

    exact = limits and 1 < len(rows) <= _BCA_UNITS
    if len(rows) < 2:
        return np.full(1, float(statistic(table))), (math.nan, math.nan)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # degenerate data is looked for below, and said
        found = stats.bootstrap(
            (np.arange(len(rows)),), of_units, n_resamples=resamples, vectorized=False, rng=generator,
            method="BCa" if exact else "percentile", batch=max(1, _INDICES_AT_ONCE // len(rows)),
        )  # fmt: skip
        draws = found.bootstrap_distribution
        draws = draws[np.isfinite(draws)]
        interval = tuple(float(limit) for limit in found.confidence_interval)
        if not all(map(math.isfinite, interval)) and len(draws):
            interval = tuple(float(limit) for limit in np.quantile(draws, (0.025, 0.975)))
    return draws, interval


def _rung(name, value, draws, limits, *, n, units, groups, resamples, bounded, effect=None) -> Rung:
    fields = {"n": n, "groups": groups, "design_effect": effect}
    low, high = (float(limit) for limit in limits)
    if len(draws) < 0.9 * resamples and units > 1:
        return Rung(name, value, **fields, source="no interval: the measure is undefined on many resamples")
    if not high > low:
        if bounded and value in (0.0, 1.0):
            low, high = clopper_pearson(value * units, units)
            return Rung(name, value, low, high, n_eff=float(units), **fields)
        return Rung(name, value, **fields, source="no interval: all resamples are alike")
    low, high = max(low, 0.0), min(high, 1.0) if bounded else high
    return Rung(name, value, low, high, se=float(np.std(draws)), draws=draws, **fields)
