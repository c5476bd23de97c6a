"""Two models over the folds of a cross-validation: the corrected t test of Nadeau and Bengio.

Training sets of different folds overlap, so their scores are not independent: a plain t over folds finds differences
that are not there.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtr, stdtrit

__all__ = ["CorrectedT", "corrected_t"]


@dataclass(frozen=True)
class CorrectedT:
    """The mean difference over folds.

    Attributes:
        value: mean of the differences.
        low: lower 95 % limit, None where all folds differ alike.
        high: upper 95 % limit.
        t: the corrected statistic; 0 where there is no difference at all.
        p: two-sided p-value; None where all folds differ alike and not by 0.
        se: corrected standard error.
        p_above: posterior probability that the difference exceeds the region of practical equivalence.
        p_inside: that it lies in it.
        p_below: that it lies below it.
    """

    value: float
    low: float | None
    high: float | None
    t: float
    p: float | None
    se: float
    p_above: float
    p_inside: float
    p_below: float


def corrected_t(differences: Sequence[float], test_over_train: float, *, rope: float = 0.0) -> CorrectedT:
    """Test a mean difference over J folds with variance s²·(1/J + n_test/n_train) (Nadeau & Bengio 2003).

    The posterior of the mean is the same t distribution, shifted and scaled (Corani & Benavoli 2015).

    Args:
        differences: (J,) score of one model minus that of the other, fold by fold, over all repeats.
        test_over_train: examples tested over examples trained on, in one fold: 1/(K − 1) for K folds.
        rope: differences up to this size are of no practical importance.
    """
    found = np.asarray(differences, dtype=float)
    count, mean = len(found), float(np.mean(found))
    spread = float(np.var(found, ddof=1)) if count > 1 else 0.0
    se = math.sqrt(spread * (1 / count + test_over_train))
    if se <= 1e-12 * max(abs(mean), 1e-300) or se == 0:
        sides = (float(mean > rope), float(abs(mean) <= rope), float(mean < -rope))
        return CorrectedT(mean, None, None, 0.0, 1.0 if mean == 0 else None, 0.0, *sides)
    freedom, t = count - 1, mean / se
    half = float(stdtrit(freedom, 0.975)) * se
    below, up_to = (float(stdtr(freedom, (edge - mean) / se)) for edge in (-rope, rope))
    p = 2 * float(stdtr(freedom, -abs(t)))
    return CorrectedT(mean, mean - half, mean + half, t, p, se, 1 - up_to, up_to - below, below)
