"""Error in which some examples or classes count more: Σ w·e / Σ w."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from dlx.errors import UserError, unknown
from dlx.metrics._table import scale

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

__all__ = ["weighted_error"]

GREATER_IS_BETTER, UNIT, BOUNDS = False, "", (0, 1)


def weighted_error(
    table: pd.DataFrame, *, column: str | None = None, classes: Mapping[str, float] | None = None
) -> float:
    """Σ w·1{wrong} / Σ w (systems S50): ten for images that must not be let through, one for the rest.

    Args:
        table: predictions of one predictor on one split.
        column: a column of weights, such as ``meta_cost``; it multiplies ``weight`` and ``size``.
        classes: weight of each true class; classes not named weigh 1.

    Returns:
        0–1; without ``column`` and ``classes`` the same as ``error``.

    Raises:
        UserError: no such column or class, or weights that are negative or all 0.
    """
    values, weight = rows(table, column=column, classes=classes)
    return float(values @ weight / weight.sum())


def rows(
    table: pd.DataFrame, *, column: str | None = None, classes: Mapping[str, float] | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """The error of each row, and its weight."""
    weight = scale(table)
    if column is not None:
        if column not in table:
            raise unknown("column", column, [str(c) for c in table.columns], where="weighted_error")
        weight = weight * table[column].to_numpy("float64")
    if classes:
        true = table["y_true"].astype(str)
        known = set(true.unique())
        for name in classes:
            if str(name) not in known:
                raise unknown("class", str(name), known, where="weighted_error.classes")
        weight = weight * true.map({str(k): float(v) for k, v in classes.items()}).fillna(1.0).to_numpy("float64")
    if not (weight >= 0).all() or weight.sum() == 0:
        raise UserError("weights are not negative and not all 0", value=float(weight.min()), where="weighted_error")
    return table["error"].to_numpy("float64"), weight
