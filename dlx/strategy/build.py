"""The error ladder as a record, and how measured rungs are put into one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dlx.errors import UserError, unknown
from dlx.strategy.actions import Action, next_actions
from dlx.strategy.gaps import steps
from dlx.strategy.human import claim, deployment_bar, foot, proxy, with_limits
from dlx.strategy.judge import judge
from dlx.strategy.rungs import GAPS, RUNGS, Gap, HumanFigure, Rung
from dlx.strategy.verdict import Case, Judgement, Verdict

if TYPE_CHECKING:
    from dlx.findings import Finding

__all__ = ["Ladder", "build"]


@dataclass(frozen=True)
class Ladder:
    """Rungs, gaps, verdict and actions.

    Attributes:
        rungs: the known rungs, human first.
        gaps: all four gaps in ladder order; null where not measurable.
        verdict: what they say.
        actions: what to do next, the first one first.
        metric: the measure whose error form the rungs are.
        unit: its unit; empty for rates.
        bounded: whether it lies in [0, 1].
        human: every human figure; the best of them is the human rung.
        deployment: the figure named for the claim "as good as …", if one was named.
        target: dev error that is good enough, if one was set.
        findings: one per check, where they were made with the ladder.
    """

    rungs: tuple[Rung, ...]
    gaps: tuple[Gap, ...]
    verdict: Verdict
    actions: tuple[Action, ...] = ()
    metric: str = "error"
    unit: str = ""
    bounded: bool = True
    human: tuple[HumanFigure, ...] = ()
    deployment: HumanFigure | None = None
    target: float | None = None
    findings: tuple[Finding, ...] = ()

    def rung(self, name: str) -> Rung | None:
        """The rung of that name, None if it is not known."""
        return next((rung for rung in self.rungs if rung.name == name), None)

    def gap(self, name: str) -> Gap:
        """The gap of that name.

        Raises:
            UserError: no such gap.
        """
        if name not in GAPS:
            raise unknown("gap", name, GAPS)
        return self.gaps[GAPS.index(name)]

    def to_dict(self) -> dict[str, Any]:
        """The ladder as JSON data: fractions in 0–1, other measures in their unit."""
        listed = {
            key: [part.to_dict() for part in getattr(self, key)]
            for key in ("rungs", "gaps", "findings", "actions", "human")
        }
        return {
            "rungs": listed["rungs"],
            "gaps": listed["gaps"],
            "verdict": self.verdict.to_dict(),
            "findings": listed["findings"],
            "actions": listed["actions"],
            "metric": self.metric,
            "unit": self.unit,
            "bounded": self.bounded,
            "human": listed["human"],
            "deployment": self.deployment and self.deployment.to_dict(),
            "target": self.target,
        }

    def _repr_html_(self) -> str:
        from dlx.strategy._html import html

        return html(self)


def build(
    rungs: Sequence[Rung],
    *,
    human: Sequence[HumanFigure] = (),
    different_sources: bool = False,
    target: float | None = None,
    metric: str = "error",
    unit: str = "",
    bounded: bool = True,
    recipe: Mapping[str, Any] | None = None,
    command: str | None = None,
    baseline: Rung | float | None = None,
    deployment: str | None = None,
    curve: Mapping[str, Any] | None = None,
    data: Mapping[str, Any] | None = None,
    seed: int = 0,
) -> Ladder:
    """Put measured rungs into a ladder and judge it.

    Args:
        rungs: any of train, train_dev, dev, test, each at most once. A ``human`` rung may be among them instead of
            ``human``.
        human: human figures; the best is the proxy of the Bayes error.
        different_sources: whether train and dev come from different sources.
        target: dev error that is good enough.
        metric: name of the measure.
        unit: its unit, for measures that are no rates.
        bounded: whether errors lie in [0, 1].
        recipe: the resolved recipe as plain data: what the model does already.
        command: the command that trained it, to be completed with ``-s``, such as ``dlx train digits``.
        baseline: error on dev of a trivial model; where dev is no better, that is said first.
        deployment: the human group named for deployment.
        curve: what ``dlx curve`` measured of this recipe, as JSON data.
        data: what ``dlx data`` says of the data, as JSON data.
        seed: of posterior draws.

    Raises:
        UserError: no rung, one given twice, or an unknown name.
    """
    known = _by_name(rungs)
    best, notes = proxy(human, bounded=bounded), []
    if "human" not in known:
        bottom, notes = foot(human, bounded=bounded, target_source=((recipe or {}).get("data") or {}).get("target"))
        known = ({"human": bottom} if bottom else {}) | known
    bar = deployment_bar(human, deployment) if deployment else None
    notes += [claim(bar, known["dev"], bounded, unit)] if bar and "dev" in known else []
    case = Case(
        known,
        steps(known, different_sources=different_sources, bounded=bounded),
        target,
        bounded,
        unit,
        paired=best.paired if best else None,
        baseline=baseline.error if isinstance(baseline, Rung) else baseline,
        notes=tuple(notes),
        seed=seed,
    )
    judgement = judge(case)
    return Ladder(
        tuple(known[name] for name in RUNGS if name in known),
        _gaps(case, judgement),
        judgement.verdict,
        next_actions(case, judgement.verdict, recipe=recipe, command=command, curve=curve, data=data),
        metric,
        unit,
        bounded,
        tuple(with_limits(figure, bounded=bounded) for figure in human),
        bar,
        target,
    )


def _by_name(rungs: Sequence[Rung]) -> dict[str, Rung]:
    known: dict[str, Rung] = {}
    for rung in rungs:
        if rung.name not in RUNGS:
            raise unknown("rung", rung.name, RUNGS)
        if rung.name in known:
            raise UserError("a rung is given once", value=rung.name, where="the ladder")
        known[rung.name] = rung
    if not known.keys() - {"human"}:
        raise UserError("a ladder needs at least one error of the model", value=list(known), where="the ladder")
    return known


def _gaps(case: Case, judgement: Judgement) -> tuple[Gap, ...]:
    measured = case.measured
    return tuple(
        Gap(
            name,
            measured[name].value,
            measured[name].low,
            measured[name].high,
            judgement.p_largest.get(name),
            name in judgement.flagged,
        )
        if name in measured
        else Gap(name)
        for name in GAPS
    )
