"""R²: the share of the target's variance that is explained."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlx.errors import UserError
from dlx.metrics._table import numbers, scale

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

__all__ = ["r2"]

GREATER_IS_BETTER, UNIT, BOUNDS = True, "", (float("-inf"), 1)


def r2(table: pd.DataFrame) -> float:
    """1 − Σ w(y − ŷ)² / Σ w(y − ȳ)².

    Args:
        table: predictions of one predictor on one split.

    Returns:
        1 for perfect predictions, 0 for the mean of the rows, below 0 for worse.

    Raises:
        UserError: labels that are no numbers, or a target that does not vary.
    """
    return of_arrays(*arrays(table))


def arrays(table: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """True and predicted number of each row, and its weight times size."""
    return *numbers(table, "r2"), scale(table)


def of_arrays(true: np.ndarray, pred: np.ndarray, weight: np.ndarray) -> float:
    """R² of these rows."""
    mean = float(true @ weight / weight.sum())
    total = float((true - mean) ** 2 @ weight)
    if total == 0:
        raise UserError("r2 needs a target that varies", value=mean, where="y_true")
    return 1 - float((true - pred) ** 2 @ weight) / total
