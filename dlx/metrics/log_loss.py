"""Log loss: how surprised the probabilities are by the truth."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlx.errors import UserError
from dlx.metrics._table import holds_lists, label_probabilities, probabilities, scale

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

__all__ = ["log_loss"]

GREATER_IS_BETTER, UNIT, BOUNDS = False, "nat", (0, float("inf"))

#: Probabilities of 0 would make one row's loss infinite.
_LEAST = 1e-12


def log_loss(table: pd.DataFrame) -> float:
    """Mean of −log p(true class); summed over the known labels where there are several, and divided by their number.

    Args:
        table: predictions of one predictor on one split, with ``proba_<class>`` columns.

    Returns:
        0 (certain and right) upwards, in nats; log of the number of classes by chance.

    Raises:
        UserError: no probabilities, or none for a class that occurs.
    """
    values, weight = rows(table)
    return float(values @ weight / weight.sum())


def rows(table: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """The loss of each row per decision, and its weight times size."""
    import numpy as np

    if holds_lists(table):
        given, known = label_probabilities(table, "y_true", "log_loss")
        surprise = -np.log(np.maximum(given, _LEAST))
        return (known * surprise).sum(axis=1) / np.maximum(known.sum(axis=1), 1), scale(table)
    matrix, names = probabilities(table, "log_loss")
    place = {name: i for i, name in enumerate(names)}
    codes = table["y_true"].astype(str).map(place)
    if codes.isna().any():
        missing = str(table["y_true"][codes.isna()].iloc[0])
        raise UserError("log_loss needs a probability for each class", value=missing, where=f"proba_{missing}")
    true = matrix[np.arange(len(table)), codes.to_numpy("int64")]
    return -np.log(np.maximum(true, _LEAST)), scale(table)
