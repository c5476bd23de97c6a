"""Which to use: a dearer answer has to be shown to be better, and to keep every limit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from dlx.comparison._pairs import Pair
from dlx.comparison._words import Words
from dlx.ensembles._price import Price
from dlx.goals import Check, Feasible
from dlx.strategy.words import listed

__all__ = ["Advice", "Option", "best_of", "choose"]


@dataclass(frozen=True)
class Option:
    """One way to answer.

    Attributes:
        name: what it is called.
        members: names of the models that are averaged.
        views: views of each example.
        value: the metric on dev.
        low: lower 95 % limit; None where not known.
        high: upper 95 % limit.
        feasible: whether it keeps all limits of the goal.
        checks: each limit.
        price: of one answer.
    """

    name: str
    members: tuple[str, ...]
    views: int
    value: float
    low: float | None
    high: float | None
    feasible: Feasible
    checks: tuple[Check, ...] = ()
    price: Price = field(default_factory=Price)

    @property
    def passes(self) -> int:
        """Times that a network has to answer for one example."""
        return len(self.members) * self.views

    def to_dict(self) -> dict[str, Any]:
        """The option as JSON data."""
        plain = {name: getattr(self, name) for name in ("name", "views", "passes", "value", "low", "high", "feasible")}
        limits = [each.to_dict() for each in self.checks]
        return plain | {"members": list(self.members), "limits": limits, "price": self.price.to_dict()}


@dataclass(frozen=True)
class Advice:
    """What to use.

    Attributes:
        use: name of the option.
        status: ``better``: it is dearer and shown to be better than the best single model; ``no_gain``: the single
            model, as nothing dearer is shown to be better; ``limits``: all dearer ones break a limit;
            ``only_feasible``: no single model keeps the limits.
        reason: in words.
        n_needed: dev examples that would show a gain of the observed size; None where it is shown, or too small.
    """

    use: str
    status: str
    reason: str
    n_needed: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """As JSON data."""
        return asdict(self)


def best_of(options: Sequence[Option], *, greater: bool) -> Option:
    """The one with the best value; of equal ones the cheaper, then the first."""
    return min(options, key=lambda each: (-each.value if greater else each.value, each.passes))


def choose(options: Sequence[Option], pairs: Mapping[frozenset[str], Pair], words: Words) -> Advice:
    """Drop what breaks a limit; then take the best single model, or what is dearer and shown to be better.

    Where several dearer ones are better than the best single model, the best of them is taken, and a cheaper one that
    is not shown to be worse is named.

    Args:
        options: all there are; at least one breaks no limit.
        pairs: {two names} → their difference, judged; of the best single model with each dearer option at least.
        words: how the metric is written.
    """
    left = [each for each in options if each.feasible is not False]
    single, dearer = ([each for each in left if (each.passes == 1) == alone] for alone in (True, False))
    dropped = _dropped([each for each in options if each.feasible is False and each.passes > 1])
    if not single:
        best = best_of(dearer, greater=words.greater)
        return Advice(
            best.name, "only_feasible", f"No single model keeps the limits; use {best.name}.{_unproven(best)}"
        )
    base = best_of(single, greater=words.greater)
    if not dearer:
        return Advice(base.name, "limits", f"{dropped}Use {base.name}.{_unproven(base)}")
    shown = [each for each in dearer if _better(each, base, pairs)]
    if not shown:
        best = best_of(dearer, greater=words.greater)
        return _single(base, best, pairs.get(frozenset((base.name, best.name))), words, dropped)
    use = best_of(shown, greater=words.greater)
    told = words.better(use.name, [pairs[frozenset((use.name, base.name))]])
    alike = [each for each in shown if each.passes < use.passes and not _better(use, each, pairs)]
    spare = min(alike, key=lambda each: each.passes).name if alike else None
    spared = f" {spare} costs less and is not shown to be worse." if spare else ""
    return Advice(use.name, "better", f"{dropped}Use {use.name}. {told}{_cost(use, base)}{spared}{_unproven(use)}")


def _single(base: Option, best: Option, pair: Pair | None, words: Words, dropped: str) -> Advice:
    if pair is None:
        return Advice(base.name, "no_gain", f"{dropped}Use {base.name}.{_unproven(base)}")
    needed = pair.n_needed if pair.status == "need_more" else None
    more, worse = "", (best.value < base.value) == words.greater and best.value != base.value
    if pair.better == base.name:
        told = words.better(base.name, [pair])
    else:
        told = words.not_shown(best.name, pair)
        if needed and not worse:
            more = f" About {needed:,.0f} examples would show a gain of this size."
    reason = f"{dropped}Use {base.name}. {told}{more}{_cost(best, base)}{_unproven(base)}"
    return Advice(base.name, "no_gain", reason, None if worse or needed is None else int(needed))


def _better(one: Option, other: Option, pairs: Mapping[frozenset[str], Pair]) -> bool:
    pair = pairs.get(frozenset((one.name, other.name)))
    return pair is not None and pair.better == one.name


def _dropped(out: Sequence[Option]) -> str:
    if not out:
        return ""
    broken = [f"{c.limit.text}: {c.value:.3g}" for c in out[-1].checks if c.feasible is False and c.value is not None]
    verb = "breaks a limit and is out" if len(out) == 1 else "break a limit and are out"
    last = f"{out[-1].name}, " if len(out) > 1 and broken else ""
    told = f" ({last}{'; '.join(broken)})" if broken else ""
    return f"{listed([each.name for each in out])} {verb} whatever the gain{told}. "


def _cost(dear: Option, cheap: Option) -> str:
    """How much longer the dear one takes."""
    if dear.price.median is None or not cheap.price.median:
        return f" One answer of {dear.name} takes {dear.passes} passes of a network instead of {cheap.passes}."
    return f" One answer of {dear.name} takes {dear.price.median / cheap.price.median:.1f} times as long."


def _unproven(option: Option) -> str:
    return f" Whether {option.name} keeps all limits is unproven." if option.feasible == "unproven" else ""
