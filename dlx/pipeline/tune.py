"""``dlx tune``: search a recipe's space with several workers, and keep everything so that a kill costs nothing."""

from __future__ import annotations

import contextlib
import shlex
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlx.errors import DlxError, UserError, unknown
from dlx.pipeline import engines
from dlx.pipeline.search_result import SearchPlan, TuneResult, plan_of, result, score_text
from dlx.run import Run
from dlx.search import NAMES, Space, make
from dlx.search.log import TrialLog
from dlx.search.ranking import rank

if TYPE_CHECKING:
    from dlx.recipe import Recipe

__all__ = ["SearchPlan", "TuneResult", "tune"]

TRIALS = 24


def tune(
    recipe: str | Path | Recipe,
    overrides: Sequence[str] = (),
    *,
    trials: int | None = None,
    workers: int | None = None,
    budget: float | None = None,
    strategy: str | None = None,
    seed: int | None = None,
    resume: bool = False,
    stop_hopeless: bool | None = None,
    isolate: bool = False,
    engine: str = "local",
    address: str | None = None,
    per_trial: Mapping[str, float] | None = None,
    dry_run: bool = False,
    track: bool = True,
    quiet: bool = True,
    arguments: str | None = None,
    on_plan: Callable[[SearchPlan], None] | None = None,
) -> TuneResult | SearchPlan:
    """Search the settings of a recipe for the best score of its goal on dev; test is never touched.

    Args:
        recipe: a name, a path, a loaded recipe; with ``resume`` also the id of a search.
        overrides: ``"train.epochs=5"`` …, for all trials.
        trials: at most so many; 24 for a new search.
        workers: processes beside one another; by default one for each GPU, or each core where there is none.
        budget: seconds after which no trial begins; those that run are finished.
        strategy: ``coarse-to-fine``, ``random``, ``grid``, ``bayesian`` or ``hyperband``.
        seed: of the suggestions; the trials' own is the recipe's ``train.seed``.
        resume: go on with the latest unfinished search of this recipe; what has ended is not repeated.
        stop_hopeless: end a trial whose best dev error so far is above the median of the others at the same epoch.
        isolate: a process of its own for each trial.
        engine: ``local``, or ``ray``: trials are tasks of a Ray cluster, whose machines share the runs folder.
        address: of the cluster: ``auto``, ``HOST:PORT``; None starts one on this machine.
        per_trial: what a trial takes of the cluster, ``{"CPU": 2, "GPU": 0.5}``; one core by default.
        dry_run: only say what would be searched.
        track: copy the search and its trials to MLflow.
        quiet: no progress on stderr.
        arguments: the command as it was typed.
        on_plan: called with the plan before the first trial.

    Raises:
        UserError: recipe, space or data at fault; a search that cannot be gone on with, and why.
        DlxError: no trial could be finished, or the disk is full.
    """
    from dlx.pipeline import searching, sources
    from dlx.pipeline.work import Work
    from dlx.recipe import load

    _check(strategy, {"--trials": trials, "--workers": workers, "--budget": budget})
    asked = {"strategy": strategy, "trials": trials, "seed": seed, "stop_hopeless": stop_hopeless}
    run = None
    if resume:
        run, loaded = searching.unfinished(recipe, overrides, longer=trials is not None)
        space = searching.space_of(loaded)
        settings = searching.refuse_changes(TrialLog(run).facts, space, asked)
    else:
        loaded, _ = sources.pinned(load(recipe, overrides))
        space = searching.space_of(loaded)
        defaults = {"strategy": "coarse-to-fine", "trials": TRIALS, "seed": 0, "stop_hopeless": False}
        settings = defaults | {name: value for name, value in asked.items() if value is not None}
    cluster = engines.cluster(engine, address, per_trial, join=not dry_run)
    count = min(workers or engines.places(cluster), settings["trials"])
    plan = plan_of(space, settings, count)
    make(settings["strategy"], space, **searching.strategy_arguments(loaded, settings))  # refuses what does not fit
    if dry_run:
        return plan
    work = Work.read(loaded, strict=False, previous=run)
    if run is None:
        typed = "dlx tune " + shlex.quote(str(recipe if isinstance(recipe, (str, Path)) else loaded.name))
        threads = loaded.train["threads"] if loaded.train["threads"] != "auto" else engines.threads(cluster, count)
        run = searching.create(
            loaded,
            work,
            space,
            settings,
            threads=threads,
            typed=arguments or typed,
            again=_again(loaded, recipe, overrides),
        )
    if on_plan is not None:
        on_plan(plan)
    with _alone(run):
        return _carry_out(
            run,
            loaded,
            space,
            plan,
            settings,
            resume=resume,
            budget=budget,
            isolate=isolate,
            cluster=cluster,
            track=track,
            quiet=quiet,
        )


