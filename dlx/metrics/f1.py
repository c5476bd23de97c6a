"""F1: the harmonic mean of precision and recall."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlx.metrics._counts import Counts, counts, mean_over, ratio

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

__all__ = ["f1"]

GREATER_IS_BETTER, UNIT, BOUNDS = True, "", (0, 1)


def f1(table: pd.DataFrame, *, positive: str | None = None, average: str = "macro") -> float:
    """2 / (1/P + 1/R) = 2·TP / (2·TP + FP + FN): one number where precision and recall trade off (rule P17).

    Args:
        table: predictions of one predictor on one split.
        positive: the class that is looked for; None averages over classes.
        average: ``macro``, ``weighted`` (by true members) or ``micro``.

    Returns:
        0–1; 0 for a class that is never said or has no member.

    Raises:
        UserError: no such class or average.
    """
    return float(of_counts(counts(table), positive=positive, average=average))


def of_counts(found: Counts, *, positive: str | None = None, average: str = "macro") -> np.ndarray:
    """F1 from counts per class, (…, classes)."""
    hits, both = found.true_positive, found.said + found.support
    if average == "micro" and positive is None:
        return ratio(2 * hits.sum(-1), both.sum(-1))
    return mean_over(ratio(2 * hits, both), found, average, positive)
