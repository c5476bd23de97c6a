"""The rows of the model under diagnosis, for checks that look at labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlx.findings import Evidence

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

__all__ = ["class_counts", "model_rows"]


def model_rows(evidence: Evidence, split: str = "dev") -> pd.DataFrame | None:
    """Rows of the one predictor that is neither the baseline nor a person; None where there are none."""
    if evidence.predictions is None:
        return None
    others = [p for p in evidence.predictions.predictors if p != "baseline" and not p.startswith("human:")]
    if not others:
        return None
    rows = evidence.predictions.rows("model" if "model" in others else others[0], split)
    return rows if len(rows) else None


def class_counts(rows: pd.DataFrame) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Names of the classes, and how often each is true and predicted."""
    import numpy as np

    names = [str(c) for c in rows["y_true"].cat.categories]
    true, pred = (np.bincount(rows[c].cat.codes.to_numpy(), minlength=len(names)) for c in ("y_true", "y_pred"))
    return names, true, pred