def _check(strategy: str | None, numbers: dict[str, float | None]) -> None:
    if strategy is not None and strategy not in NAMES:
        raise unknown("strategy", strategy, NAMES, where="--strategy")
    for name, value in numbers.items():
        if value is not None and not value > 0:
            raise UserError("this is a number above 0", value=value, where=name)


def _again(loaded: Recipe, recipe: str | Path | Recipe, overrides: Sequence[str]) -> list[str]:
    """Words of the command that trains the recipe as it stands."""
    name = str(recipe) if isinstance(recipe, (str, Path)) else str(loaded.file or loaded.name)
    return ["dlx", "train", name, *[word for text in overrides for word in ("-s", text)]]


@contextlib.contextmanager
def _alone(run: Run) -> Iterator[None]:
    """Keep a second process out of the same search."""
    from filelock import FileLock, Timeout

    lock = FileLock(run.file(".search.lock"))
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise UserError("another process is at this search", where=run.id, hint="Wait until it has ended.") from error
    try:
        yield
    finally:
        lock.release()


def _carry_out(
    run: Run, recipe: Recipe, space: Space, plan: SearchPlan, settings: dict[str, Any], *,
    resume: bool, budget: float | None, isolate: bool, cluster: engines.Cluster | None, track: bool, quiet: bool,
) -> TuneResult:  # fmt: skip
    """From here on the search exists: whatever happens, its folder says so."""
    from dlx import tracking
    from dlx.pipeline import search_end

    if resume:
        run.resume()
        TrialLog(run).update(settings=settings)
    began, patience, stopped, found = time.monotonic(), 120.0, None, None
    follower = tracking.follow(run) if track else None
    try:
        options = {"budget": budget, "isolate": isolate, "quiet": quiet, "cluster": cluster}
        stopped = _search(run, recipe, space, plan, settings, **options)
        found = search_end.finish(result(run, plan, stopped=stopped))
        run.finish("interrupted" if stopped else "complete", seconds=time.monotonic() - began)
    except KeyboardInterrupt:
        patience = 5.0  # who pressed Ctrl-C does not want to wait; the follower goes on alone
        run.finish("interrupted")
        if not quiet:
            print(f"Interrupted; `dlx tune {run.id} --resume` goes on. {_so_far(run, plan)}", file=sys.stderr)
        raise
    except DlxError as error:
        with contextlib.suppress(DlxError):  # no room even for that; without a process the search counts as dead
            run.finish("failed", error=str(error))
        raise
    except Exception as error:
        run.finish("failed", error=f"{type(error).__name__}: {error}")
        raise
    finally:
        copied = follower.wait(patience) if follower else f"not copied, as asked; `dlx sync {run.id}` does it later"
    return replace(found, tracking=copied)


def _search(run: Run, recipe: Recipe, space: Space, plan: SearchPlan, settings: dict[str, Any], **options: Any):
    """Make strategy, workers and progress, and carry out all trials."""
    from dlx.pipeline import searching
    from dlx.pipeline.search_loop import Search
    from dlx.pipeline.search_progress import SearchProgress

    metric = searching.metric_of(recipe)
    strategy = make(settings["strategy"], space, **searching.strategy_arguments(recipe, settings))
    total = min(settings["trials"], getattr(strategy, "size", None) or settings["trials"])
    progress = SearchProgress(
        total, lambda score: score_text(score, metric), greater_is_better=metric.greater_is_better,
        show=not options["quiet"], budget=options["budget"],
    )  # fmt: skip
    with progress:
        search = Search(
            run, recipe, space, strategy,
            stop_hopeless=settings["stop_hopeless"], budget=options["budget"], progress=progress,
        )  # fmt: skip
        with engines.workers(run, plan.workers, options["cluster"], isolate=options["isolate"]) as pool:
            return search.go(pool)


def _so_far(run: Run, plan: SearchPlan) -> str:
    log = TrialLog(run)
    best = rank(log.trials(), greater_is_better=log.facts["greater_is_better"]).best
    if best is None:
        return "No trial has ended yet."
    return f"Best so far: trial {best.number}, {log.facts['metric']} {best.score:.4g}, {best.params}."
