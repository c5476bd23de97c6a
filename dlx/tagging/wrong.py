"""Which examples are errors to look at: the wrong ones for classes, the far-off ones for numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from dlx.errors import UserError

__all__ = ["Wrong", "wrong"]

#: Where nearly every row is a little off, the worst tenth is looked at.
_QUANTILE = 0.9


@dataclass(frozen=True)
class Wrong:
    """Errors to look at.

    Attributes:
        rows: (n,) booleans.
        threshold: the error above which a row is one; 0 where any error is.
        meaning: this in words.
    """

    rows: np.ndarray
    threshold: float
    meaning: str


def wrong(part: pd.DataFrame, task: str, threshold: float | None = None) -> Wrong:
    """The errors among the rows of one predictor and split.

    Args:
        part: rows with ``error`` ≥ 0.
        task: classification, multilabel and multitask count every error; else a row counts that is off by more than a
            threshold.
        threshold: that threshold, in the error's unit; None takes the 90 % quantile of the errors where most rows are
            off, else 0.

    Raises:
        UserError: a threshold that is negative or no number.
    """
    error = part["error"].to_numpy(float)
    if threshold is not None:
        if not np.isfinite(threshold) or threshold < 0:
            raise UserError("a threshold is a number from 0 up", value=threshold, where="--threshold")
        return Wrong(error > threshold, float(threshold), f"error above {threshold:g}, as you said")
    if task in ("multilabel", "multitask"):
        return Wrong(error > 0, 0.0, "at least one label is wrong")
    if task == "classification" or not (error > 0).mean() > 0.5 or np.isin(error, (0, 1)).all():
        return Wrong(error > 0, 0.0, "misclassified" if task == "classification" else "any error")
    limit = float(np.quantile(error, _QUANTILE, method="lower"))
    return Wrong(error > limit, limit, f"error above {limit:.4g}, the 90 % quantile (--threshold changes it)")
