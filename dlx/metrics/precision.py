"""Precision: of what is said to be a class, the share that is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlx.metrics._counts import Counts, counts, mean_over, ratio

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

__all__ = ["precision"]

GREATER_IS_BETTER, UNIT, BOUNDS = True, "", (0, 1)


def precision(table: pd.DataFrame, *, positive: str | None = None, average: str = "macro") -> float:
    """TP / (TP + FP), 0 where a class is never said.

    Args:
        table: predictions of one predictor on one split.
        positive: the class that is looked for; None averages over classes.
        average: ``macro``, ``weighted`` (by true members) or ``micro``.

    Returns:
        0–1.

    Raises:
        UserError: no such class or average.
    """
    return float(of_counts(counts(table), positive=positive, average=average))


def of_counts(found: Counts, *, positive: str | None = None, average: str = "macro") -> np.ndarray:
    """Precision from counts per class, (…, classes)."""
    if average == "micro" and positive is None:
        return ratio(found.true_positive.sum(-1), found.said.sum(-1))
    return mean_over(ratio(found.true_positive, found.said), found, average, positive)
