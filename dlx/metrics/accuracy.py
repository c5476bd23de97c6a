"""Share of right decisions: one minus the error."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlx.errors import UserError
from dlx.metrics._table import scale

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

__all__ = ["accuracy"]

GREATER_IS_BETTER, UNIT, BOUNDS = True, "", (0, 1)


def accuracy(table: pd.DataFrame) -> float:
    """Share of right rows (systems S48: (TP + TN) / all); of right labels where there are several per row.

    Args:
        table: predictions of one predictor on one split.

    Returns:
        0–1.

    Raises:
        UserError: errors above 1, which are no shares.
    """
    values, weight = rows(table)
    return float(values @ weight / weight.sum())


def rows(table: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """One minus the error of each row, and its weight times size."""
    error = table["error"].to_numpy("float64")
    if len(error) and error.max() > 1:
        raise UserError(
            "accuracy needs errors in 0–1", value=float(error.max()), hint="For regression use mae or rmse."
        )
    return 1 - error, scale(table)
