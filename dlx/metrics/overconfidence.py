"""Mean probability of the predicted class minus accuracy: above 0 the model promises more than it keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlx.errors import UserError
from dlx.metrics._table import holds_lists, label_probabilities, probabilities, scale

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

__all__ = ["overconfidence"]

GREATER_IS_BETTER, UNIT, BOUNDS = False, "", (-1, 1)


def overconfidence(table: pd.DataFrame) -> float:
    """Calibration in the large: Σ w·(confidence − right) / Σ w.

    Args:
        table: predictions of one predictor on one split, with ``proba_<class>`` columns.

    Returns:
        −1 to 1; 0 where confidence and accuracy agree on average.

    Raises:
        UserError: no probabilities, or none for a class that is predicted.
    """
    values, weight = rows(table)
    return float(values @ weight / weight.sum())


def rows(table: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Confidence minus right (1 or 0) of each row, and its weight times size."""
    import numpy as np

    if holds_lists(table):
        given, known = label_probabilities(table, "y_pred", "overconfidence")
        confidence = (known * given).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    else:
        matrix, names = probabilities(table, "overconfidence")
        codes = table["y_pred"].astype(str).map({name: i for i, name in enumerate(names)})
        if codes.isna().any():
            missing = str(table["y_pred"][codes.isna()].iloc[0])
            raise UserError(
                "overconfidence needs a probability for each class", value=missing, where=f"proba_{missing}"
            )
        confidence = matrix[np.arange(len(table)), codes.to_numpy("int64")]
    return confidence - (1 - table["error"].to_numpy("float64")), scale(table)
