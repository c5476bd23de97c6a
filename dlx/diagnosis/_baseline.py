"""The trivial baseline: the table's own rows, or the best constant guess from its train labels."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dlx.predictions import Predictions
from dlx.scores import Difference, difference, paired
from dlx.scores._rung import groups_of, part_of

__all__ = ["baseline"]


def baseline(found: Predictions, predictor: str) -> tuple[pd.DataFrame, Difference, str] | None:
    """Dev rows of a constant guess, and how the model's error compares with them row by row.

    Args:
        found: the table.
        predictor: the model.

    Returns:
        the baseline's rows, model minus baseline, and where the baseline comes from; None where there are no dev rows,
        or where a constant means nothing: own measures, and dev sets of one class.
    """
    dev = part_of(found.table, predictor, "dev")
    if not len(dev):
        return None
    if "baseline" in found.predictors and predictor != "baseline":
        rows = part_of(found.table, "baseline", "dev")
        compared = paired(found, predictor, "baseline", "dev")
        return None if compared is None else (rows, compared, "in the table")
    guessed = _constant(found, predictor, dev)
    if guessed is None:
        return None
    rows, whose = guessed
    scale = (dev["weight"] * dev["size"]).to_numpy()
    compared = difference(dev["error"].to_numpy(), rows["error"].to_numpy(), scale=scale, groups=groups_of(dev))
    return rows, compared, whose


def _constant(found: Predictions, predictor: str, dev: pd.DataFrame) -> tuple[pd.DataFrame, str] | None:
    train = part_of(found.table, predictor, "train")
    fitted, whose = (train, "train") if len(train) else (dev, "dev")
    plain = dev.drop(columns=[c for c in dev if c == "loss" or str(c).startswith("proba_")])
    if found.task == "classification":
        codes, said = dev["y_true"].cat.codes.to_numpy(), dev["y_pred"].cat.codes.to_numpy()
        if not np.array_equal(dev["error"].to_numpy(), (codes != said).astype(float)) or (codes == codes[0]).all():
            return None
        counts = np.bincount(fitted["y_true"].cat.codes.to_numpy(), weights=fitted["weight"].to_numpy())
        best = int(counts.argmax())
        guess = pd.Categorical.from_codes(np.full(len(dev), best, "int32"), dtype=dev["y_true"].dtype)
        name = str(dev["y_true"].cat.categories[best])
        return plain.assign(
            y_pred=guess, error=(codes != best).astype(float)
        ), f"always {name!r}, most frequent in {whose}"
    if found.task == "regression":
        true, said = dev["y_true"].to_numpy(), dev["y_pred"].to_numpy()
        if not np.allclose(dev["error"].to_numpy(), abs(true - said)) or (true == true[0]).all():
            return None
        median = float(np.median(fitted["y_true"].to_numpy()))  # the best constant for the absolute error
        return plain.assign(y_pred=median, error=abs(true - median)), f"always {median:.4g}, the median of {whose}"
    return None
