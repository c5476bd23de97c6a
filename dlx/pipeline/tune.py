"""``dlx tune``: search a recipe's space with several workers, and keep everything so that a kill costs nothing."""

from __future__ import annotations

import os
import shlex
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlx.errors import DlxError, UserError
from dlx.run import Run
from dlx.search import NAMES, Space, Trial, default_space, make
from dlx.search.log import TrialLog
from dlx.search.ranking import Ranking, rank

if TYPE_CHECKING:
    from dlx.recipe import Recipe

__all__ = ["SearchPlan", "TuneResult", "tune"]

TRIALS = 24


@dataclass(frozen=True)
class SearchPlan:
    """What will be searched, before it runs.

    Attributes:
        strategy: how.
        trials: at most so many.
        workers: processes beside one another.
        space: rows of knobs: path, range, tier, when, size.
        source: ``recipe`` or ``default``.
        left_alone: knobs that the default space leaves out on purpose.
    """

    strategy: str
    trials: int
    workers: int
    space: tuple[dict[str, Any], ...]
    source: str
    left_alone: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        return {name: value if not isinstance(value, tuple) else list(value) for name, value in vars(self).items()}


@dataclass(frozen=True)
class TuneResult:
    """A search and what it found.

    Attributes:
        run: the search's run folder.
        plan: what was searched, and how.
        trials: all trials, by number.
        ranking: best first; those that break a limit, or have no score, apart.
        stages: of coarse to fine: number, trials, ranges, rule, reason.
        metric: the goal's metric.
        unit: of the metric; empty for rates.
        greater_is_better: the metric's sense.
        optimism: by how much the best score is better than it would be on fresh data, because it is the best of many
            on one dev set; None where that is not known.
        baseline: the score of the recipe as it stands, where a trial had it; None otherwise.
        stopped: why the search ended before all trials: ``budget``, ``interrupted``; None otherwise.
        tracking: what became of the copy in MLflow.
        notes: what else there is to know.
    """

    run: Run
    plan: SearchPlan
    trials: tuple[Trial, ...]
    ranking: Ranking
    stages: tuple[dict[str, Any], ...]
    metric: str
    unit: str = ""
    greater_is_better: bool = False
    optimism: float | None = None
    baseline: float | None = None
    stopped: str | None = None
    tracking: str = ""
    notes: tuple[str, ...] = field(default_factory=tuple)

    @property
    def best(self) -> Trial | None:
        """The best trial that keeps the goal's limits."""
        return self.ranking.best

    @property
    def best_recipe(self) -> Path:
        """The recipe that trains the best trial again; there only if there is a best one."""
        return self.run.file("best.yaml")

    def to_dict(self) -> dict[str, Any]:
        """JSON data; scores in the metric's own sense, null where there is none."""
        best = self.best
        return {
            "run": self.run.id,
            "path": str(self.run.path),
            "metric": self.metric,
            "greater_is_better": self.greater_is_better,
            "plan": self.plan.to_dict(),
            "trials": [_shown(trial) for trial in self.trials],
            "best": None if best is None else _shown(best) | {"recipe": str(self.best_recipe)},
            "unproven": [trial.number for trial in self.ranking.unproven],
            "infeasible": [trial.number for trial in self.ranking.broken],
            "stages": list(self.stages),
            "optimism": self.optimism,
            "baseline": self.baseline,
            "stopped": self.stopped,
            "notes": list(self.notes),
        }


