"""Mean absolute error, in the target's unit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlx.metrics._table import numbers, scale

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

__all__ = ["mae"]

GREATER_IS_BETTER, UNIT, BOUNDS = False, "target", (0, float("inf"))


def mae(table: pd.DataFrame) -> float:
    """Mean of |y_true − y_pred|, by weight and size.

    Args:
        table: predictions of one predictor on one split.

    Returns:
        0 upwards, in the target's unit.

    Raises:
        UserError: labels that are no numbers.
    """
    values, weight = rows(table)
    return float(values @ weight / weight.sum())


def rows(table: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """The absolute error of each row, and its weight times size."""
    true, pred = numbers(table, "mae")
    return abs(true - pred), scale(table)
