"""``dlx tune``: search a recipe's space with several workers, and keep everything so that a kill costs nothing."""

from __future__ import annotations

import contextlib
import os
import shlex
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlx.errors import DlxError, UserError, unknown
from dlx.run import Run
from dlx.search import LEFT_ALONE, NAMES, Space, Trial, make
from dlx.search.log import TrialLog
from dlx.search.ranking import Ranking, rank

if TYPE_CHECKING:
    from dlx.recipe import Recipe
    from dlx.strategy.selection import Optimism

__all__ = ["SearchPlan", "TuneResult", "tune"]

TRIALS = 24
#: A worker is replaced after so many trials: TensorFlow keeps a little of each graph.
TRIALS_PER_WORKER = 100


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
        own: the trial that is the recipe as it stands; None where none is.
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
    optimism: Optimism | None = None
    own: Trial | None = None
    stopped: str | None = None
    tracking: str = ""
    notes: tuple[str, ...] = field(default_factory=tuple)

    @property
    def best(self) -> Trial | None:
        """The best trial that keeps the goal's limits."""
        return self.ranking.best

    @property
    def percent(self) -> bool:
        """Whether scores are rates."""
        from dlx.metrics._measure import measure

        return measure(self.metric).bounded and not self.unit

    def text(self, score: float | None) -> str:
        """A score as people read it: rates in per cent."""
        return "–" if score is None else f"{100 * score:.3g} %" if self.percent else f"{score:.4g}"

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
            "optimism": None if self.optimism is None else self.optimism.to_dict(),
            "own": None if self.own is None else _shown(self.own),
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
    from dlx.pipeline import searching
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
        loaded = load(recipe, overrides)
        space = searching.space_of(loaded)
        defaults = {"strategy": "coarse-to-fine", "trials": TRIALS, "seed": 0, "stop_hopeless": False}
        settings = defaults | {name: value for name, value in asked.items() if value is not None}
    cluster = _cluster(engine, address, per_trial, join=not dry_run)
    count = min(workers or _places(cluster), settings["trials"])
    plan = _plan(space, settings, count)
    make(settings["strategy"], space, **searching.strategy_arguments(loaded, settings))  # refuses what does not fit
    if dry_run:
        return plan
    work = Work.read(loaded, strict=False, previous=run)
    if run is None:
        typed = "dlx tune " + shlex.quote(str(recipe if isinstance(recipe, (str, Path)) else loaded.name))
        threads = loaded.train["threads"] if loaded.train["threads"] != "auto" else _threads(cluster, count)
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


@dataclass(frozen=True)
class Cluster:
    """A Ray cluster that was joined: what it has, and what a trial takes of it."""

    resources: dict[str, float]
    per_trial: dict[str, float]


def _cluster(engine: str, address: str | None, per_trial: Mapping[str, float] | None, *, join: bool) -> Cluster | None:
    if engine not in ("local", "ray"):
        raise unknown("engine", engine, ("local", "ray"), where="--engine")
    if engine == "local":
        if address is not None or per_trial:
            raise UserError("--address and --per-trial belong to --engine ray", value=address or per_trial)
        return None
    wanted = {"CPU": 1.0} | dict(per_trial or {})
    for kind, amount in wanted.items():
        if not amount > 0:
            raise UserError(
                "a trial takes more than nothing of a resource", value=f"{kind}={amount}", where="--per-trial"
            )
    if not join:
        return Cluster({}, wanted)
    from dlx.search.ray_engine import connect

    found = connect(address)
    for kind, amount in wanted.items():
        if found.get(kind, 0) < amount:
            raise UserError(
                f"the cluster has {found.get(kind, 0):g} of {kind}", value=f"{kind}={amount:g}", where="--per-trial"
            )
    return Cluster(found, wanted)


