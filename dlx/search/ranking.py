"""Which trial is best: those that keep the goal's limits first, unproven ones apart, those that break one out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dlx.search.trial import Trial

__all__ = ["Ranking", "costs", "rank"]


@dataclass(frozen=True)
class Ranking:
    """Finished trials, best first in each group; duplicates of another trial are left out.

    Attributes:
        proven: keep all limits, or nothing is asked for.
        unproven: neither proven to keep all limits nor to break one.
        broken: break a limit: out, whatever their score (rule P18).
        without: have no score: diverged or failed.
    """

    proven: tuple[Trial, ...]
    unproven: tuple[Trial, ...]
    broken: tuple[Trial, ...]
    without: tuple[Trial, ...]

    @property
    def best(self) -> Trial | None:
        """The best trial that is proven to keep the limits and was trained to its end; None if there is none."""
        return next((trial for trial in self.proven if trial.status == "complete"), None)


def rank(trials: Sequence[Trial], *, greater_is_better: bool) -> Ranking:
    """Rank the finished trials; of equal scores the earlier trial comes first.

    Args:
        trials: in any order; those running are left out.
        greater_is_better: the sense of scores.
    """
    scored = [t for t in trials if t.score is not None and t.status in ("complete", "stopped")]
    scored.sort(key=lambda t: (-t.score if greater_is_better else t.score, t.number))
    without = [t for t in trials if t.status in ("diverged", "failed")]
    return Ranking(
        tuple(t for t in scored if t.feasible in (True, None)),
        tuple(t for t in scored if t.feasible == "unproven"),
        tuple(t for t in scored if t.feasible is False),
        tuple(sorted(without, key=lambda t: t.number)),
    )


def costs(trials: Sequence[Trial], *, greater_is_better: bool) -> dict[int, float]:
    """Number of each finished trial → a finite cost, less is better: what strategies steer by.

    A trial without score costs as much as the worst with one: a diverged trial is never taken for the best (an infinite
    score would be, where infinities are put to 0). One that breaks a limit costs more than any that does not.
    """
    scored = {t.number: t for t in trials if t.score is not None and t.status != "running"}
    cost = {number: -t.score if greater_is_better else t.score for number, t in scored.items()}
    if not cost:
        return {t.number: 0.0 for t in trials if t.status != "running"}
    worst, best = max(cost.values()), min(cost.values())
    apart = (worst - best) or 1.0
    cost = {n: c + (apart + worst - best if scored[n].feasible is False else 0.0) for n, c in cost.items()}
    worst = max(cost.values())
    return {t.number: cost.get(t.number, worst) for t in trials if t.status != "running"}
