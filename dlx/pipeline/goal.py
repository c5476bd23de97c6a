"""The metric of ``goal.optimize``, tried on stand-in predictions before a fit is spent on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dlx.dataset import Dataset
from dlx.errors import UserError
from dlx.metrics._measure import Measure, measure

if TYPE_CHECKING:
    from dlx.tasks._base import Targets, Task

__all__ = ["check", "maximised"]

#: what every row has, whatever the task
ROWS = ("error", "accuracy")


def check(recipe: dict[str, Any], task: Task, train: Dataset) -> None:
    """Refuse a goal that the task cannot be judged by: after the fit it would be too late.

    The metric is computed on the train labels with the same output for every example.

    Raises:
        UserError: no such metric, one that is no goal, or one that does not fit labels or probabilities of this task.
    """
    used = _measure(recipe["goal"], task)
    if used is None:
        return
    used.check_goal("goal.optimize")
    targets = task.targets(train)
    shape = task.raw_shape(targets)
    raw = np.full((len(train), *shape), 1 / max(2, shape[-1]))
    try:
        used(_columns(task.rows(task.units(train, targets), raw, targets), targets))
    except UserError as error:
        raise UserError(
            f"goal.optimize {used.name!r} does not fit this task: {error.rule}", value=error.value, hint=error.hint
        ) from error


def maximised(recipe: dict[str, Any], task: Task, targets: Targets) -> Callable[[pd.DataFrame], float]:
    """The goal as a function of a task's rows that is larger for better, to choose thresholds by."""
    used = _measure(recipe["goal"], task)
    if used is None:
        return lambda rows: -float(rows["error"].mean())
    sign = 1.0 if used.greater_is_better else -1.0
    return lambda rows: sign * used(_columns(rows, targets))


def _measure(goal: dict[str, Any], task: Task) -> Measure | None:
    """None where the goal is the mean of the rows' errors."""
    if goal["optimize"] in ("error", task.METRIC) or (goal["optimize"] in ROWS and task.BOUNDED):
        return None
    return measure(goal["optimize"], {"positive": getattr(task, "positive", None)}, where="goal.optimize")


def _columns(rows: pd.DataFrame, targets: Targets) -> pd.DataFrame:
    """A task's ``proba`` of lists as the table has it: one column ``proba_<class>`` for each class or label."""
    names = targets.get("classes") or targets.get("label_names")
    if "proba" not in rows or not names:
        return rows
    matrix = np.stack(rows["proba"].to_list())
    made = pd.DataFrame(matrix, columns=[f"proba_{name}" for name in names], index=rows.index)
    return pd.concat([rows.drop(columns="proba"), made], axis=1)
