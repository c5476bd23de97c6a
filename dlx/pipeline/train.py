"""``dlx train``: a recipe trains a model on split data and ends in a verdict."""

from __future__ import annotations

import shlex
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlx.errors import DlxError, UserError
from dlx.pipeline.work import Plan, Work
from dlx.run import Run

if TYPE_CHECKING:
    from dlx.diagnosis import Diagnosis
    from dlx.recipe import Recipe

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


def train(
    recipe: str | Path | Recipe | None = None,
    overrides: Sequence[str] = (),
    *,
    seed: int | None = None,
    resume: str | None = None,
    folds: int | None = None,
    continues: str | None = None,
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
        folds: cross-validate: the examples of train and dev in so many folds, each judged by a model that has not seen
            it; for small data.
        continues: go on from this run's weights and optimiser state, with the recipe's knobs as they are now;
            ``train.epochs`` are further epochs.
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
    from dlx.pipeline import continuing, cross_validation, sources
    from dlx.recipe import load

    if resume is not None:
        if recipe is not None or overrides or seed is not None or dry_run or folds or continues:
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
    loaded = load(recipe, overrides) if overrides or isinstance(recipe, (str, Path)) else recipe
    typed = arguments or " ".join(
        ["dlx train", shlex.quote(str(recipe if isinstance(recipe, (str, Path)) else loaded.name))]
        + [f"-s {shlex.quote(o)}" for o in overrides]
    )
    loaded, registered = sources.pinned(loaded)
    if folds is not None and continues is not None:
        raise UserError("folds are trained from scratch: --folds and --continue exclude each other")
    going_on = None if continues is None else continuing.continuation(runs.find(continues), loaded)
    work = Work.read(loaded, strict=strict, previous=going_on.run if going_on else None)
    if work.overlay is not None and not quiet:
        print(work.overlay.sentence(), file=sys.stderr)
    facts: dict[str, Any] = {"registered": registered} if registered else {}
    if folds is not None:
        cross_validation.folds_of(work, folds)
        facts |= {"folds": folds}
    if going_on is not None:
        facts |= {"continues": going_on.run.id, "stages": going_on.stages}
    if dry_run:
        plan = work.plan()
        return plan if folds is None else replace(plan, seconds=plan.seconds * (folds + 1))
    run = runs.create(
        loaded.name,
        recipe_hash=loaded.hash(),
        data_digest=work.given_digest,
        label_overlay=work.label_overlay,
        split_digest=work.split.digest(),
        seed=loaded.train["seed"],
        command=typed,
        **facts,
    )
    return _carry_out(run, work, track=track, quiet=quiet, resume=False)


def _resume(run: Run, *, track: bool, quiet: bool) -> TrainResult:
    from dlx.recipe import load

    if run.info.get("kind") == "ensemble":
        raise UserError("an ensemble is not trained", value=run.id, hint=f"Make it again: `{run.info['command']}`.")
    if run.has("diagnosis.json") and run.state() == "complete":
        raise UserError("this run is complete", value=run.id, hint=f"`dlx diagnose {run.id}` shows its verdict.")
    if not (run.has("recipe.yaml") and run.has("split.parquet")):
        raise UserError("this run ended before its fit began", value=run.id, hint=f"Train anew: {run.info['command']}")
    loaded = load(run.file("recipe.yaml"))
    work = Work.read(loaded, strict=False, previous=run)
    run.resume()
    return _carry_out(run, work, track=track, quiet=quiet, resume=True)


def _carry_out(run: Run, work: Work, *, track: bool, quiet: bool, resume: bool) -> TrainResult:
    """From here on a run exists: whatever happens, its folder says so."""
    began = time.monotonic()
    follower, patience = None, 60.0
    try:
        from dlx import tracking

        follower = tracking.follow(run) if track else None
        if not resume:
            work.keep(run)
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

    if not (isinstance(error, DivergenceError) or run.has("checkpoint.npz") or run.has("folds")):
        run.discard()
        return
    try:
        run.finish("failed", error=str(error), diverged=isinstance(error, DivergenceError))
    except DlxError:  # no room even for that; without a process the run counts as dead, and can be resumed all the same
        return


def _train_and_judge(run: Run, work: Work, *, quiet: bool, resume: bool) -> Diagnosis:
    from dlx import device, fit, learning, predicting
    from dlx.pipeline import continuing, cross_validation, facts, judging
    from dlx.training.progress import Progress

    if run.info.get("folds"):
        return cross_validation.cross_validate(run, work, run.info["folds"], quiet=quiet)
    train, dev, start = work.part("train"), work.part("dev"), continuing.start_of(run)
    learner = learning.prepare(work.recipe, work.task, train, quiet=quiet)
    batch_size, targets = learner.train["batch_size"], learner.targets
    run.update(device=device.device_in_use(), parameters=learner.parameters, batch_size=batch_size)
    if learner.lineage:
        run.update(transfer=learner.lineage | {"registered": run.info.get("registered")})
    task = work.task
    done = len(start.history) if start else 0
    epochs = done + learner.train["epochs"]
    with Progress(epochs, done=done, show=not quiet, unit=task.UNIT, bounded=task.BOUNDED) as progress:
        learned = learner.fit(
            train, dev, folder=run.path, resume=resume, start=start, on_epoch=progress.epoch, on_batch=progress.batch
        )
    run.update(fit_seconds=learned.seconds, stopped_early=learned.stopped_early)
    with fit.memory_errors(batch_size):
        targets = judging.write_predictions(run, work, learned, targets, batch_size)
        judging.write_features(run, work, learned, batch_size)
    predicting.save(
        learned.model,
        run.path,
        predicting.describe(work.recipe["task"], targets, work.data.payload.inputs, work.data.kind, reading_of(work)),
    )
    facts.measure(run, learned, dev, work.recipe["goal"])
    return judging.judge(run)


def reading_of(work: Work) -> dict[str, Any]:
    """How the source that the model is for is read: what ``dlx predict`` does to raw inputs."""
    sources = work.recipe["data"]["sources"]
    return sources.get(work.recipe["data"].get("target"), next(iter(sources.values())))
