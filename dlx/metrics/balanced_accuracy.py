"""Mean recall of the classes that occur: rare classes count as much as common ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlx.metrics._counts import Counts, counts, ratio

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

__all__ = ["balanced_accuracy"]

GREATER_IS_BETTER, UNIT, BOUNDS = True, "", (0, 1)


def balanced_accuracy(table: pd.DataFrame) -> float:
    """Recall averaged over the classes with true members (as scikit-learn's ``balanced_accuracy_score``).

    Args:
        table: predictions of one predictor on one split.

    Returns:
        0–1; one over the number of classes for a constant prediction.
    """
    return float(of_counts(counts(table)))


def of_counts(found: Counts) -> np.ndarray:
    """Balanced accuracy from counts per class, (…, classes)."""
    there = found.support > 0
    return ratio(ratio(found.true_positive, found.support).sum(-1), there.sum(-1))
