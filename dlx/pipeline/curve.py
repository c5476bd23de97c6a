"""``dlx curve``: would more data help? The recipe trained on nested parts of train, and what that says of more."""

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
    from dlx.pipeline.work import Work
    from dlx.recipe import Recipe
    from dlx.strategy.learning_curve import LearningCurve

__all__ = ["CurveResult", "curve", "sizes_of"]

POINTS = "points.jsonl"
#: sizes where none are asked for, and the smallest of them: enough of each class to learn anything
_SIZES, _LEAST, _PER_CLASS = 6, 50, 5


@dataclass(frozen=True)
class CurveResult:
    """A finished learning curve.

    Attributes:
        run: its folder.
        curve: what was measured, what it says of more data, and the answer in words.
        metric: the measure whose error form was measured.
        tracking: what became of the copy in MLflow, in words.
    """

    run: Run
    curve: LearningCurve
    metric: str = "error"
    tracking: str = ""

    def to_dict(self) -> dict[str, Any]:
        """JSON data: run, status, text, sizes, ahead, gain, n_for_target …"""
        return {"run": self.run.id, "path": str(self.run.path), "metric": self.metric} | self.curve.to_dict()

    def _repr_html_(self) -> str:
        from dlx.reports._learning_curve import fragment

        return str(fragment(self.curve))


def curve(
    recipe: str | Path | Recipe,
    overrides: Sequence[str] = (),
    *,
    sizes: Sequence[int | float] | None = None,
    repeats: int = 5,
    workers: int = 2,
    resume: bool = False,
    far: bool = False,
    strict: bool = False,
    track: bool = True,
    quiet: bool = True,
    arguments: str | None = None,
) -> CurveResult:
    """Measure the dev error against the number of training examples and foretell it for more.

    Every size is trained on ``repeats`` times: with other seeds and, below the full size, other nested subsets, drawn
    by a stable hash inside each source and class. The dev set is the recipe's and stays as it is.

    Args:
        recipe: a name, a path, or a loaded recipe.
        overrides: ``"train.epochs=5"`` …
        sizes: training sizes, numbers or shares in 0–1, at least five; None takes six from the whole train set down,
            each half of the next where there is enough.
        repeats: of each size; five or more give honest intervals.
        workers: processes that train at the same time.
        resume: go on with the latest unfinished curve of this recipe; what it measured is not done again.
        far: also foretell ten and a hundred times the data, which no back-test covers.
        strict: unreadable examples are an error.
        track: copy the run to MLflow.
        quiet: no progress on stderr.
        arguments: the recipe as it was typed.

    Raises:
        UserError: recipe, data or sizes at fault; nothing to resume, or another recipe than it was begun with.
        DlxError: a worker failed again and again, or most models diverged.
    """
    from dlx.pipeline import sources
    from dlx.pipeline.work import Work
    from dlx.recipe import load

    if not (isinstance(repeats, int) and repeats >= 2) or not (isinstance(workers, int) and workers >= 1):
        wrong = ("at least 2 repeats", repeats, "--repeats") if repeats < 2 else ("1 worker", workers, "--workers")
        raise UserError(f"a learning curve needs {wrong[0]}", value=wrong[1], where=wrong[2])
    loaded = load(recipe, list(overrides)) if isinstance(recipe, (str, Path)) else recipe
    loaded, _ = sources.pinned(loaded)
    if resume:
        run = _unfinished(loaded)
        work = Work.read(load(run.file("recipe.yaml")), strict=strict, previous=run)
        plan = run.read_json("plan.json")
        asked = {"sizes": None if sizes is None else sizes_of(work, sizes), "repeats": repeats}
        _same_plan(plan, asked)
        run.resume()
    else:
        work = Work.read(loaded, strict=strict)
        plan = {"sizes": sizes_of(work, sizes), "repeats": repeats}
        run = _begin(work, loaded, plan, arguments, overrides)
    return _carry_out(run, work, plan, workers=workers, far=far, track=track, quiet=quiet)


def sizes_of(work: Work, asked: Sequence[int | float] | None) -> list[int]:
    """Training sizes, the largest first.

    Raises:
        UserError: too few examples, or sizes that are too few, too small or too large.
    """
    from dlx.strategy.learning_curve import LEAST_SIZES

    train = work.part("train").examples
    n = len(train)
    classes = train["y"].nunique() if train["y"].map(type).eq(str).all() and train["y"].nunique() * 2 <= n else 1
    if asked is None:
        least = max(_LEAST, _PER_CLASS * classes)
        ratio = min((n / least) ** (1 / (_SIZES - 1)), 2.0)
        made = sorted({round(n / ratio**k) for k in range(_SIZES)}, reverse=True)
        if n < least or ratio < 2 ** (1 / 4):
            own = ",".join(str(round(n * share)) for share in (0.3, 0.45, 0.6, 0.8, 1))
            hint = f"Name the sizes yourself: --sizes {own}."
            raise UserError(f"train has only {n:,} examples, too few for a learning curve", hint=hint)
        return made
    made = []
    for size in asked:
        count = round(size * n) if isinstance(size, float) and 0 < size <= 1 else size
        if isinstance(count, bool) or count != int(count) or not classes <= count <= n:
            raise UserError(
                f"a size is a share in 0–1 or a number from {classes} to {n:,} (all of train)",
                value=size,
                where="--sizes",
            )
        made.append(int(count))
    if len(set(made)) < LEAST_SIZES:
        raise UserError(f"a learning curve needs at least {LEAST_SIZES} sizes", value=list(asked), where="--sizes")
    return sorted(set(made), reverse=True)


