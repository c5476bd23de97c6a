"""``dlx.diagnose``: rungs and scores from the table, the verdict from the ladder, findings from the checks."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from dlx import parts
from dlx.diagnosis._baseline import baseline
from dlx.diagnosis._humans import amount, cited, measured
from dlx.diagnosis._result import ORDER, Diagnosis
from dlx.diagnosis._scoring import all_scores
from dlx.diagnosis._sources import Case, case, chosen, sources_differ
from dlx.errors import UserError
from dlx.findings import Evidence, Finding
from dlx.humans import Measured, measured_by_people
from dlx.metrics._measure import Measure, measure
from dlx.predictions import Predictions
from dlx.run import Run
from dlx.scores import rung
from dlx.scores._rung import part_of
from dlx.scores._score import is_bounded
from dlx.strategy.ladder import Rung, build

__all__ = ["diagnose", "diagnose_evidence"]

_SPLITS = ("train", "train_dev", "dev", "test")
#: Metrics that a cited human error is comparable with.
_PLAIN = ("error", "accuracy", "mae")


def diagnose(
    table: str | os.PathLike | pd.DataFrame | Predictions | Run,
    *,
    human: Any = None,
    n_human: int | None = None,
    human_source: str = "",
    human_of: str | None = None,
    task: str | None = None,
    metric: str | None = None,
    positive: str | None = None,
    target: float | str | None = None,
    predictor: str | None = None,
    different_sources: bool | None = None,
    deployment: str | None = None,
    annotations: bool = True,
    seed: int = 0,
) -> Diagnosis:
    """Say what limits a model and what to do next, from its predictions.

    >>> import pandas as pd
    >>> rows = [(f"{s}{i}", s, "cat", "dog" if i < wrong else "cat")
    ...         for s, wrong in (("train", 20), ("dev", 160)) for i in range(1000)]
    >>> found = diagnose(pd.DataFrame(rows, columns=["id", "split", "y_true", "y_pred"]), human="1%")
    >>> found.verdict.status, found.verdict.focus
    ('decided', ('variance',))

    Args:
        table: a run (``last``, its name, an id prefix or its folder), a CSV or Parquet file of any framework, a
            DataFrame with columns ``id``, ``split``, ``y_true``, ``y_pred``, or a ``Predictions``.
        human: the error of people: a rate (``0.79%`` or a number in 0–1), a number in the measure's unit for other
            measures, or {group: error}. It replaces the figures of the run's recipe; rows of people in the table stay.
        n_human: items behind that figure; None takes it as exact.
        human_source: where the figure comes from, in words.
        human_of: the data source it was measured on.
        task: ``classification``, ``multilabel`` or ``regression``; None decides by the labels.
        metric: the measure whose error form the rungs are; None takes the run's ``goal.optimize``, else the error.
        positive: the class that precision, recall, F1 and AUC look for.
        target: the dev error that is good enough, as ``human``; None takes the run's ``goal.target``.
        predictor: whose rows to judge, where the table holds several models.
        different_sources: whether train and dev come from different sources; None tells by the ``source`` column.
        deployment: the human group to reach in use, where several are given.
        annotations: read what people said about this data (``dlx human``): human level is then measured, and the
            figures of the run's recipe are only shown beside.
        seed: of bootstrap and posterior draws.

    Raises:
        UserError: a table, metric or figure at fault.
    """
    found = case(table, task)
    if not annotations:
        found = replace(found, votes=None)
    return _diagnose(
        found, human=human, n_human=n_human, human_source=human_source, human_of=human_of, metric=metric,
        positive=positive, target=target, predictor=predictor, different_sources=different_sources,
        deployment=deployment, seed=seed,
    )  # fmt: skip


def diagnose_evidence(
    predictions: Predictions,
    *,
    recipe: dict[str, Any] | None = None,
    history: pd.DataFrame | None = None,
    health: dict[str, Any] | None = None,
    data: dict[str, Any] | None = None,
    looks: int | None = None,
    command: str | None = None,
    **options: Any,
) -> Diagnosis:
    """The same for predictions in memory and what was measured while they were made.

    Args:
        predictions: the table.
        recipe: the resolved recipe as plain data.
        history: one row per epoch.
        health: training health.
        data: the data report.
        looks: how often the test set was looked at.
        command: the command that trained the model.
        options: of :func:`diagnose`.
    """
    found = Case(predictions, recipe, history, health, data, looks, command)
    return _diagnose(found, **options)


def _diagnose(found: Case, **options: Any) -> Diagnosis:
    recipe = found.recipe or {}
    predictor = chosen(found.predictions, options.get("predictor"))
    people = None if found.votes is None else measured_by_people(found.predictions, predictor, found.votes)
    if people is not None:
        found = replace(found, predictions=people.predictions)
    table = found.predictions
    goal, seed = recipe.get("goal") or {}, options.get("seed", 0)
    asked = options.get("metric") or goal.get("optimize")
    positive = options.get("positive") or (recipe.get("task") or {}).get("positive")
    used = measure(
        asked or "error", {"positive": positive}, where="--metric" if options.get("metric") else "goal.optimize"
    )
    used.check_goal("--metric")
    bounded = is_bounded(used, table)
    rungs = _rungs(table, predictor, used, bounded, seed)
    trivial = baseline(table, predictor)
    figures = _figures(found, options, predictor, used, bounded, people)
    target = options.get("target") if options.get("target") is not None else goal.get("target")
    ladder = build(
        rungs,
        human=figures,
        different_sources=_differ(table, predictor, options.get("different_sources")),
        target=None if target is None else amount(target, bounded=bounded, where="target"),
        metric=_name(used, table, predictor, named=options.get("metric") is not None),
        unit=_unit(used, table, recipe),
        bounded=bounded,
        recipe=found.recipe,
        command=found.command,
        baseline=_rung_of(trivial, used, bounded, seed),
        deployment=options.get("deployment"),
        curve=found.curve,
        data=found.data,
        seed=seed,
    )
    scores = all_scores(table, predictor, trivial, used, rungs)
    of_one = _of_one(table, predictor)
    findings = _findings(
        Evidence(
            of_one,
            scores,
            ladder,
            ladder.verdict,
            found.recipe,
            found.history,
            found.health,
            found.data,
            found.looks,
            found.command,
        )
    )
    told = _rung_of(trivial, measure("error"), table.bounded, seed)
    return Diagnosis(
        " ".join([table.note, *([people.note] if people else []), *_remarks(found, used, options), *found.labels]),
        table,
        predictor,
        scores,
        replace(ladder, findings=findings),
        findings,
        None
        if told is None
        else {"error": told.error, "low": told.low, "high": told.high, "n": told.n, "how": trivial[2]},
        found.run,
        None if people is None else people.facts,
    )


def _rungs(table: Predictions, predictor: str, used: Measure, bounded: bool, seed: int) -> list[Rung]:
    made = []
    for split in _SPLITS:
        part = part_of(table.table, predictor, split)
        if len(part):
            made.append(rung(split, part, used, bounded=bounded, seed=seed))
    return made


def _figures(
    found: Case, options: dict[str, Any], predictor: str, used: Measure, bounded: bool, people: Measured | None
):
    """Cited figures and those measured in the table; a recipe's figures are errors and fit no other metric.

    Where people were measured on this very data, what the recipe cites is only shown beside.
    """
    recipe = found.recipe if used.name in _PLAIN else None
    given = cited(
        options.get("human"), recipe, bounded=bounded, n=options.get("n_human"),
        source=options.get("human_source") or "", of=options.get("human_of"),
    )  # fmt: skip
    if people is not None and people.groups and options.get("human") is None:
        given = tuple(replace(figure, beside=True) for figure in given)
    sources = {} if people is None else dict.fromkeys(people.groups, "labelled blind")
    return given + measured(
        found.predictions, predictor, used, bounded=bounded, seed=options.get("seed", 0), sources=sources
    )


def _remarks(found: Case, used: Measure, options: dict[str, Any]) -> list[str]:
    """What was left out, in sentences."""
    if used.name in _PLAIN or options.get("human") is not None or not (found.recipe or {}).get("human"):
        return []
    return [f"The recipe's human figures are errors and are not set against {used.name}."]


def _differ(table: Predictions, predictor: str, told: bool | None) -> bool:
    if told is not None:
        return told
    train, dev = (part_of(table.table, predictor, split)["source"] for split in ("train", "dev"))
    return sources_differ(train, dev)


def _name(used: Measure, table: Predictions, predictor: str, *, named: bool) -> str:
    """The metric's name; the plain error of numbers is their mean absolute error where that is what the rows hold."""
    if named or used.name != "error" or table.task != "regression":
        return used.name
    rows = part_of(table.table, predictor, str(table.rows(predictor)["split"].iloc[0]))
    difference = abs(rows["y_true"].to_numpy() - rows["y_pred"].to_numpy())
    return "mae" if np.allclose(difference, rows["error"].to_numpy()) else "error"


