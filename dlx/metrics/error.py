"""Mean error of the rows, by weight and size: 0/1 for classes, the task's own measure otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlx.metrics._table import scale

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

__all__ = ["error"]

GREATER_IS_BETTER, UNIT, BOUNDS = False, "", (0, 1)


def error(table: pd.DataFrame) -> float:
    """Σ w·s·e / Σ w·s over the rows (e ``error``, w ``weight``, s ``size``): the rung of the ladder.

    Args:
        table: predictions of one predictor on one split.

    Returns:
        0–1 for classes and labels; for regression the mean absolute error in the target's unit.
    """
    values, weight = rows(table)
    return float(values @ weight / weight.sum())


def rows(table: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """The error of each row, and its weight times size."""
    return table["error"].to_numpy("float64"), scale(table)