def _begin(work: Work, loaded: Recipe, plan: dict[str, Any], arguments: str | None, overrides: Sequence[str]) -> Run:
    from dlx import runs

    typed = arguments or " ".join(["dlx curve", shlex.quote(loaded.name), *(f"-s {shlex.quote(o)}" for o in overrides)])
    run = runs.create(
        f"{loaded.name}-curve",
        recipe=loaded.name,
        kind="curve",
        recipe_hash=loaded.hash(),
        data_digest=work.given_digest,
        label_overlay=work.label_overlay,
        split_digest=work.split.digest(),
        seed=loaded.train["seed"],
        command=typed,
    )
    work.keep(run)
    run.write_json("plan.json", plan)
    return run


def _unfinished(loaded: Recipe) -> Run:
    from dlx import runs

    mine = [run for run in runs.all_runs() if run.info.get("kind") == "curve" and run.info.get("recipe") == loaded.name]
    open_ = [run for run in mine if run.state() not in ("complete", "running") and run.has("plan.json")]
    same = [run for run in open_ if run.info.get("recipe_hash") == loaded.hash()]
    if same:
        return same[-1]
    if open_:
        raise UserError(
            "the unfinished curve was begun with another recipe", value=open_[-1].id, where="--resume",
            hint=f"It was begun by: {open_[-1].info['command']}. Begin anew without --resume.",
        )  # fmt: skip
    raise UserError("there is no unfinished curve of this recipe", value=loaded.name, where="--resume",
                    hint="Begin one without --resume.")  # fmt: skip


def _same_plan(plan: dict[str, Any], asked: dict[str, Any]) -> None:
    if asked["sizes"] not in (None, plan["sizes"]) or asked["repeats"] != plan["repeats"]:
        raise UserError(
            "the unfinished curve has other sizes or repeats", value=plan, where="--resume",
            hint=f"Ask for the same, or begin anew: --repeats {plan['repeats']}.",
        )  # fmt: skip


def _carry_out(run: Run, work: Work, plan, *, workers: int, far: bool, track: bool, quiet: bool) -> CurveResult:
    from dlx import tracking

    began, follower, patience = time.monotonic(), None, 60.0
    try:
        follower = tracking.follow(run) if track else None
        _measure(run, plan, workers=workers, quiet=quiet)
        found, metric = _judge(run, work, far=far)
        run.finish("complete", seconds=time.monotonic() - began)
    except KeyboardInterrupt:
        run.finish("interrupted")
        if not quiet:
            print(f"Interrupted; go on with: {run.info['command']} --resume", file=sys.stderr)
        patience = 2.0
        raise
    except Exception as error:
        run.finish("failed", error=str(error))
        raise
    finally:
        copied = follower.wait(patience) if follower else f"not copied, as asked; `dlx sync {run.id}` does it later"
    return CurveResult(run, found, metric, copied)


def _measure(run: Run, plan: dict[str, Any], *, workers: int, quiet: bool) -> None:
    """All points that the log lacks, the largest size first: the time left is told best that way."""
    from dlx.pipeline.progress import Steps
    from dlx.pipeline.workers import spread

    done = {(point["n"], point["repeat"]) for point in run.read_lines(POINTS)}
    jobs = [{"n": n, "repeat": r} for n in plan["sizes"] for r in range(plan["repeats"]) if (n, r) not in done]
    if not jobs:
        return
    total = sum(plan["sizes"]) * plan["repeats"]
    with Steps(total, done=sum(n for n, _ in done), show=not quiet) as bar:
        part = "dlx.pipeline.curve_point"
        setup = {"run": str(run.path)}
        for job, point in spread(f"{part}:open_bench", f"{part}:measure", setup, jobs, workers=workers):
            run.append(POINTS, point)
            told = "diverged" if "diverged" in point else f"dev error {point['error']:.4g}"
            bar.step(job["n"], f"{job['n']:,} examples, repeat {job['repeat'] + 1}: {told}")


def _judge(run: Run, work: Work, *, far: bool) -> tuple[LearningCurve, str]:
    from dlx.pipeline.curve_point import measured_by
    from dlx.reports import _learning_curve as report
    from dlx.strategy.learning_curve import extrapolate

    used = measured_by(work)
    bounded = used.bounded and (work.task.BOUNDED or used.greater_is_better)
    points = run.read_lines(POINTS)
    good = [point for point in points if "error" in point]
    if len(good) < 0.8 * len(points):
        raise DlxError(
            f"{len(points) - len(good)} of {len(points)} models diverged", where=run.id,
            hint="Train the recipe once first: dlx train says what to change.",
        )  # fmt: skip
    unit = "" if bounded else str(work.recipe["task"].get("unit") or "")
    found = extrapolate(good, target=work.recipe["goal"].get("target"), far=far, bounded=bounded, unit=unit)
    run.write_json("curve.json", found.to_dict() | {"metric": used.name})
    run.write_text("curve.svg", report.svg(found))
    run.write_text("report.html", report.page(found, run.name))
    return found, used.name