def _shown(trial: Trial) -> dict[str, Any]:
    names = ("number", "params", "score", "status", "stage", "run", "epochs", "seconds", "feasible", "reason", "of")
    return {name: getattr(trial, name) for name in names}


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
        workers: processes beside one another; one for each core at most.
        budget: seconds after which no trial begins; those that run are finished.
        strategy: ``coarse-to-fine``, ``random``, ``grid``, ``bayesian`` or ``hyperband``.
        seed: of the suggestions; the trials' own is the recipe's ``train.seed``.
        resume: go on with the latest unfinished search of this recipe; what has ended is not repeated.
        stop_hopeless: end a trial whose best dev error so far is above the median of the others at the same epoch.
        isolate: a process of its own for each trial.
        dry_run: only say what would be searched.
        track: copy the search and its trials to MLflow.
        quiet: no progress on stderr.
        arguments: the command as it was typed.
        on_plan: called with the plan before the first trial.

    Raises:
        UserError: recipe, space or data at fault; a search that cannot be gone on with, and why.
        DlxError: no trial could be finished, or the disk is full.
    """
    from dlx.pipeline import searching

    if strategy is not None and strategy not in NAMES:
        from dlx.errors import unknown

        raise unknown("strategy", strategy, NAMES, where="--strategy")
    for name, value in (("--trials", trials), ("--workers", workers), ("--budget", budget)):
        if value is not None and value <= 0:
            raise UserError("this is a number above 0", value=value, where=name)
    if resume:
        run, loaded = searching.unfinished(recipe, overrides)
        facts = TrialLog(run).facts
        searching.refuse_changes(facts, trials=trials, strategy=strategy, seed=seed, stop_hopeless=stop_hopeless)
        space = _space(loaded)
        settings = facts["settings"]
    else:
        loaded = _load(recipe, overrides)
        space, run = _space(loaded), None
        settings = {
            "strategy": strategy or "coarse-to-fine",
            "trials": trials or TRIALS,
            "seed": seed or 0,
            "stop_hopeless": bool(stop_hopeless),
        }
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    count = min(workers or cores, settings["trials"])
    plan = _plan(space, settings, count)
    make(settings["strategy"], space, **searching.strategy_arguments(loaded, settings))  # refuses what does not fit
    if dry_run:
        return plan
    work = searching.read(loaded, run)
    if run is None:
        typed = arguments or f"dlx tune {shlex.quote(str(recipe if isinstance(recipe, (str, Path)) else loaded.name))}"
        run = searching.create(loaded, work, space, settings, typed)
    if on_plan is not None:
        on_plan(plan)
    threads = searching.threads_of(run, count, cores)
    search = searching.Search(
        run, loaded, space, settings, threads=threads, budget=budget, isolate=isolate, quiet=quiet
    )
    return _carry_out(search, plan, count, track=track, quiet=quiet)


def _load(recipe: str | Path | Recipe, overrides: Sequence[str]) -> Recipe:
    from dlx.recipe import load

    return load(recipe, overrides)


def _space(recipe: Recipe) -> Space:
    return Space.of(recipe) if {k for k in recipe.search if k != "start"} else default_space(recipe)


def _plan(space: Space, settings: dict[str, Any], workers: int) -> SearchPlan:
    from dlx.search import LEFT_ALONE

    left = tuple(LEFT_ALONE) if space.source == "default" else ()
    rows = tuple(space.describe())
    return SearchPlan(settings["strategy"], settings["trials"], workers, rows, space.source, left)


def _carry_out(search, plan: SearchPlan, workers: int, *, track: bool, quiet: bool) -> TuneResult:
    """From here on the search exists: whatever happens, its folder says so."""
    from dlx import tracking

    run: Run = search.run
    follower, patience, stopped, copied = (tracking.follow(run) if track else None), 120.0, None, ""
    try:
        stopped = search.go(workers)
        search.finish(stopped)
    except KeyboardInterrupt:
        patience = 5.0
        run.finish("interrupted")
        if not quiet:
            again = f"dlx tune {run.id} --resume"
            print(f"Interrupted; `{again}` goes on. {search.best_so_far()}", file=sys.stderr)
        raise
    except DlxError as error:
        run.finish("failed", error=str(error))
        raise
    except Exception as error:
        run.finish("failed", error=f"{type(error).__name__}: {error}")
        raise
    finally:
        copied = follower.wait(patience) if follower else f"not copied, as asked; `dlx sync {run.id}` does it later"
    return result(run, plan, stopped=stopped, tracking=copied)


def result(run: Run, plan: SearchPlan | None = None, *, stopped: str | None = None, tracking: str = "") -> TuneResult:
    """A search as its folder tells it: a pure function of what stands there."""
    from dlx.pipeline import searching
    from dlx.recipe import load

    log = TrialLog(run)
    facts, trials = log.facts, log.trials()
    loaded = load(run.file("recipe.yaml"))
    space = _space(loaded)
    plan = plan or _plan(space, facts["settings"], facts.get("workers", 1))
    used = searching.metric_of(loaded)
    strategy = make(facts["settings"]["strategy"], space, **searching.strategy_arguments(loaded, facts["settings"]))
    ranking = rank(trials, greater_is_better=used.greater_is_better)
    notes = searching.notes(trials, ranking, loaded, facts["settings"]["strategy"], plan.workers)
    return TuneResult(
        run, plan, tuple(trials), ranking, tuple(strategy.stages(trials)), used.name, used.unit, used.greater_is_better,
        searching.optimism(run, ranking), searching.own_score(space, trials), stopped, tracking, notes,
    )  # fmt: skip


def now() -> float:
    """Seconds of a clock that only goes forward."""
    return time.monotonic()
