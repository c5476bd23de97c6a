"""K models, each trained without one fold and asked about it: an answer for every example from a model that has not
learned it. Used by ``dlx train --folds`` and by the search for wrong labels."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dlx.errors import UserError
from dlx.files import disk_errors, replacing
from dlx.run import Run

if TYPE_CHECKING:
    import pandas as pd

    from dlx.pipeline.work import Work
    from dlx.predictions import Predictions
    from dlx.recipe import Recipe

__all__ = ["Answers", "Fold", "deal", "out_of_fold", "train_fold"]

#: what a fold keeps while it trains, and what is left of it afterwards
_WHILE_TRAINING = ("checkpoint.npz", "best.npz")
_DONE = "answers.npz"


@dataclass(frozen=True)
class Fold:
    """What one fold's model learns from and answers for; positions of rows in the data set.

    Attributes:
        number: counted from 1.
        train: rows that it is trained on.
        scored: rows that it has not seen; scored after each epoch as dev is in other runs.
        others: further rows that it answers for: name → positions.
    """

    number: int
    train: np.ndarray
    scored: np.ndarray
    others: dict[str, np.ndarray]


@dataclass(frozen=True)
class Answers:
    """What came of a fold.

    Attributes:
        fold: the fold.
        targets: what the task fitted on the fold's train rows.
        raw: name (``scored`` and those of ``fold.others``) → outputs of the finished model.
        history: one record per epoch.
    """

    fold: Fold
    targets: dict[str, Any]
    raw: dict[str, np.ndarray]
    history: list[dict[str, Any]]


def out_of_fold(
    source: str | Path | Recipe | Run,
    *,
    folds: int = 5,
    parts: Sequence[str] = ("train", "train_dev", "dev"),
    folder: str | Path | None = None,
    resume: bool = True,
    quiet: bool = True,
) -> Predictions:
    """Predictions for every example of the named parts, each by a model that was not trained on it.

    Each fold's model is trained by the recipe as it stands, on all other folds. Early stopping, where the recipe asks
    for it, looks at the fold's own rows, as it looks at dev in other runs.

    Args:
        source: a recipe (name, path or loaded), or a run, whose recipe and split are taken.
        folds: how many.
        parts: parts of the split whose examples are dealt out; those of others are not touched. ``test`` only counts
            as unseen by later models if it is left out here.
        folder: where finished folds and checkpoints are kept; a folder ``out-of-fold`` in the run's by default.
        resume: go on with what the folder holds of the same recipe, data, parts and folds; else it is cleared.
        quiet: no progress on stderr.

    Returns:
        one row per example with its own part as ``split``, predictor ``model``, ``proba_<class>`` where the task has
        them, and ``meta_fold``: the fold it was in. Examples that alone hold a class cannot be answered for by a model
        that does not know them: they have no row.

    Raises:
        UserError: recipe or data at fault, fewer examples or groups than folds, the folder holds other folds.
        DlxError: the loss diverged, memory or disk ran out.
    """
    import pandas as pd

    from dlx import predictions
    from dlx.pipeline.judging import as_predictions

    work, default = _work(source)
    place = Path(folder) if folder is not None else default
    if place is None:
        raise UserError("out-of-fold predictions of a recipe need a folder to be kept in", where="folder")
    rows = np.sort(np.concatenate([work.split.index(part) for part in parts]))
    made = deal(work, rows, folds)
    _claim(place, {**_identity(work), "folds": folds, "parts": sorted(parts)}, resume=resume)
    found = [train_fold(work, fold, place / f"fold-{fold.number}", folds, quiet=quiet) for fold in made]
    part = work.split.table["split"].to_numpy(object)
    table = pd.concat([_rows(work, each).assign(split=part[each.fold.scored]) for each in found], ignore_index=True)
    table = table.assign(predictor="model")
    said = as_predictions(table, work.recipe["task"]["name"], found[0].targets)
    note = f"{said.note} Out of fold: {len(found)} models, each asked about the examples it was not trained on."
    return replace(predictions.read(table, said.task, classes=said.classes), note=note)


def deal(work: Work, rows: np.ndarray, k: int, *, target: str | None = None) -> list[Fold]:
    """The folds of those rows.

    Args:
        work: recipe, data and split.
        rows: positions in the data set.
        k: number of folds.
        target: only rows of this source are scored; the others are trained on in every fold.

    Raises:
        UserError: fewer examples or groups than folds.
    """
    from dlx.split import folds

    number = folds(work.data.examples.iloc[rows].reset_index(drop=True), k, target=target)
    return [Fold(f, rows[number != f], rows[number == f], {}) for f in range(1, k + 1)]


def train_fold(work: Work, fold: Fold, folder: Path, k: int, *, quiet: bool = True) -> Answers:
    """Train one fold's model and keep its answers; one that is finished is read, one that was killed goes on.

    Args:
        work: recipe, data and split.
        fold: what it learns from and answers for.
        folder: its checkpoints, and in the end its answers.
        k: how many folds there are, for the progress bar.
        quiet: no progress on stderr.

    Raises:
        DlxError: the loss diverged, memory or disk ran out.
    """
    if (folder / _DONE).exists():
        return _read(fold, folder)
    from dlx import device, fit, learning
    from dlx.training.batches import scoring_batch
    from dlx.training.progress import Progress

    with disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    device.fresh()
    train, scored, task = work.data.subset(fold.train), work.data.subset(fold.scored), work.task
    learner = learning.prepare(work.recipe, task, train, quiet=quiet)
    task.encode(scored, learner.targets)  # labels that this train does not show, said before the fit
    size = learner.train["batch_size"]
    name = f"fold {fold.number}/{k}"
    with Progress(learner.train["epochs"], show=not quiet, unit=task.UNIT, bounded=task.BOUNDED, name=name) as bar:
        learned = learner.fit(train, scored, folder=folder, resume=True, on_epoch=bar.epoch, on_batch=bar.batch)
    raw = {}
    with fit.memory_errors(size):
        for part, rows in {"scored": fold.scored, **fold.others}.items():
            asked = work.data.subset(rows)
            raw[part] = np.asarray(
                learned.decode(task, asked, learner.targets, batch_size=scoring_batch(asked.payload, size))
            )
    with replacing(folder / _DONE) as temporary:
        np.savez(temporary, targets=np.array(json.dumps(learner.targets)), **raw)
    for left in _WHILE_TRAINING:
        (folder / left).unlink(missing_ok=True)
    return Answers(fold, learner.targets, raw, learned.history)


def _read(fold: Fold, folder: Path) -> Answers:
    from dlx.files import lines

    with np.load(folder / _DONE, allow_pickle=False) as stored:
        raw = {name: stored[name] for name in stored.files if name != "targets"}
        targets = json.loads(str(stored["targets"]))
    return Answers(fold, targets, raw, lines(folder / "history.jsonl"))


def _rows(work: Work, found: Answers) -> pd.DataFrame:
    asked = work.data.subset(found.fold.scored)
    units = work.task.units(asked, found.targets)
    return work.task.rows(units, found.raw["scored"], found.targets).assign(meta_fold=found.fold.number)


def _work(source: str | Path | Recipe | Run) -> tuple[Work, Path | None]:
    from dlx.pipeline.work import Work
    from dlx.recipe import load

    if isinstance(source, Run):
        work = Work.read(load(source.file("recipe.yaml")), strict=False, previous=source)
        return work, source.file("out-of-fold")
    loaded = load(source) if isinstance(source, (str, Path)) else source
    return Work.read(loaded, strict=False), None


def _identity(work: Work) -> dict[str, Any]:
    from dlx.recipe import load

    return {
        "recipe_hash": load(work.recipe).hash(),
        "data_digest": work.data.digest(),
        "split_digest": work.split.digest(),
    }


def _claim(folder: Path, what: dict[str, Any], *, resume: bool) -> None:
    """Make the folder this cross-validation's own.

    Raises:
        UserError: it holds another one's folds, and those were to be gone on with.
    """
    file = folder / "folds.json"
    before = json.loads(file.read_text(encoding="utf-8")) if file.exists() else None
    if before is not None and resume and before != what:
        changed = {key: [before.get(key), value] for key, value in what.items() if before.get(key) != value}
        raise UserError(
            "this folder holds folds of another recipe, data or number",
            value=changed,
            where=str(folder),
            hint="Choose another folder, or begin anew without resuming.",
        )
    if before is not None and not resume:
        for old in folder.glob("fold-*"):
            shutil.rmtree(old)
    with disk_errors(file):
        folder.mkdir(parents=True, exist_ok=True)
    with replacing(file) as temporary:
        temporary.write_text(json.dumps(what, indent=1) + "\n", encoding="utf-8")
