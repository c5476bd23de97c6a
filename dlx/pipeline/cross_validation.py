"""``dlx train --folds``: the examples of train and dev in K folds, each judged by a model that has not seen it.

The out-of-fold rows are the dev split of one run, so that ladder, checks, error analysis and comparison read them as
they read any other. They measure the recipe: K models that share most of their training examples, not the one that is
exported, which is trained at the end on all of train and dev and is, if anything, better.
"""

from __future__ import annotations

import json
import shutil
import statistics
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from dlx.errors import UserError
from dlx.pipeline.folds import Answers, Fold, deal, train_fold
from dlx.run import Run

if TYPE_CHECKING:
    import pandas as pd

    from dlx.diagnosis import Diagnosis
    from dlx.pipeline.work import Work

__all__ = ["cross_validate", "folds_of"]

_FOLDER = "folds"


def folds_of(work: Work, k: int) -> list[Fold]:
    """The folds of a recipe's train and dev examples, before a run exists.

    With a target among several sources only the target's examples are scored; the others are trained on in every fold.
    Each row is also asked about once as a train row, by the model of the next fold, which has learned it.

    Raises:
        UserError: fewer examples or groups than folds, or data that folds would be wrong for.
    """
    data = work.recipe["data"]
    if data.get("split_by") == "time":
        raise UserError(
            "folds would train on the future: this recipe splits by time", value=k, where="--folds",
            hint="Train without --folds.",
        )  # fmt: skip
    several = data.get("target") is not None and len(set(work.data.examples["source"])) > 1
    if several and data.get("target_in_train") == 0:
        raise UserError(
            "data.target_in_train: 0 keeps the target out of train, and folds would put it in", value=k,
            where="--folds", hint="Give train its share, -s data.target_in_train=0.5, or train without --folds.",
        )  # fmt: skip
    rows = np.sort(np.concatenate([work.split.index("train"), work.split.index("dev")]))
    made = deal(work, rows, k, target=data["target"] if several else None)
    held = work.split.index("train_dev")
    number = np.zeros(len(work.data), np.int64)
    for fold in made:
        number[fold.scored] = fold.number
    asked = _asked_of(number, rows, k, sum(len(fold.scored) for fold in made))
    return [replace(fold, others=_some(asked[fold.number], held[fold.number - 1 :: k])) for fold in made]


def _some(train: np.ndarray, train_dev: np.ndarray) -> dict[str, np.ndarray]:
    return {name: rows for name, rows in (("train", train), ("train_dev", train_dev)) if len(rows)}


