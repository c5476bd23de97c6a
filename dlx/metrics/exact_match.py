"""Share of rows in which all labels are right."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

__all__ = ["exact_match"]

GREATER_IS_BETTER, UNIT, BOUNDS = True, "", (0, 1)


def exact_match(table: pd.DataFrame) -> float:
    """Weighted share of rows without any error; for one label per row the same as accuracy.

    Args:
        table: predictions of one predictor on one split.

    Returns:
        0–1.
    """
    values, weight = rows(table)
    return float(values @ weight / weight.sum())


def rows(table: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """1 for a row without error, else 0, and its weight; its size does not count, since a row is right as a whole."""
    import numpy as np

    weight = table["weight"].to_numpy("float64") if "weight" in table else np.ones(len(table))
    return (table["error"].to_numpy("float64") == 0).astype("float64"), weight
