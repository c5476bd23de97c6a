"""One point of a learning curve: the recipe trained on a part of train and scored on all of dev. Run by a worker."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dlx.dataset import Dataset
from dlx.run import Run

if TYPE_CHECKING:
    from dlx.metrics._measure import Measure
    from dlx.pipeline.work import Work

__all__ = ["Bench", "measure", "measured_by", "open_bench"]

#: the train error is measured on at most so many examples of the subset
_TRAIN_SAMPLE = 2_000


@dataclass(frozen=True)
class Bench:
    """What a worker keeps: the run's work, and its train and dev."""

    work: Work
    train: Dataset
    dev: Dataset


def open_bench(run: str) -> Bench:
    """Read a curve's data once.

    Args:
        run: its run folder.

    Raises:
        UserError: the data changed since the curve was begun.
    """
    from dlx.pipeline.work import Work
    from dlx.recipe import load

    place = Run(Path(run))
    work = Work.read(load(place.file("recipe.yaml")), strict=False, previous=place)
    return Bench(work, work.part("train"), work.part("dev"))


def measure(bench: Bench, job: dict[str, Any], say: Callable[[Any], None]) -> dict[str, Any]:
    """One point: {n, repeat} → {n, repeat, seed, error, train_error, seconds}, or ``diverged`` instead of errors."""
    from dlx.split import nested

    began = time.monotonic()
    rows = np.sort(nested(bench.train.examples, job["repeat"])[: job["n"]])
    seed = (bench.work.recipe["train"]["seed"] + job["repeat"]) % 2**32
    found = _errors(bench.work, bench.train.subset(rows), bench.dev, seed, len(bench.train))
    return {**job, "seed": seed, **found, "seconds": round(time.monotonic() - began, 3)}


def _errors(work: Work, train: Dataset, dev: Dataset, seed: int, n_all: int) -> dict[str, Any]:
    """Dev and train error of one model; ``diverged`` instead, where its loss was no number."""
    from dlx import device, learning
    from dlx.pipeline import tables
    from dlx.training.batches import scoring_batch
    from dlx.training.loop import DivergenceError
    from dlx.training.optimizers import batch_size

    device.fresh()
    settings = dict(work.recipe["train"])
    # the batch of the full size throughout: "auto" would change the regime somewhere along the curve
    settings |= {"seed": seed, "batch_size": batch_size(settings["batch_size"], n_all)}
    recipe = work.recipe | {"train": settings}
    learner = learning.prepare(recipe, work.task, train)
    stops = settings.get("early_stopping") is not None
    with tempfile.TemporaryDirectory() as scratch:  # early stopping goes back to the best epoch
        try:
            learned = learner.fit(train, dev if stops else None, folder=Path(scratch) if stops else None)
        except DivergenceError as error:
            return {"diverged": str(error)}
    size = scoring_batch(dev.payload, learner.train["batch_size"])
    raw = learned.decode(work.task, dev, learner.targets, batch_size=size)
    units = work.task.units(dev, learner.targets)
    from dlx.pipeline import goal

    best = goal.maximised(recipe, work.task, learner.targets)
    targets = work.task.tune(learner.targets, units, raw, best)
    some = tables.hash_sample(train, _TRAIN_SAMPLE)
    seen = learned.decode(work.task, some, targets, batch_size=size)
    used = measured_by(work)
    return {
        "error": _error(work, used, dev, raw, targets),
        "train_error": _error(work, used, some, seen, targets),
    }


def measured_by(work: Work) -> Measure:
    """The measure whose error form the curve shows: that of the recipe's goal."""
    from dlx.metrics._measure import measure

    positive = work.recipe["task"].get("positive")
    return measure(work.recipe["goal"]["optimize"], {"positive": positive}, where="goal.optimize")


def _error(work: Work, used: Measure, dataset: Dataset, raw: np.ndarray, targets: dict[str, Any]) -> float:
    from dlx import predictions
    from dlx.pipeline.judging import as_predictions

    rows = work.task.rows(work.task.units(dataset, targets), raw, targets).assign(predictor="model", split="dev")
    made = as_predictions(rows, work.recipe["task"]["name"], targets)
    table = predictions.read(made.table, made.task, classes=made.classes).table
    return float(used.as_error(used(table)))