def _unit(used: Measure, table: Predictions, recipe: dict[str, Any]) -> str:
    own = table.task == "regression" and used.name in ("error", "average_error", "weighted_error")
    if used.unit == "target" or own:
        return str((recipe.get("task") or {}).get("unit") or "")
    return used.unit


def _rung_of(trivial, used: Measure, bounded: bool, seed: int) -> Rung | None:
    """The baseline's dev error; None where there is none, or where the metric needs more than labels."""
    if trivial is None:
        return None
    try:
        return rung("baseline", trivial[0], used, bounded=bounded, seed=seed)
    except UserError:
        return None  # a constant guess has no probabilities


def _of_one(table: Predictions, predictor: str) -> Predictions:
    """The rows of the model, the baseline and people: what checks look at."""
    keep = [n for n in table.predictors if n in (predictor, "baseline") or n.startswith("human:")]
    if len(keep) == len(table.predictors):
        return table
    return replace(table, table=table.table[table.table["predictor"].isin(keep)].reset_index(drop=True))


def _findings(evidence: Evidence) -> tuple[Finding, ...]:
    """One per check; a model no better than a guess comes first, then issues, open ones and tips."""
    made = [parts.load("checks", name)(evidence) for name in parts.names("checks")]
    return tuple(sorted(made, key=lambda f: (ORDER.index(f.status), f.code != "worse_than_baseline")))
