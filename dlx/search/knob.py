"""One knob of a search: its values, and the exact mapping between them and the interval from 0 to 1."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Knob"]

#: significant digits of what is suggested: 3.162e-4 is written in a command more gladly than 0.00031622776601683794
_DIGITS = 4


@dataclass(frozen=True)
class Knob:
    """A recipe path and what is tried there.

    The place of a value is a number u in 0–1 so that u drawn evenly draws values evenly on the knob's scale: on a
    log scale from 1e-4 to 1 a quarter of all u belongs to each decade (rule P35). Values beyond the range have places
    beyond 0–1; a search goes there when the best trial sits on an edge.

    Attributes:
        path: of the recipe; whole numbers index lists.
        low: smallest value; None for listed values.
        high: largest value.
        scale: ``linear``, ``log``, or ``one_minus_log`` for β near 1.
        step: distance of neighbours on the linear scale, their ratio on the others; None: all values.
        values: the listed values; None for a range.
        whole: whether only whole numbers may stand there.
        when: other knob → the values under which this one counts; empty: always.
        tier: rank of importance, from 1; None where nobody said.
        domain: the values that the recipe accepts at all, both ends included.
    """

    path: str
    low: float | None = None
    high: float | None = None
    scale: str = "linear"
    step: float | None = None
    values: tuple | None = None
    whole: bool = False
    when: Mapping[str, tuple] = field(default_factory=dict)
    tier: int | None = None
    domain: tuple[float, float] = (-math.inf, math.inf)

    @property
    def ordered(self) -> bool:
        """Whether neighbours mean anything: a range, or listed numbers that rise, or lists of them whose sums do."""
        if self.values is None:
            return True
        parts = [list(v) if isinstance(v, (list, tuple)) else [v] for v in self.values]
        if not all(isinstance(p, (int, float)) and not isinstance(p, bool) for part in parts for p in part):
            return False
        sums = [sum(part) for part in parts]
        return sums == sorted(set(sums))

    @property
    def size(self) -> int | None:
        """How many values there are; None for a continuum."""
        if self.values is not None:
            return len(self.values)
        if self.step is not None:
            return math.floor(self._raw_span() / self._raw_step() + 1e-9) + 1
        return int(self.high - self.low) + 1 if self.whole else None

    @property
    def widens(self) -> bool:
        """Whether a search may go beyond the range: listed and stepped values stay what they are."""
        return self.values is None and self.step is None

    def at(self, place: float) -> Any:
        """The value at a place, on the recipe's type and rounded to four significant digits."""
        if self.values is not None:
            return self.values[min(max(int(place * len(self.values)), 0), len(self.values) - 1)]
        if self.step is not None:
            index = min(max(int(place * self.size), 0), self.size - 1)
            return self._typed(self._from_raw(self._raw(self.low) + index * self._raw_step()))
        low, high = self._ends()
        value = self._from_raw(low + (high - low) * place)
        value = min(max(value, self.domain[0]), self.domain[1])
        if self.whole:
            inside = 0 <= place <= 1
            return min(max(round(value), self.low), self.high) if inside else round(value)
        return self._rounded(value, inside=0 <= place <= 1)

    def place(self, value: Any) -> float:
        """The place of a value; of one that stands for an interval (listed, stepped, whole), its middle."""
        if self.values is not None:
            return (self.values.index(value) + 0.5) / len(self.values)
        if self.step is not None:
            return (round((self._raw(value) - self._raw(self.low)) / self._raw_step()) + 0.5) / self.size
        low, high = self._ends()
        return (self._raw(value) - low) / (high - low)

    def holds(self, value: Any) -> bool:
        """Whether the value lies in the range or is listed."""
        if self.values is not None:
            return any(value == v and isinstance(value, bool) == isinstance(v, bool) for v in self.values)
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        return number and self.low <= value <= self.high and (not self.whole or value == int(value))

    def spaced(self, count: int) -> list:
        """That many values, evenly on the scale and with both ends; all of them where there are no more."""
        if self.size is not None and self.size <= count:
            return [self.at((i + 0.5) / self.size) for i in range(self.size)]
        low, high = self._raw(self.low), self._raw(self.high)
        values = [self._from_raw(low + (high - low) * i / max(count - 1, 1)) for i in range(count)]
        if self.step is not None:  # the nearest steps
            values = [self.at(self.place(value)) for value in values]
        values = [round(value) if self.whole else self._rounded(value, inside=True) for value in values]
        return list(dict.fromkeys(values))

    def text(self, low: float = 0.0, high: float = 1.0) -> str:
        """The values between two places, for people.

        >>> Knob("train.learning_rate", 1e-4, 1.0, "log").text()
        '0.0001 … 1 (log)'
        """
        if self.values is not None or self.step is not None:
            count = self.size
            first, last = min(int(low * count + 1e-9), count - 1), max(math.ceil(high * count - 1e-9) - 1, 0)
            shown = [self.at((i + 0.5) / count) for i in range(first, max(last, first) + 1)]
            if len(shown) > 8:
                return f"{_short(shown[0])}, {_short(shown[1])} … {_short(shown[-1])}"
            return ", ".join(_short(value) for value in shown)
        scale = {"linear": "", "log": " (log)", "one_minus_log": " (1 − value on a log scale)"}[self.scale]
        return f"{_short(self.at(low))} … {_short(self.at(high))}{scale}"

    def _ends(self) -> tuple[float, float]:
        """The raw places of 0 and 1: of whole numbers half a number further out, so that each is drawn alike."""
        if not self.whole:
            return self._raw(self.low), self._raw(self.high)
        return self._raw(max(self.low - 0.5, 0.5 if self.scale == "log" else -math.inf)), self._raw(self.high + 0.5)

    def _raw(self, value: float) -> float:
        if self.scale == "log":
            return math.log10(value)
        return -math.log10(1 - value) if self.scale == "one_minus_log" else float(value)

    def _from_raw(self, raw: float) -> float:
        if self.scale == "log":
            return 10**raw
        return 1 - 10**-raw if self.scale == "one_minus_log" else raw

    def _raw_span(self) -> float:
        return self._raw(self.high) - self._raw(self.low)

    def _raw_step(self) -> float:
        return self.step if self.scale == "linear" else math.log10(self.step)

    def _typed(self, value: float) -> float | int:
        return round(value) if self.whole else float(f"{value:.12g}")

    def _rounded(self, value: float, *, inside: bool) -> float:
        """Rounded on the scale, finer than a ten-thousandth of a narrow range, and never out of range by rounding."""
        if self.scale == "linear":
            value = round(value, _DIGITS - 1 - math.floor(math.log10(self.high - self.low)))
        else:
            more = max(0, math.ceil(-math.log10(self._raw_span())))
            turned = value if self.scale == "log" else 1 - value
            turned = float(f"{turned:.{_DIGITS + more}g}")
            value = turned if self.scale == "log" else float(f"{1 - turned:.12g}")
        return min(max(value, float(self.low)), float(self.high)) if inside else value


def _short(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4g}" if not 0.99 < abs(value) < 1 else f"{value:.6g}"
    return str(value)
