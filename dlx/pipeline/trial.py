"""What a worker of a search does: the data once, then one trial after the other, each in a run folder of its own."""

from __future__ import annotations

import gc
import logging
import shutil
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlx.errors import DlxError, UserError
from dlx.run import Run

if TYPE_CHECKING:
    from dlx.pipeline.work import Work

__all__ = ["Bench", "carry_out", "open_bench"]


@dataclass
class Bench:
    """What a worker keeps between trials.

    Attributes:
        parent: the search's run folder.
        work: recipe, data and split of the search.
        threads: of TensorFlow in this worker; ``auto`` for all.
    """

    parent: Run
    work: Work
    threads: int | str


class _Hopeless(Exception):  # noqa: N818 - it is no fault
    """A trial that is worse than others were at the same epoch."""


def open_bench(parent: str, threads: int) -> Bench:
    """Start TensorFlow and read the data of a search.

    Args:
        parent: the search's run folder, with recipe.yaml and split.parquet.
        threads: that TensorFlow may use for one operation and beside one another.
    """
    from dlx import device
    from dlx.pipeline.work import Work
    from dlx.recipe import load

    device.start(threads)
    logging.getLogger("tensorflow").setLevel("ERROR")  # each trial is a model of its own: it is right to trace it anew
    run = Run(Path(parent))
    if not run.has("recipe.yaml"):
        hint = "The runs folder (DLX_RUNS) has to be on a file system that all machines share."
        raise UserError(
            "the search's folder is not on this machine", value=parent, where=socket.gethostname(), hint=hint
        )
    bench = Bench(run, Work.read(load(run.file("recipe.yaml")), strict=False, previous=run), threads)
    gc.collect()
    gc.freeze()  # what stays for good need not be looked through after each trial: 0.25 s each time
    return bench


def carry_out(bench: Bench, job: dict[str, Any], say: Callable[[Any], None]) -> dict[str, Any]:
    """Train and score one trial.

    Args:
        bench: from :func:`open_bench`.
        job: ``number``; ``overrides`` of the search's recipe; ``run``: the folder of an unfinished trial to go on with,
            or None; ``continues``: the folder of a trial whose weights it starts from, or None; ``medians``: epoch →
            dev error that half of the earlier trials had, where hopeless trials are to be ended.
        say: takes notes: ``{"run": id}`` and ``{"epoch": …}`` for each epoch.

    Returns:
        ``status`` (complete, stopped, diverged, failed, or halt: the disk is full), ``run``, ``score``, ``feasible``,
        ``seconds``, ``reason``.
    """
    import keras

    from dlx.training.loop import DivergenceError

    began = time.monotonic()
    run, result = None, {}
    try:
        work = _work(bench, job["overrides"])
        run = _folder(bench, work, job)
        say({"run": run.id})
        result = _train(run, work, job, say)
        run.finish("complete", seconds=time.monotonic() - began)
    except DivergenceError as error:
        run.finish("failed", error=str(error), diverged=True)
        result = {"status": "diverged", "reason": str(error)}
    except DlxError as error:
        if error.rule == "the disk is full":  # no trial would get over that; this one can be gone on with
            return {"status": "halt", "reason": str(error)}
        if run is not None:
            run.finish("failed", error=str(error))
        result = {"status": "failed", "reason": str(error)}
    finally:
        keras.backend.clear_session(free_memory=True)  # collects garbage too
    return {"run": None if run is None else run.id, "seconds": time.monotonic() - began} | result


def _work(bench: Bench, overrides: list[str]) -> Work:
    """The search's work with a trial's recipe."""
    from dlx import parts
    from dlx.recipe import load

    recipe = load(bench.parent.file("recipe.yaml"), [*overrides, "search={}", f"train.threads={bench.threads}"])
    values = recipe.to_dict()
    arguments = dict(values["task"])
    task = parts.load("tasks", arguments.pop("name"))(**arguments)
    return replace(bench.work, recipe=values, text=recipe.to_yaml(), task=task)


def _folder(bench: Bench, work: Work, job: dict[str, Any]) -> Run:
    from dlx import learning, runs
    from dlx.recipe import load

    root = bench.parent.path / "trials"
    if job.get("run"):
        run = Run(root / job["run"])
        if run.has("recipe.yaml") and run.state() != "running":  # else it is a lost machine's: it may come back
            run.resume()
            return run
        if run.path.exists() and not run.has("recipe.yaml"):
            run.discard()  # it was killed before it began
    info = bench.parent.info
    run = runs.create(
        info["recipe"], root=root, parent=bench.parent.id, trial=job["number"], seed=work.recipe["train"]["seed"],
        recipe_hash=load(work.recipe).hash(), data_digest=info.get("data_digest"),
        split_digest=info.get("split_digest"), label_overlay=info.get("label_overlay"), command=job.get("command"),
    )  # fmt: skip
    work.keep(run)
    if job.get("continues"):
        earlier = Run(root / job["continues"])
        for name in ("checkpoint.npz", "history.jsonl", learning.MARK):
            if earlier.has(name):
                shutil.copyfile(earlier.file(name), run.file(name))
    return run


def _train(run: Run, work: Work, job: dict[str, Any], say: Callable[[Any], None]) -> dict[str, Any]:
    from dlx import device, fit, learning
    from dlx.pipeline import facts, judging

    train, dev = work.part("train"), work.part("dev")
    learner = learning.prepare(work.recipe, work.task, train)
    batch_size = learner.train["batch_size"]
    run.update(device=device.device_in_use(), parameters=learner.parameters, batch_size=batch_size)
    medians = {int(epoch): error for epoch, error in (job.get("medians") or {}).items()}

    def on_epoch(record: dict[str, Any]) -> None:
        say({"epoch": record["epoch"], "val_error": record.get("val_error")})
        bar = medians.get(record["epoch"])
        if bar is not None and min(r["val_error"] for r in [record, *seen]) > bar:
            raise _Hopeless(f"after epoch {record['epoch']} its best dev error was above {bar:.4g}, the median")
        seen.append(record)

    seen: list[dict[str, Any]] = run.read_lines("history.jsonl")
    status, reason = "complete", None
    try:
        resume = run.has("checkpoint.npz")
        learned = learner.fit(train, dev, folder=run.path, resume=resume, on_epoch=on_epoch)
        run.update(fit_seconds=learned.seconds, stopped_early=learned.stopped_early)
    except _Hopeless as hopeless:
        status, reason = "stopped", str(hopeless)
        learned = learner.as_it_is()
        run.update(hopeless=reason)
    with fit.memory_errors(batch_size):
        began = time.monotonic()
        judging.write_predictions(run, work, learned, learner.targets, batch_size)
        run.update(evaluation_seconds=time.monotonic() - began)
        facts.measure(run, learned, dev, work.recipe["goal"])
    score, feasible = judging.goal_of(run, work.recipe)
    run.update(score=score, feasible=feasible, metric=work.recipe["goal"]["optimize"])
    if not job.get("keep"):
        run.file("checkpoint.npz").unlink(missing_ok=True)
    return {"status": status, "reason": reason, "score": score, "feasible": feasible}
