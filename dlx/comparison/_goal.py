"""What candidates are judged by: the metric that is optimised, the limits, and how values are written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from dlx.comparison._candidates import Candidate
from dlx.comparison._recipes import shared_goal
from dlx.comparison._words import Words
from dlx.errors import UserError
from dlx.goals import Limit, limits, quantity
from dlx.metrics._measure import Measure
from dlx.scores._rung import rung

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["asked_goal", "valued", "words_of"]


def asked_goal(
    found: Sequence[Candidate],
    metric: str | None,
    satisfice: Mapping[str, str] | Iterable[str] | None,
    positive: str | None = None,
) -> tuple[Measure, tuple[Limit, ...]]:
    """The metric and the limits as asked for, else from the runs' recipes.

    Raises:
        UserError: different goals and none asked for, a goal that no metric measures, or one that is only a limit.
    """
    metric, satisfice, class_ = shared_goal(found, metric=metric, satisfice=satisfice)
    goal = quantity(metric, knobs={"positive": positive or class_})
    if goal.measure is None or goal.part is not None:
        hint = "Optimise a metric of dev rows; facts of the model and slices are limits: --satisfice."
        raise UserError("this is no metric to optimise", value=metric, where="--metric", hint=hint)
    goal.measure.check_goal("--metric")
    return goal.measure, limits(satisfice, where="--satisfice")


def words_of(used: Measure, found: Sequence[Candidate]) -> Words:
    """How values of the metric are written for these candidates."""
    within = all(each.case.predictions.bounded for each in found)
    bounded = used.bounded and (within or used.greater_is_better)
    return Words(used.name, _unit(used, found), bounded, used.greater_is_better)


def valued(
    part: pd.DataFrame, used: Measure, *, bounded: bool, seed: int = 0
) -> tuple[float, float | None, float | None]:
    """The metric on the rows of one candidate in its own sense, with its 95 % limits; None where not known."""
    made = rung(used.name, part, used, bounded=bounded, seed=seed)
    limits_ = [None if limit is None else float(used.as_error(limit)) for limit in (made.low, made.high)]
    low, high = limits_[::-1] if used.greater_is_better else limits_
    return float(used.as_error(made.error)), low, high


def _unit(used: Measure, found: Sequence[Candidate]) -> str:
    own = found[0].case.predictions.task == "regression" and used.name in ("error", "average_error", "weighted_error")
    if used.unit != "target" and not own:
        return used.unit
    units = [((each.case.recipe or {}).get("task") or {}).get("unit") for each in found]
    return next((str(unit) for unit in units if unit), "")
