"""Mean of prediction minus truth: above 0 predictions are too high on average."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlx.metrics._table import numbers, scale

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

__all__ = ["mean_signed_error"]

GREATER_IS_BETTER, UNIT, BOUNDS = False, "target", (float("-inf"), float("inf"))


def mean_signed_error(table: pd.DataFrame) -> float:
    """Σ w·s·(y_pred − y_true) / Σ w·s; the best value is 0.

    Args:
        table: predictions of one predictor on one split.

    Returns:
        any number, in the target's unit.

    Raises:
        UserError: labels that are no numbers.
    """
    values, weight = rows(table)
    return float(values @ weight / weight.sum())


def rows(table: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Prediction minus truth of each row, and its weight times size."""
    true, pred = numbers(table, "mean_signed_error")
    return pred - true, scale(table)