def _places(cluster: Cluster | None) -> int:
    """Trials that fit beside one another."""
    if cluster is None or not cluster.resources:
        return _gpus() or _cores()
    return max(1, int(min(cluster.resources[kind] // amount for kind, amount in cluster.per_trial.items())))


def _threads(cluster: Cluster | None, workers: int) -> int:
    return max(1, _cores() // workers) if cluster is None else max(1, int(cluster.per_trial["CPU"]))


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _gpus() -> int:
    """NVIDIA GPUs that this process may use, without TensorFlow, which the parent of a search never loads."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    there = len(list(Path("/proc/driver/nvidia/gpus").glob("*")))
    return there if visible is None else min(there, len([one for one in visible.split(",") if one.strip()]))


def _environments() -> list[dict[str, str]]:
    """Each worker sees one GPU and takes of its memory no more than it needs: others may share it."""
    common = {"TF_CPP_MIN_LOG_LEVEL": "3", "TF_FORCE_GPU_ALLOW_GROWTH": "true"}
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    names = visible.split(",") if visible is not None else [str(n) for n in range(_gpus())]
    return [common | {"CUDA_VISIBLE_DEVICES": name.strip()} for name in names] if _gpus() > 1 else [common]


def _plan(space: Space, settings: dict[str, Any], workers: int) -> SearchPlan:
    left = (LEFT_ALONE,) if space.source == "default" else ()
    return SearchPlan(settings["strategy"], settings["trials"], workers, tuple(space.describe()), space.source, left)


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
    resume: bool, budget: float | None, isolate: bool, cluster: Cluster | None, track: bool, quiet: bool,
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
        with _workers(run, plan.workers, options["cluster"], isolate=options["isolate"]) as pool:
            return search.go(pool)


def _workers(run: Run, count: int, cluster: Cluster | None, *, isolate: bool) -> Any:
    """Processes of this machine, or places on a cluster."""
    order = ("dlx.pipeline.trial:open_bench", "dlx.pipeline.trial:carry_out")
    setup = {"parent": str(run.path), "threads": TrialLog(run).facts["threads"]}
    jobs = 1 if isolate else TRIALS_PER_WORKER
    if cluster is None:
        from dlx.search.pool import Pool

        return Pool(*order, setup, workers=count, environments=_environments(), jobs=jobs)
    from dlx.search.ray_engine import RayPool

    quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "TF_FORCE_GPU_ALLOW_GROWTH": "true"}
    return RayPool(*order, setup, workers=count, name=run.id, per_trial=cluster.per_trial, environment=quiet, jobs=jobs)


def score_text(score: float | None, metric: Any) -> str:
    """A score as people read it: rates in per cent."""
    if score is None:
        return "–"
    if metric.bounded and not metric.unit:
        return f"{100 * score:.3g} %"
    return f"{score:.4g}"


def _so_far(run: Run, plan: SearchPlan) -> str:
    log = TrialLog(run)
    best = rank(log.trials(), greater_is_better=log.facts["greater_is_better"]).best
    if best is None:
        return "No trial has ended yet."
    return f"Best so far: trial {best.number}, {log.facts['metric']} {best.score:.4g}, {best.params}."


def result(run: Run, plan: SearchPlan | None = None, *, stopped: str | None = None, tracking: str = "") -> TuneResult:
    """A search as its folder tells it."""
    from dlx.pipeline import searching
    from dlx.recipe import load

    log = TrialLog(run)
    facts, trials = log.facts, log.trials()
    loaded = load(run.file("recipe.yaml"))
    space, metric = searching.space_of(loaded), searching.metric_of(loaded)
    plan = plan or _plan(space, facts["settings"], 1)
    strategy = make(facts["settings"]["strategy"], space, **searching.strategy_arguments(loaded, facts["settings"]))
    ranking = rank(trials, greater_is_better=metric.greater_is_better)
    notes = searching.notes(trials, ranking, loaded, facts["settings"]["strategy"], plan.workers)
    return TuneResult(
        run, plan, tuple(trials), ranking, tuple(strategy.stages(trials)), metric.name, metric.unit,
        metric.greater_is_better, searching.optimism(run, ranking, metric), searching.own_trial(space, trials),
        stopped, tracking, notes,
    )  # fmt: skip
