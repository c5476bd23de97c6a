"""Which data people are asked about: that of a recipe, of a run, or predictions of any framework."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from dlx.errors import UserError
from dlx.humans import Reference

if TYPE_CHECKING:
    from dlx.desk import Exhibits
    from dlx.run import Run

__all__ = ["Subject", "subject"]

_FILES = (".csv", ".tsv", ".txt", ".gz", ".parquet", ".pq")


@dataclass(frozen=True)
class Subject:
    """The data that people are asked about.

    Attributes:
        what: how a command names it.
        data: name of the data.
        reference: its examples with their labels.
        exhibits: makes them visible.
        model: name and dev rows of a model to compare people with; None for a recipe.
        features: of a run, for the bound by nearest neighbours; None without.
    """

    what: str
    data: str
    reference: Reference
    exhibits: Exhibits
    model: tuple[str, pd.DataFrame] | None = None
    features: Path | None = None


def subject(
    what: Any, *, task: str | None = None, predictor: str | None = None, images: Any = None, data: str | None = None
) -> Subject:
    """A file of predictions first, then a recipe of that name, then a run.

    Args:
        what: a recipe, a run, a file or a table.
        task: of a foreign table.
        predictor: the model to compare people with.
        images: folder of pictures, for a foreign table.
        data: name of the data.

    Raises:
        UserError: none of these.
    """
    from dlx.predictions import Predictions
    from dlx.recipe import Recipe
    from dlx.run import Run

    if isinstance(what, (pd.DataFrame, Predictions, Run)):
        return _of_predictions(what, task, predictor, images, data)
    if isinstance(what, Recipe):
        return _of_recipe(what, data)
    path = Path(what)
    if path.suffix.lower() in _FILES:
        return _of_predictions(path, task, predictor, images, data)
    if str(what) != "last" and not (path / "run.json").is_file() and _is_recipe(what):
        return _of_recipe(what, data)
    return _of_predictions(str(what), task, predictor, images, data)


def _is_recipe(what: str | os.PathLike) -> bool:
    from dlx import places

    try:
        return places.find("recipes", what).is_file()
    except UserError:
        return False


def _of_predictions(what: Any, task, predictor, images, data: str | None) -> Subject:
    from dlx.diagnosis._sources import case, chosen
    from dlx.pipeline import exhibits
    from dlx.run import Run

    run = what if isinstance(what, Run) else _run(what) if isinstance(what, str) else None
    found = case(what if run is None else run, task)
    model = chosen(found.predictions, predictor)
    unit = str(((found.recipe or {}).get("task") or {}).get("unit") or "")
    targets = {} if run is None else run.read_json("targets.json", default={}).get("targets", {})
    reference = Reference.of_predictions(
        found.predictions, model, names=tuple(targets.get("label_names") or ()), unit=unit
    )
    rows = found.predictions.rows(model, "dev")[["id", "error"]]
    if run is not None:
        told = run.read_json("data.json", default={}).get("name") or run.info.get("recipe") or run.id
        word = what if isinstance(what, str) else run.id
        return Subject(
            word, data or str(told), reference, exhibits.of_run(run), (model, rows), run.file("features.npz")
        )
    name = what.name.partition(".")[0] if isinstance(what, Path) else "predictions"
    shown = exhibits.of_files(found.predictions.table, images)
    return Subject(str(what) if isinstance(what, Path) else name, data or name, reference, shown, (model, rows))


def _run(name: str) -> Run:
    """The run of that name.

    Raises:
        UserError: neither a run nor a recipe is called so.
    """
    from dlx import runs

    try:
        return runs.find(name)
    except UserError as error:
        rule = "no such recipe, run or file" if error.rule == "no such run" else error.rule
        raise UserError(rule, value=error.value, where=error.where, hint=error.hint) from error


def _of_recipe(what: Any, data: str | None) -> Subject:
    from dlx import loading
    from dlx.pipeline import exhibits
    from dlx.recipe import load

    recipe = load(what)
    dataset, split = loading.load_and_split(recipe)
    settings = recipe.to_dict()["task"]
    part = split.table["split"].to_numpy(object)
    reference = Reference.of_examples(
        dataset.examples, part, settings["name"], names=dataset.label_names, unit=str(settings.get("unit") or "")
    )
    return Subject(str(what), data or recipe.name, reference, exhibits.of_recipe(recipe))
