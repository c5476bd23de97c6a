"""What is diagnosed: a run, a file or a table, and whether its train and dev come from the same sources."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from dlx import predictions
from dlx.errors import UserError, unknown
from dlx.humans import LOG
from dlx.labelling import told_about_labels
from dlx.predictions import Predictions
from dlx.run import Run
from dlx.tagging.log import annotations_folder

__all__ = ["Case", "case", "chosen", "sources_differ", "votes_of"]

_FILES = (".csv", ".tsv", ".txt", ".gz", ".parquet", ".pq")
#: A source that is missing on one side counts when chance would show it with this probability.
_CHANCE = 0.99
#: Shares of sources that differ by this much in total are different data.
_SHIFT = 0.25


@dataclass(frozen=True)
class Case:
    """Predictions and what a run knows beside them; None where there is no run.

    Attributes:
        predictions: the table.
        recipe: the resolved recipe.
        history: one row per epoch.
        health: training health.
        data: the data report.
        looks: how often the run's test set was looked at, over all runs.
        command: the command that trained it; of an ensemble, its first member.
        run: the run's id.
        votes: where people's votes on this data are kept, there or not; None where the data has no name.
        labels: what is known about wrong labels, in sentences.
        curve: what ``dlx curve`` measured of this very recipe and data, where it was run.
    """

    predictions: Predictions
    recipe: dict[str, Any] | None = None
    history: pd.DataFrame | None = None
    health: dict[str, Any] | None = None
    data: dict[str, Any] | None = None
    looks: int | None = None
    command: str | None = None
    run: str | None = None
    votes: Path | None = None
    labels: tuple[str, ...] = ()
    curve: dict[str, Any] | None = None


def case(table: str | os.PathLike | pd.DataFrame | Predictions | Run, task: str | None) -> Case:
    """Find and read what is diagnosed: a file first, then a run of that name.

    Raises:
        UserError: neither a file nor a run, or a table that is at fault.
    """
    if isinstance(table, (pd.DataFrame, Predictions)):
        return Case(predictions.read(table, task))
    if isinstance(table, Run):
        return _of_run(table, task)
    if not isinstance(table, (str, os.PathLike)):
        raise UserError("a diagnosis needs a run, a file or a table", value=type(table).__name__)
    path = Path(table)
    if path.is_file() or path.suffix.lower() in _FILES:
        return Case(predictions.read(path, task), votes=votes_of(path.name.partition(".")[0] or path.name))
    from dlx import runs

    return _of_run(runs.find(str(table)), task)


def _of_run(run: Run, task: str | None) -> Case:
    from dlx import yaml12

    if not run.predictions.exists():
        raise UserError("this run has no predictions yet", value=run.id, hint=run.advice())
    found = predictions.read(run.predictions, task)
    text = run.read_text("recipe.yaml") if run.has("recipe.yaml") else ""
    records = run.read_lines("history.jsonl")
    return Case(
        found,
        recipe=yaml12.parse(text, where=str(run.file("recipe.yaml"))).data if text else None,
        history=pd.DataFrame(records) if records else None,
        health=run.read_json("health.json", default={}) or None,
        data=run.read_json("data.json", default={}) or None,
        looks=_looks(run) if (found.table["split"] == "test").any() else None,
        command=run.info.get("trained_by") or run.info.get("command"),
        run=run.id,
        votes=votes_of(run),
        labels=told_about_labels(run),
        curve=_curve(run),
    )


def votes_of(what: Run | str) -> Path:
    """The log of people's votes on the data of that name, or on the data of a run."""
    if isinstance(what, Run):
        what = str(what.read_json("data.json", default={}).get("name") or what.info.get("recipe") or what.id)
    return annotations_folder(what) / LOG


def _curve(run: Run) -> dict[str, Any] | None:
    """The latest learning curve of the same recipe on the same data, beside the run."""
    same = ("recipe_hash", "data_digest", "split_digest")
    wanted = [run.info.get(key) for key in same]
    if None in wanted:
        return None
    for file in sorted(run.path.parent.glob("*/curve.json"), reverse=True, key=lambda file: file.stat().st_mtime):
        other = Run(file.parent)
        if [other.info.get(key) for key in same] == wanted:
            return other.read_json(file.name)
    return None


def _looks(run: Run) -> int | None:
    """Looks at the test set that this run was evaluated on, whichever run took them."""
    from dlx import runs

    every = runs.looks(root=run.path.parent)
    mine = [look["digest"] for look in every if look.get("run") == run.id]
    return sum(look["digest"] == mine[-1] for look in every) if mine else None


def chosen(found: Predictions, predictor: str | None) -> str:
    """The predictor whose errors are the rungs.

    Raises:
        UserError: no such predictor, none but people and the baseline, or several and none named.
    """
    models = [name for name in found.predictors if name != "baseline" and not name.startswith("human:")]
    if predictor is not None:
        if predictor not in found.predictors:
            raise unknown("predictor", predictor, found.predictors, where="--predictor")
        return predictor
    if "model" in models:
        return "model"
    if not models:
        raise UserError("the table holds no model", value=list(found.predictors), where="column predictor")
    if len(models) > 1:
        raise UserError(
            "the table holds several models",
            value=models,
            where="column predictor",
            hint="Choose one: --predictor NAME.",
        )
    return models[0]


def sources_differ(train: pd.Series, dev: pd.Series) -> bool:
    """Whether train and dev come from different sources, by their ``source`` columns.

    They do where a source of the one is missing in the other though chance would have shown it, or where the shares of
    the sources differ by a quarter or more. Rows without a source tell nothing.
    """
    train, dev = train.dropna(), dev.dropna()
    if train.empty or dev.empty:
        return False
    names = train.cat.categories
    counts = np.array([side.value_counts().reindex(names, fill_value=0).to_numpy() for side in (train, dev)])
    shares = counts / counts.sum(axis=1, keepdims=True)
    if (counts == 0).all(axis=0).all():
        return False
    for mine, other in ((0, 1), (1, 0)):
        missing = (counts[mine] == 0) & (counts[other] > 0)
        if (1 - (1 - shares[other][missing]) ** counts[mine].sum() >= _CHANCE).any():
            return True
    if not ((counts > 0).all(axis=0) | (counts == 0).all(axis=0)).any():
        return True  # no source in common
    return bool(abs(shares[0] - shares[1]).sum() / 2 >= _SHIFT and counts.sum(axis=1).min() >= 20)
