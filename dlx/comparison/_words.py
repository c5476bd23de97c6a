"""How a comparison says its numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dlx.comparison._pairs import Pair
from dlx.strategy.words import chance, level, points

__all__ = ["Words"]

_TITLES = {"mae": "MAE", "rmse": "RMSE", "auc": "AUC", "f1": "F1", "r2": "R²"}


@dataclass(frozen=True)
class Words:
    """The words of one metric.

    Attributes:
        metric: its name.
        unit: its unit; empty for rates.
        bounded: whether it lies in 0–1 and is written as per cent.
        greater: whether higher values are better.
    """

    metric: str = "error"
    unit: str = ""
    bounded: bool = True
    greater: bool = False

    @property
    def title(self) -> str:
        """The metric's name as people write it."""
        return _TITLES.get(self.metric, self.metric.replace("_", " "))

    def value(self, value: float) -> str:
        """A value with its unit, rates to a hundredth of a per cent so that columns line up."""
        return f"{self._bare(value)} %" if self.bounded else level(value, bounded=False, unit=self.unit)

    def gap(self, value: float) -> str:
        """A difference with its sign and unit."""
        sign = "+" if value > 0 else ""
        return sign + (f"{self._bare(value)} points" if self.bounded else points(value, bounded=False, unit=self.unit))

    def interval(self, low: float | None, high: float | None) -> str:
        """Both limits in brackets, without unit; empty where they are not known."""
        if low is None or high is None:
            return ""
        return f"[{', '.join(self._bare(limit) for limit in (low, high))}]"

    def _bare(self, value: float) -> str:
        text = f"{100 * value:.2f}" if self.bounded else f"{value:.3g}"
        return text.replace("-", "−")

    @staticmethod
    def p(value: float | None) -> str:
        """A p-value, never 0: ``p 0.035``, ``p < 0.001``."""
        return "p unknown" if value is None else "p < 0.001" if value < 0.001 else f"p {value:.3f}"

    def better(self, leader: str, against: Sequence[Pair]) -> str:
        """The sentence for a difference that is shown."""
        told = []
        for pair in against:
            other, gap, low, high = _from(leader, pair)
            span = self.interval(*((low, high) if gap > 0 else _turned(low, high)))
            p = self.p(pair.p if pair.p_holm is None else pair.p_holm)
            size = self.gap(abs(gap)).removeprefix("+")
            told.append(
                f"{size} {'above' if self.greater else 'below'} {other} ({', '.join(t for t in (span, p) if t)})"
            )
        text = f"{leader} is better: its {self.title} is {', '.join(told)}, on the same {against[0].n:,} examples."
        return text + "".join(self._chances(leader, pair) for pair in against)

    def not_shown(self, leader: str, pair: Pair) -> str:
        """The sentence for a difference that is not."""
        other, gap, low, high = _from(leader, pair)
        if gap == 0 and not (pair.only_a or pair.only_b):
            alike = f"their {self.title} is the same on {pair.n:,} examples"
            return f"No difference is shown between {leader} and {other}: {alike}."
        where = f", 95 % interval {span}" if (span := self.interval(low, high)) else ""
        p = self.p(pair.p if pair.p_holm is None else pair.p_holm)
        seen = f"{self.title} of {leader} minus {other} is {self.gap(gap)}{where} ({p}), n {pair.n:,}"
        return f"No difference is shown: {seen}.{self._chances(leader, pair)}"

    def _chances(self, leader: str, pair: Pair) -> str:
        """For folds: how probable it is that the leader is better, and that the difference is too small to matter."""
        if pair.chances is None:
            return ""
        mine, other = ("a", "b") if pair.a == leader else ("b", "a")
        matters = self.gap(pair.chances["rope"]).removeprefix("+")
        said = [chance(pair.chances[key]) for key in (mine, "same", other)]
        return (
            f" Chance that it is better by more than {matters}: {said[0]}; about the same: {said[1]}; "
            f"that {pair.b if mine == 'a' else pair.a} is: {said[2]}."
        )


def _from(leader: str, pair: Pair) -> tuple[str, float, float | None, float | None]:
    """The other one, and the difference seen from the leader."""
    if pair.a == leader:
        return pair.b, pair.difference, pair.low, pair.high
    return pair.a, -pair.difference, *_turned(pair.low, pair.high)


def _turned(low: float | None, high: float | None) -> tuple[float | None, float | None]:
    return (None, None) if low is None or high is None else (-high, -low)
