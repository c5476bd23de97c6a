"""How much the members differ: those that err alike gain nothing together."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

__all__ = ["disagreement"]


def disagreement(rows: Sequence[pd.DataFrame]) -> dict[str, Any]:
    """Shares of examples, each the mean over pairs of members where it is about two.

    Args:
        rows: of each member, of the same examples in the same order; two or more.

    Returns:
        ``differ``: two members give different answers; ``both_wrong``; ``all_wrong``: nothing that chooses among their
        answers can be right; ``some_wrong``: at least one errs. For numbers instead ``correlation``: of two members'
        errors with their sign, None where one of them never varies.
    """
    if pd.api.types.is_float_dtype(rows[0]["y_pred"]):
        residuals = np.stack([(each["y_pred"] - each["y_true"]).to_numpy("float64") for each in rows])
        return {"correlation": _mean_correlation(residuals)}
    said = [each["y_pred"].map(str).to_numpy(object) for each in rows]
    wrong = np.stack([each["error"].to_numpy("float64") > 0 for each in rows])
    pairs = list(combinations(range(len(rows)), 2))
    return {
        "differ": float(np.mean([(said[a] != said[b]).mean() for a, b in pairs])),
        "both_wrong": float(np.mean([(wrong[a] & wrong[b]).mean() for a, b in pairs])),
        "all_wrong": float(wrong.all(axis=0).mean()),
        "some_wrong": float(wrong.any(axis=0).mean()),
    }


def _mean_correlation(residuals: np.ndarray) -> float | None:
    if residuals.shape[1] < 2 or (residuals.std(axis=1) == 0).any():
        return None
    matrix = np.corrcoef(residuals)
    return float(matrix[np.triu_indices(len(matrix), 1)].mean())