def _asked_of(number: np.ndarray, rows: np.ndarray, k: int, n_dev: int) -> dict[int, np.ndarray]:
    """Fold → rows of its train set for the train rung, each row once: by the model after its own fold's."""
    from dlx.pipeline.tables import TRAIN_SAMPLE

    each = -(-max(n_dev, TRAIN_SAMPLE) // k)
    asker = np.where(number[rows] > 0, number[rows] % k + 1, np.arange(len(rows)) % k + 1)
    return {fold: rows[asker == fold][:each] for fold in range(1, k + 1)}


def cross_validate(run: Run, work: Work, k: int, *, quiet: bool) -> Diagnosis:
    """Train the folds and the final model, write the run's table, and judge it.

    Raises:
        DlxError: a loss diverged, memory or disk ran out; finished folds stay for ``--resume``.
    """
    import pandas as pd

    from dlx import device, predictions
    from dlx.pipeline import goal, judging, tables

    made = folds_of(work, k)
    run.update(device=device.device_in_use())
    folder = run.file(_FOLDER)
    found = [train_fold(work, fold, folder / f"fold-{fold.number}", k, quiet=quiet) for fold in made]
    threshold = _tuned(work, found, goal)
    rows: list[pd.DataFrame] = []
    for each in found:
        rows += _rows(work, replace(each, targets=each.targets | threshold), tables)
    run.write_json("worst.json", _worst(work, found, rows, tables))
    table = pd.concat(rows, ignore_index=True)
    said = judging.as_predictions(table, work.recipe["task"]["name"], found[0].targets)
    _write_history(run, found)
    _final_model(run, work, found, threshold, folder, quiet=quiet)
    note = (
        f"{said.note} Dev is out of fold: {k} models, each judged on the examples that it was not trained on. This is "
        "the error of the recipe, not of one model; the model that is kept was trained on all of them in the end."
    )
    predictions.write(replace(said, note=note), run.predictions)
    shutil.rmtree(folder)
    return judging.judge(run)


def _tuned(work: Work, found: Sequence[Answers], goal) -> dict[str, Any]:
    """What is chosen on dev (a threshold), chosen once on all out-of-fold rows."""
    import pandas as pd

    targets = found[0].targets
    if len({np.asarray(each.raw["scored"]).shape[1:] for each in found}) > 1:
        return {}
    units = [work.task.units(work.data.subset(each.fold.scored), each.targets) for each in found]
    raw = np.concatenate([each.raw["scored"] for each in found])
    best = goal.maximised(work.recipe, work.task, targets)
    tuned = work.task.tune(targets, pd.concat(units, ignore_index=True), raw, best)
    return {key: value for key, value in tuned.items() if key not in targets or value != targets[key]}


def _rows(work: Work, found: Answers, tables) -> list[pd.DataFrame]:
    """Model's and baseline's rows: those it has not seen as dev, its share of the others as train and train-dev."""
    train = work.data.subset(found.fold.train)
    made = []
    for name, positions in {"dev": found.fold.scored, **found.fold.others}.items():
        raw, asked = found.raw["scored" if name == "dev" else name], work.data.subset(positions)
        parts = tables.rows(work.task, found.targets, asked, raw, name, train)
        # a table has one row for each id: the same example as a train row of another fold's model has another name
        sign = "train:" if name == "train" else ""
        made += [part.assign(meta_fold=found.fold.number, id=sign + part["id"].astype(str)) for part in parts]
    return made


def _worst(work: Work, found: Sequence[Answers], rows: Sequence[pd.DataFrame], tables) -> list[dict[str, Any]]:
    import pandas as pd

    dev = [part for part in rows if part["split"].iloc[0] == "dev" and part["predictor"].iloc[0] == "model"]
    positions = np.concatenate([each.fold.scored for each in found])
    return tables.worst(work.task, work.data.subset(positions), pd.concat(dev, ignore_index=True), found[0].targets)


def _write_history(run: Run, found: Sequence[Answers]) -> None:
    """The mean over the folds by epoch, and each fold's own records in ``folds.jsonl``."""
    by_epoch: dict[int, list[dict[str, Any]]] = {}
    lines = []
    for each in found:
        for record in each.history:
            by_epoch.setdefault(record["epoch"], []).append(record)
            lines.append({"fold": each.fold.number, **record})
    mean = []
    for epoch, records in sorted(by_epoch.items()):
        keys = [key for key in records[0] if key != "epoch" and all(key in record for record in records)]
        mean.append({"epoch": epoch} | {key: float(np.mean([record[key] for record in records])) for key in keys})
    for name, written in (("history.jsonl", mean), ("folds.jsonl", lines)):
        run.write_text(name, "".join(json.dumps(record) + "\n" for record in written))


def _final_model(run: Run, work: Work, found: Sequence[Answers], threshold, folder, *, quiet: bool) -> None:
    """The model that is kept: trained on all of train and dev, for as long as the folds' were.

    Where early stopping ended these, the median of their epochs is taken: there is no dev set left to stop by.
    """
    from dlx import device, learning, predicting
    from dlx.pipeline.train import reading_of
    from dlx.training.progress import Progress

    device.fresh()
    settings = dict(work.recipe["train"])
    if settings.get("early_stopping") is not None:
        best = [min(each.history, key=lambda record: record.get("val_loss", 0.0))["epoch"] for each in found]
        settings |= {"early_stopping": None, "epochs": max(1, round(statistics.median(best)))}
    rows = np.sort(np.concatenate([work.split.index("train"), work.split.index("dev")]))
    train, task = work.data.subset(rows), work.task
    learner = learning.prepare(work.recipe | {"train": settings}, task, train, quiet=quiet)
    if learner.lineage:
        run.update(transfer=learner.lineage)
    run.update(parameters=learner.parameters, batch_size=learner.train["batch_size"])
    place = folder / "final"
    place.mkdir(exist_ok=True)
    with Progress(settings["epochs"], show=not quiet, unit=task.UNIT, bounded=task.BOUNDED, name="all") as bar:
        learned = learner.fit(train, None, folder=place, resume=True, on_epoch=bar.epoch, on_batch=bar.batch)
    if (place / "health.json").exists():
        run.write_text("health.json", (place / "health.json").read_text(encoding="utf-8"))
    spent = sum(record["seconds"] for each in found for record in each.history)
    run.update(fit_seconds=spent + learned.seconds, final_epochs=settings["epochs"])
    description = predicting.describe(
        work.recipe["task"], learner.targets | threshold, work.data.payload.inputs, work.data.kind, reading_of(work)
    )
    predicting.save(learned.model, run.path, description)
