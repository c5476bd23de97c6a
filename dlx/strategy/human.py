"""Which human figure stands at the foot of the ladder.

For diagnosis it is the best group, as a proxy (an upper bound) of the Bayes error; for a claim about deployment a
weaker group may be named (rule P12).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from scipy.special import ndtri

from dlx.errors import UserError, unknown
from dlx.strategy.gaps import difference
from dlx.strategy.intervals import wilson
from dlx.strategy.rates import rate
from dlx.strategy.rungs import HumanFigure, Rung
from dlx.strategy.words import level, points

__all__ = ["claim", "deployment_bar", "figures", "foot", "proxy"]


def figures(human: Any, n: int | None = None) -> tuple[HumanFigure, ...]:
    """Human figures from what people write: a rate, or a mapping of group to rate.

    Args:
        human: None, a rate (``0.7%`` or a number in 0–1), or {group: rate}.
        n: items that the (single) group labelled.

    Raises:
        UserError: no rate, or ``n`` without exactly one figure.
    """
    given = {"human": human} if human is not None and not isinstance(human, Mapping) else dict(human or {})
    if n is not None and len(given) != 1:
        raise UserError("n_human goes with one human figure", value=f"{len(given)} figures", where="n_human")
    return tuple(HumanFigure(group, rate(value, where=f"human {group}"), n=n) for group, value in given.items())


def proxy(human: Sequence[HumanFigure], *, bounded: bool = True) -> HumanFigure | None:
    """The group that stands for the Bayes error: lowest upper limit (a cited figure: its value), a pooled panel first.

    The best of several single people is picked for its luck too, so people (``group/person``, or one annotator) are
    taken only where no pooled group is given. Figures that are only shown beside are none of them.
    """
    known = [with_limits(figure, bounded=bounded) for figure in human if not figure.beside]
    pooled = [figure for figure in known if "/" not in figure.group and figure.n_annotators != 1]
    candidates = pooled or known
    return min(candidates, key=lambda f: (_upper(f), f.error), default=None)


def deployment_bar(human: Sequence[HumanFigure], group: str) -> HumanFigure:
    """The figure of the group named for the claim "as good as …", which need not be the best.

    Raises:
        UserError: no such group.
    """
    for figure in human:
        if figure.group == group:
            return figure
    raise unknown("human group", group, [figure.group for figure in human])


def foot(
    human: Sequence[HumanFigure], *, bounded: bool, target_source: str | None = None
) -> tuple[Rung | None, list[str]]:
    """The human rung and what a reader must know about it.

    Args:
        human: all figures.
        bounded: errors in 0–1; then 0 stands in where no figure is known.
        target_source: the data source that dev and test come from, if it has a name.

    Returns:
        the rung (None where nothing is known of an unbounded measure), and notes.
    """
    best = proxy(human, bounded=bounded)
    if best is None:
        if not bounded:
            return None, ["No human figure: avoidable bias cannot be judged."]
        return Rung("human", 0.0, basis="assumed", source="no human figure: 0 assumed"), []
    notes = []
    candidates = sum(not figure.beside for figure in human)
    if candidates > 1:
        notes.append(
            f"Human level: {best.group}, picked from {candidates} figures (an upper bound of the Bayes error)."
        )
    if best.of and target_source and best.of != target_source:
        notes.append(f"The human figure is for {best.of!r}, not for the target {target_source!r}.")
    rung = Rung(
        "human", best.error, best.low, best.high, n=best.n, n_eff=_effective(best, bounded), basis=best.basis,
        source=": ".join(part for part in (best.group, best.source) if part and part != "human"), draws=best.draws,
        se=(best.high - best.low) / (2 * float(ndtri(0.975))) if best.high is not None else None,
    )  # fmt: skip
    return rung, notes


def claim(bar: HumanFigure, dev: Rung, bounded: bool, unit: str) -> str:
    """Where dev stands against the group named for deployment."""
    how = {"bounded": bounded, "unit": unit}
    text = f"For deployment the bar is {bar.group}, {level(bar.error, **how)}"
    above = difference(bar.error, dev.error, bounded=bounded)
    if above > 0:
        return f"{text}: dev is {points(above, **how)} above it."
    proven = dev.has_interval and dev.high <= bar.error
    return f"{text}: dev is {points(-above, **how)} below it{'' if proven else ', which the data does not prove yet'}."


def with_limits(figure: HumanFigure, *, bounded: bool = True) -> HumanFigure:
    """The figure with Wilson's limits, if it has counts and no limits of its own."""
    if not bounded or figure.n is None or figure.high is not None:
        return figure
    low, high = wilson(figure.error, figure.n)
    return replace(figure, low=low, high=high)


def _upper(figure: HumanFigure) -> float:
    return figure.error if figure.high is None else figure.high


def _effective(figure: HumanFigure, bounded: bool) -> float | None:
    """Rows of a plain sample with as wide an interval; None for an exact figure."""
    if not bounded or figure.high is None:
        return None
    if figure.n is not None and figure.high == wilson(figure.error, figure.n)[1]:
        return float(figure.n)
    p, z = figure.error, float(ndtri(0.975))
    if 0 < p < 1 and figure.high > figure.low:
        return p * (1 - p) * (2 * z / (figure.high - figure.low)) ** 2
    reach = max(figure.high - figure.low, 1e-9)
    return z * z * (1 / reach - 1)  # Wilson's limit at p = 0 or 1 is z²/(n + z²)
