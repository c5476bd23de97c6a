"""What a search is before it runs, and what it has found, both as plain frozen data."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlx.run import Run
from dlx.search import LEFT_ALONE, Space, Trial, make
from dlx.search.log import TrialLog
from dlx.search.ranking import Ranking, rank

if TYPE_CHECKING:
    from dlx.strategy.selection import Optimism

__all__ = ["SearchPlan", "TuneResult", "plan_of", "result", "score_text"]


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


def plan_of(space: Space, settings: dict[str, Any], workers: int) -> SearchPlan:
    left = (LEFT_ALONE,) if space.source == "default" else ()
    return SearchPlan(settings["strategy"], settings["trials"], workers, tuple(space.describe()), space.source, left)


def score_text(score: float | None, metric: Any) -> str:
    """A score as people read it: rates in per cent."""
    if score is None:
        return "–"
    if metric.bounded and not metric.unit:
        return f"{100 * score:.3g} %"
    return f"{score:.4g}"


def result(run: Run, plan: SearchPlan | None = None, *, stopped: str | None = None, tracking: str = "") -> TuneResult:
    """A search as its folder tells it."""
    from dlx.pipeline import searching
    from dlx.recipe import load

    log = TrialLog(run)
    facts, trials = log.facts, log.trials()
    loaded = load(run.file("recipe.yaml"))
    space, metric = searching.space_of(loaded), searching.metric_of(loaded)
    plan = plan or plan_of(space, facts["settings"], 1)
    strategy = make(facts["settings"]["strategy"], space, **searching.strategy_arguments(loaded, facts["settings"]))
    ranking = rank(trials, greater_is_better=metric.greater_is_better)
    notes = searching.notes(trials, ranking, loaded, facts["settings"]["strategy"], plan.workers)
    return TuneResult(
        run, plan, tuple(trials), ranking, tuple(strategy.stages(trials)), metric.name, metric.unit,
        metric.greater_is_better, searching.optimism(run, ranking, metric), searching.own_trial(space, trials),
        stopped, tracking, notes,
    )  # fmt: skip
