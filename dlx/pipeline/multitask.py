"""``dlx multitask``: one network for all tasks, one for each task on the same split, and both side by side."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlx.errors import DlxError, UserError
from dlx.run import Run

if TYPE_CHECKING:
    from dlx.comparison import Network, Sharing
    from dlx.pipeline.work import Work
    from dlx.recipe import Recipe

__all__ = ["FILE", "MultitaskResult", "multitask"]

#: What came out, in the folder of the shared network's run.
FILE = "multitask.json"
_CHILDREN = "trials"


@dataclass(frozen=True)
class MultitaskResult:
    """A finished comparison.

    Attributes:
        run: of the shared network; those of the separate ones are in its folder.
        sharing: task by task, over all, conditions and verdict.
        separate: task → run of its own network.
        tracking: what became of the copy in MLflow, in words.
    """

    run: Run
    sharing: Sharing
    separate: dict[str, Run]
    tracking: str = ""

    def to_dict(self) -> dict[str, Any]:
        """JSON data: run, separate (task → run), status, text, tasks, conditions …"""
        runs = {name: run.id for name, run in self.separate.items()}
        return {"run": self.run.id, "path": str(self.run.path), "separate": runs} | self.sharing.to_dict()

    def _repr_html_(self) -> str:
        from dlx.reports._sharing import fragment

        return str(fragment(self.sharing.to_dict()))


def multitask(
    source: str | Path | Recipe | Run,
    overrides: Sequence[str] = (),
    *,
    strict: bool = False,
    track: bool = True,
    quiet: bool = True,
) -> MultitaskResult:
    """Train a network that all tasks share and one for each task alone, and say which is better.

    All have the recipe's builder and settings and the same split; the network for one task learns from the examples
    whose label for it is known. A run is gone on with: what is trained already is not trained again.

    Args:
        source: a recipe (name, path or loaded) with task multitask or multilabel, or a run of one.
        overrides: ``"train.epochs=5"`` …, for a recipe.
        strict: unreadable examples are an error.
        track: copy the runs to MLflow.
        quiet: no progress on stderr.

    Raises:
        UserError: recipe or data at fault, a task with one label, overrides of a run.
        DlxError: a loss diverged, memory or disk ran out; what is finished stays.
    """
    run = _shared(source, overrides, strict=strict, track=track, quiet=quiet)
    with _alone_at_it(run):
        try:
            work, children = _separate(run, quiet=quiet)
        except KeyboardInterrupt:
            if not quiet:
                print(f"Interrupted; `dlx multitask {run.id}` goes on.", file=sys.stderr)
            raise
        found = _judge(run, work, children)
    return MultitaskResult(run, found, children, _copied(run, track=track))


def _shared(source, overrides: Sequence[str], *, strict: bool, track: bool, quiet: bool) -> Run:
    """The run of the shared network, complete."""
    from dlx.pipeline.train import train
    from dlx.recipe import load

    run = _run(source)
    if run is None:
        loaded = load(source, list(overrides)) if overrides or isinstance(source, (str, Path)) else source
        _check(loaded.to_dict()["task"], loaded.name)
        words = ["dlx", "train", str(source) if isinstance(source, (str, Path)) else loaded.name]
        typed = shlex.join([*words, *[word for override in overrides for word in ("-s", override)]])
        return train(loaded, strict=strict, track=track, quiet=quiet, arguments=typed).run
    if overrides:
        raise UserError(
            "a run goes on with its own recipe", value=list(overrides), where="-s",
            hint="Leave them out, or name the recipe.",
        )  # fmt: skip
    for key, why in {
        "folds": "is cross-validated: it has no one shared network",
        "continues": "went on from another one, and separate networks would start from scratch",
    }.items():
        if run.info.get(key):
            raise UserError(f"this run {why}", value=run.id, hint="Name the recipe: dlx multitask RECIPE.")
    _check(load(run.file("recipe.yaml")).to_dict()["task"] if run.has("recipe.yaml") else {}, run.id)
    if run.state() == "complete" and run.predictions.exists():
        return run
    return train(resume=run.id, track=track, quiet=quiet).run


@contextmanager
def _alone_at_it(run: Run) -> Iterator[None]:
    """Two processes would train the same networks twice."""
    from filelock import FileLock, Timeout

    lock = FileLock(run.file(".multitask.lock"))
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise UserError("another process is training the separate networks of this run", value=run.id) from error
    try:
        yield
    finally:
        lock.release()


def _run(source) -> Run | None:
    """The run that is named; None where a recipe is."""
    from dlx import places, runs

    if isinstance(source, Run):
        return source
    if not isinstance(source, (str, Path)):
        return None
    if (Path(source) / "run.json").is_file() or str(source) == "last":
        return runs.find(source)
    try:
        places.find("recipes", source)
    except UserError as error:
        try:
            return runs.find(str(source))
        except UserError:
            raise error from None
    return None


def _check(task: dict[str, Any], where: str) -> None:
    from dlx import parts
    from dlx.tasks._several import SeveralLabels

    kind = parts.load("tasks", task["name"]) if "name" in task else None
    if not (isinstance(kind, type) and issubclass(kind, SeveralLabels)):
        raise UserError(
            "a network is shared by several tasks: the recipe's task is multitask or multilabel",
            value=task.get("name"), where=where,
        )  # fmt: skip
    if task.get("only") is not None and len(task["only"]) < 2:
        raise UserError("a network is shared by two tasks or more", value=task["only"], where="task.only")


def _separate(run: Run, *, quiet: bool) -> tuple[Work, dict[str, Run]]:
    """The data, and task → the finished run of its own network."""
    from dlx.pipeline.progress import Steps
    from dlx.pipeline.trial import Bench
    from dlx.pipeline.work import Work
    from dlx.recipe import load

    work = Work.read(load(run.file("recipe.yaml")), strict=False, previous=run)
    names = work.task.names(work.part("train"))
    if len(names) < 2:
        raise UserError("a network is shared by two tasks or more", value=names, where=run.id)
    bench = Bench(run, work, work.recipe["train"]["threads"])
    there = {child.info.get("trial"): child for child in _children(run)}
    epochs = work.recipe["train"]["epochs"]
    made = {number: child for number, child in there.items() if child.state() == "complete"}
    todo = [(number, name) for number, name in enumerate(names) if number not in made]
    if not quiet and todo:
        print(f"Now one network for each task; if that stops, `dlx multitask {run.id}` goes on.", file=sys.stderr)
    with Steps(epochs * len(names), done=epochs * (len(names) - len(todo)), show=not quiet) as bar:
        for number, name in todo:
            made[number] = _train(bench, number, name, there.get(number), bar)
    return work, {name: made[number] for number, name in enumerate(names)}


def _children(run: Run) -> list[Run]:
    return [Run(file.parent) for file in sorted(run.path.glob(f"{_CHILDREN}/*/run.json"))]


def _train(bench, number: int, name: str, before: Run | None, bar) -> Run:
    """Train the network of one task, from its last epoch where it was begun."""
    from dlx.pipeline.trial import carry_out

    command = f"dlx train {bench.work.recipe['name']} -s {shlex.quote(_only(name))}"
    job = {"number": number, "overrides": [_only(name)], "run": before.id if before else None, "command": command}
    said: dict[str, Any] = {}

    def say(note: dict[str, Any]) -> None:
        said.update(note)
        if "run" in note:
            Run(bench.parent.path / _CHILDREN / note["run"]).update(name=f"{name} alone")
        if "epoch" in note:
            error = note.get("val_error")
            bar.step(1, f"{name} alone  epoch {note['epoch']}" + ("" if error is None else f"  dev {error:.2%}"))

    try:
        done = carry_out(bench, job, say)
    except KeyboardInterrupt:
        if "run" in said:
            Run(bench.parent.path / _CHILDREN / said["run"]).finish("interrupted")
        raise
    if done["status"] != "complete":
        raise DlxError(
            f"the network for {name!r} alone was not trained: {done['reason']}", where=bench.parent.id,
            hint=f"`dlx multitask {bench.parent.id}` goes on.",
        )  # fmt: skip
    return Run(bench.parent.path / _CHILDREN / done["run"])


def _only(name: str) -> str:
    return f"task.only={json.dumps([name], ensure_ascii=False)}"


def _judge(run: Run, work: Work, children: dict[str, Run]) -> Sharing:
    from dlx import predictions, reporting
    from dlx.comparison import sharing
    from dlx.strategy.settings import Settings
    from dlx.strategy.sizes import grown

    labels = work.task.labels(work.part("train"), {"label_names": list(children)})
    known = [[value is not None and value == value for value in row] for row in labels]
    n_train = {name: sum(column) for name, column in zip(children, zip(*known, strict=True), strict=True)}
    stops = work.recipe["train"].get("early_stopping") is not None
    settings = Settings(work.recipe, run.info.get("command"))
    changes, _ = grown(settings)
    found = sharing(
        predictions.read(run.predictions).rows("model"),
        {name: predictions.read(child.predictions).rows("model") for name, child in children.items()},
        n_train=n_train,
        several=sum(sum(row) > 1 for row in known) / len(known),
        network=_network(run, sum(map(any, known)), stops=stops),
        alone={name: _network(child, n_train[name], stops=stops) for name, child in children.items()},
        bigger=settings.change(changes).replace("dlx train", "dlx multitask", 1) if changes else "",
        command=lambda name: f"{settings.change({})} -s {shlex.quote(_only(name))}",
    )
    run.write_json(FILE, found.to_dict())
    reporting.report(run)
    return found


def _network(run: Run, examples: int, *, stops: bool) -> Network:
    from dlx.comparison import Network

    history, info = run.read_lines("history.jsonl"), run.info
    seconds = sum(record.get("seconds", 0.0) for record in history)
    swing = 0.0
    if not stops:
        last = [record["val_error"] for record in history[-max(3, len(history) // 4) :]]
        swing = max(last) - min(last)
    return Network(info["parameters"], seconds, len(history) * -(-examples // info["batch_size"]), swing)


def _copied(run: Run, *, track: bool) -> str:
    """Send what came after the shared network's own copy, and the separate networks as its children."""
    from dlx import tracking

    later = f"not copied, as asked; `dlx sync {run.id}` does it later"
    return tracking.follow(run).wait() if track else later
