"""``dlx train``: a recipe trains a model on split data and ends in a verdict."""

from __future__ import annotations

import shlex
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlx.errors import DlxError, UserError
from dlx.run import Run

if TYPE_CHECKING:
    from dlx.dataset import Dataset
    from dlx.diagnosis import Diagnosis
    from dlx.recipe import Recipe
    from dlx.split import Split
    from dlx.tasks._base import Task

__all__ = ["Plan", "TrainResult", "train"]


@dataclass(frozen=True)
class TrainResult:
    """A finished run and its verdict.

    Attributes:
        run: the run folder.
        diagnosis: ladder, scores, findings and actions.
        tracking: what became of the copy in MLflow, in words.
    """

    run: Run
    diagnosis: Diagnosis
    tracking: str = ""

    def to_dict(self) -> dict[str, Any]:
        """JSON data: the run and everything that ``dlx diagnose --json`` holds."""
        return {"run": self.run.id, "path": str(self.run.path)} | self.diagnosis.to_dict()

    def _repr_html_(self) -> str:
        return self.diagnosis._repr_html_()


@dataclass(frozen=True)
class Plan:
    """What ``--dry-run`` says: sizes and the time that the fit would take.

    Attributes:
        sizes: examples in each split.
        batch_size: decided from the amount of data.
        steps: batches of one epoch.
        epochs: passes over train.
        parameters: weights of the model.
        seconds: estimate of the whole fit, measured on a few batches.
        device: what it would run on.
    """

    sizes: dict[str, int]
    batch_size: int
    steps: int
    epochs: int
    parameters: int
    seconds: float
    device: str

    def to_dict(self) -> dict[str, Any]:
        return dict(vars(self))


def train(
    recipe: str | Path | Recipe | None = None,
    overrides: Sequence[str] = (),
    *,
    seed: int | None = None,
    resume: str | None = None,
    dry_run: bool = False,
    strict: bool = False,
    track: bool = True,
    quiet: bool = True,
    arguments: str | None = None,
) -> TrainResult | Plan:
    """Train the recipe's model and judge it.

    Args:
        recipe: a name, a path, or a loaded recipe.
        overrides: ``"train.epochs=5"`` …, stronger than the file.
        seed: of weights, dropout and order; the same as ``train.seed=…``. It never moves the split.
        resume: go on with this run from its last checkpoint, with its own recipe.
        dry_run: only say sizes and time; nothing is written.
        strict: unreadable examples are an error instead of being set aside.
        track: copy the run to MLflow.
        quiet: no progress on stderr.
        arguments: the recipe as it was typed, for the commands in the advice.

    Raises:
        UserError: recipe or data at fault; no run folder is left.
        DlxError: the loss diverged, memory or disk ran out.
    """
    from dlx import runs
    from dlx.recipe import load

    if resume is not None:
        if recipe is not None or overrides or seed is not None or dry_run:
            raise UserError(
                "a resumed run goes on with its own recipe, data and seed",
                value=str(recipe) if recipe is not None else [*overrides] or None,
                where="--resume",
                hint="Leave the rest out, or train anew without --resume.",
            )
        return _resume(runs.find(resume), track=track, quiet=quiet)
    if recipe is None:
        raise UserError("a recipe is needed", hint="For example: dlx train digits; dlx list shows those there are.")
    overrides = [*overrides, *([f"train.seed={seed}"] if seed is not None else [])]
    loaded = load(recipe, overrides) if isinstance(recipe, (str, Path)) else recipe
    typed = arguments or " ".join(
        ["dlx train", shlex.quote(str(recipe if isinstance(recipe, (str, Path)) else loaded.name))]
        + [f"-s {shlex.quote(o)}" for o in overrides]
    )
    work = _Work.read(loaded, strict=strict)
    if dry_run:
        return work.plan()
    run = runs.create(
        loaded.name,
        recipe_hash=loaded.hash(),
        data_digest=work.data.digest(),
        split_digest=work.split.digest(),
        seed=loaded.train["seed"],
        command=typed,
    )
    return _carry_out(run, work, track=track, quiet=quiet, resume=False)


