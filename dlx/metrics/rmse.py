"""Root of the mean squared error, in the target's unit: large errors count more than in mae."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from dlx.metrics._table import numbers, scale

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

__all__ = ["rmse"]

GREATER_IS_BETTER, UNIT, BOUNDS = False, "target", (0, float("inf"))


def rmse(table: pd.DataFrame) -> float:
    """√(mean of (y_true − y_pred)²), by weight and size.

    Args:
        table: predictions of one predictor on one split.

    Returns:
        0 upwards, in the target's unit.

    Raises:
        UserError: labels that are no numbers.
    """
    return of_arrays(*arrays(table))


def arrays(table: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """The squared error of each row, and its weight times size."""
    true, pred = numbers(table, "rmse")
    return (true - pred) ** 2, scale(table)


def of_arrays(squared: np.ndarray, weight: np.ndarray) -> float:
    """The root of the weighted mean."""
    return math.sqrt(float(squared @ weight / weight.sum()))
