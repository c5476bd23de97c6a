"""The scores of a diagnosis: those of the task, the metric of the ladder, and differences on the same rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from dlx.metrics._measure import Measure, measure
from dlx.predictions import Predictions
from dlx.scores import Difference, paired, rung, score
from dlx.strategy.ladder import Rung

__all__ = ["all_scores"]


def all_scores(table: Predictions, predictor: str, trivial, used: Measure, rungs: Sequence[Rung]) -> pd.DataFrame:
    """Scores of all predictors, the metric of the ladder with its limits, and paired differences on dev."""
    made = score(table)
    rows = []
    if used.name != "error":
        # the rungs are the same numbers, and a bootstrap is not made twice
        made = made[(made["metric"] != used.name) | (made["predictor"] != predictor)]
        rows += [_own_form(predictor, used, made_rung) for made_rung in rungs]
    if trivial is not None:
        part, compared, _ = trivial
        if "baseline" not in table.predictors:
            guess = rung("baseline", part, measure("error"), bounded=table.bounded)
            rows.append(("baseline", "error", "dev", "all", guess.error, guess.low, guess.high, len(part)))
        rows.append(_compared(predictor, "baseline", compared))
    for name in table.predictors:
        other = paired(table, predictor, name, "dev") if name.startswith("human:") and name != predictor else None
        if other is not None:
            rows.append(_compared(predictor, name, other))
    if not rows:
        return made
    extra = pd.DataFrame(rows, columns=list(made.columns)).astype(made.dtypes.to_dict())
    return pd.concat([made, extra], ignore_index=True)


def _own_form(predictor: str, used: Measure, made: Rung) -> Sequence[Any]:
    """A rung as a score: the metric's own form instead of its error."""
    limits = [None if limit is None else used.as_error(limit) for limit in (made.low, made.high)]
    low, high = limits[::-1] if used.greater_is_better else limits
    return (predictor, used.name, made.name, "all", used.as_error(made.error), low, high, made.n)


def _compared(predictor: str, other: str, found: Difference) -> Sequence[Any]:
    return (predictor, f"error_minus_{other}", "dev", "all", found.value, found.low, found.high, found.n)