def _resume(run: Run, *, track: bool, quiet: bool) -> TrainResult:
    from dlx.recipe import load

    if run.has("diagnosis.json") and run.state() == "complete":
        raise UserError("this run is complete", value=run.id, hint=f"`dlx diagnose {run.id}` shows its verdict.")
    if not (run.has("recipe.yaml") and run.has("split.parquet")):
        raise UserError("this run ended before its fit began", value=run.id, hint=f"Train anew: {run.info['command']}")
    loaded = load(run.file("recipe.yaml"))
    work = _Work.read(loaded, strict=False, previous=run)
    run.resume()
    return _carry_out(run, work, track=track, quiet=quiet, resume=True)


@dataclass(frozen=True)
class _Work:
    """Recipe, data and split, all good: from here on a run folder may exist."""

    recipe: dict[str, Any]
    text: str
    task: Task
    data: Dataset
    split: Split
    report: dict[str, Any]

    @staticmethod
    def read(recipe: Recipe, *, strict: bool, previous: Run | None = None) -> _Work:
        from dlx import datareport, loading, parts
        from dlx.pipeline import goal

        values = recipe.to_dict()
        arguments = dict(values["task"])
        task = parts.load("tasks", arguments.pop("name"))(**arguments)
        try:
            if previous is None:
                data, divided = loading.load_and_split(recipe, strict=strict)
            else:
                data = loading.load(recipe, strict=strict)
                divided = _kept_split(data, previous)
        except MemoryError as error:
            hint = "Close other programs, or read less: a smaller size: in the reader, fewer rows."
            raise DlxError(
                f"out of memory while the data are read: {error}", where="data.sources", hint=hint
            ) from error
        goal.check(values, task, data.subset(divided.index("train")))
        report = datareport.report(data, divided, task=values["task"]["name"])
        return _Work(values, recipe.to_yaml(), task, data, divided, report.to_dict())

    def part(self, name: str) -> Dataset:
        return self.data.subset(self.split.index(name))

    def plan(self) -> Plan:
        from dlx import device, fit

        train = self.part("train")
        prepared = fit.prepare(self.recipe, self.task, train)
        steps = -(-len(train) // prepared.train["batch_size"])
        return Plan(
            dict(self.split.sizes),
            prepared.train["batch_size"],
            steps,
            prepared.train["epochs"],
            prepared.model.count_params(),
            fit.estimate(prepared, self.task, train),
            device.device_in_use(),
        )


def _kept_split(data: Dataset, run: Run) -> Split:
    """The run's own split, which is only right for the data that it was made of."""
    from dlx import split

    kept = split.read(run.file("split.parquet"))
    same = kept.table["id"].astype(str).tolist() == data.examples["id"].astype(str).tolist()
    if not same or data.digest() != run.info.get("data_digest"):
        raise UserError(
            "the data changed since this run was trained",
            where=run.id,
            hint="Train anew: `split: from:RUN` keeps every example that is still there in its part.",
        )
    return kept


def _carry_out(run: Run, work: _Work, *, track: bool, quiet: bool, resume: bool) -> TrainResult:
    """From here on a run exists: whatever happens, its folder says so."""
    began = time.monotonic()
    follower, patience = None, 60.0
    try:
        from dlx import tracking

        follower = tracking.follow(run) if track else None
        if not resume:
            run.write_text("recipe.yaml", work.text)
            run.write_json("data.json", work.report)
            work.split.write(run.file("split.parquet"))
        diagnosis = _train_and_judge(run, work, quiet=quiet, resume=resume)
        run.finish("complete", seconds=time.monotonic() - began)
    except KeyboardInterrupt:
        _interrupted(run, quiet=quiet)
        patience = 2.0  # who pressed Ctrl-C does not want to wait; the follower goes on alone
        raise
    except DlxError as error:
        _close(run, error)
        raise
    except Exception as error:
        run.finish("failed", error=f"{type(error).__name__}: {error}")
        raise
    finally:
        copied = follower.wait(patience) if follower else f"not copied, as asked; `dlx sync {run.id}` does it later"
    return TrainResult(run, diagnosis, copied)


def _interrupted(run: Run, *, quiet: bool) -> None:
    """After Ctrl-C: what can be gone on with stays, and how to do that is said."""
    if not run.has("split.parquet"):
        run.discard()
        return
    run.finish("interrupted")
    if not quiet:
        print(f"Interrupted; `dlx train --resume {run.id}` goes on from the last epoch.", file=sys.stderr)


def _close(run: Run, error: DlxError) -> None:
    """After a fault that dlx understands: a run that got somewhere says what stopped it, a half-written one goes."""
    from dlx.training.loop import DivergenceError

    if not (isinstance(error, DivergenceError) or run.has("checkpoint.npz")):
        run.discard()
        return
    try:
        run.finish("failed", error=str(error), diverged=isinstance(error, DivergenceError))
    except DlxError:  # no room even for that; without a process the run counts as dead, and can be resumed all the same
        return


def _train_and_judge(run: Run, work: _Work, *, quiet: bool, resume: bool) -> Diagnosis:
    from dlx import device, fit, predicting
    from dlx.training.progress import Progress

    train, dev = work.part("train"), work.part("dev")
    prepared = fit.prepare(work.recipe, work.task, train)
    run.update(
        device=device.device_in_use(), parameters=prepared.model.count_params(), batch_size=prepared.train["batch_size"]
    )
    task = work.task
    with Progress(prepared.train["epochs"], show=not quiet, unit=task.UNIT, bounded=task.BOUNDED) as progress:
        fitted = fit.fit(
            prepared, task, train, dev, folder=run.path, resume=resume, on_epoch=progress.epoch, on_batch=progress.batch
        )
    run.write_json("health.json", fitted.health[-1] | {"measured": fitted.health} if fitted.health else {})
    run.update(fit_seconds=fitted.seconds, stopped_early=fitted.stopped_early)
    reading = next(iter(work.recipe["data"]["sources"].values()))
    target = work.recipe["data"].get("target")
    reading = work.recipe["data"]["sources"].get(target, reading)
    with fit.memory_errors(prepared.train["batch_size"]):
        targets = _write_predictions(run, work, fitted.model, prepared.targets, prepared.train["batch_size"])
    predicting.save(
        fitted.model,
        run.path,
        predicting.describe(work.recipe["task"], targets, work.data.payload.inputs, work.data.kind, reading),
    )
    return judge(run)


def _write_predictions(run: Run, work: _Work, model, targets: dict[str, Any], batch_size: int) -> dict[str, Any]:
    """Predict train (a sample), train-dev and dev; what is left to choose is chosen on dev first."""
    import pandas as pd

    from dlx import predictions
    from dlx.pipeline import goal, tables
    from dlx.training.batches import scoring_batch

    train, dev = work.part("train"), work.part("dev")
    size = scoring_batch(dev.payload, batch_size)
    raw = work.task.decode(model, dev, targets, batch_size=size)
    best = goal.maximised(work.recipe, work.task, targets)
    targets = work.task.tune(targets, work.task.units(dev, targets), raw, best)
    parts = {
        "train": tables.hash_sample(train, max(len(dev), tables.TRAIN_SAMPLE)),
        "train_dev": work.part("train_dev"),
    }
    collected = []
    for name, part in parts.items():  # the test set stays closed until `dlx evaluate`
        if len(part):
            said = work.task.decode(model, part, targets, batch_size=size)
            collected += tables.rows(work.task, targets, part, said, name, train)
    collected += tables.rows(work.task, targets, dev, raw, "dev", train)
    run.write_json("worst.json", tables.worst(work.task, dev, collected[-2], targets))
    table = pd.concat(collected, ignore_index=True)
    predictions.write(_as_predictions(table, work.recipe["task"]["name"], targets), run.predictions)
    return targets


def _as_predictions(table, task: str, targets: dict[str, Any]):
    from dlx.predictions import Predictions

    classes = tuple(targets.get("classes") or targets.get("label_names") or ())
    return Predictions(table, task, f"Task: {task}, from the recipe.", classes)


def judge(run: Run) -> Diagnosis:
    """Scores, ladder, findings and report from what stands in the run folder; no TensorFlow."""
    from dlx import reporting
    from dlx.diagnosis import diagnose

    diagnosis = diagnose(run)
    run.write_json("diagnosis.json", diagnosis.to_dict())
    diagnosis.scores.to_parquet(run.file("scores.parquet"), index=False)
    reporting.report(run)
    return diagnosis
