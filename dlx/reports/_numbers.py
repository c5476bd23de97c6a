"""Numbers as people read them: rates as per cent, gaps in points, other measures in their unit."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from dlx.strategy import words

__all__ = ["Measure", "chance", "count", "number", "plain"]

MINUS = "\N{MINUS SIGN}"
PERCENT = "\N{NO-BREAK SPACE}%"
NONE = "\N{EN DASH}"
_TITLES = {"mae": "MAE", "rmse": "RMSE", "auc": "AUC", "f1": "F1", "r2": "R²", "iou": "IoU"}


def known(value: Any) -> bool:
    """Whether this is a finite number (NumPy's and pandas' included)."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def count(value: Any) -> str:
    """A whole number with thousands apart.

    >>> count(12345)
    '12,345'
    """
    return f"{round(value):,}".replace("-", MINUS) if known(value) else NONE


def number(value: Any, digits: int = 3) -> str:
    """A number with that many significant digits, never in exponents where people would not use them.

    >>> number(0.012345), number(1234.5), number(-44.0)
    ('0.0123', '1,234', '−44.0')
    """
    if not known(value):
        return NONE
    if value == 0:
        return "0"
    size = math.floor(math.log10(abs(value)))
    if size < -4 or size > 8:
        return f"{value:.{digits - 1}e}".replace("-", MINUS)
    return f"{value:,.{max(digits - 1 - size, 0)}f}".replace("-", MINUS)


def chance(probability: Any) -> str:
    """A probability in words; what is nearly certain is not called certain.

    >>> chance(0.9995), chance(0.42), chance(None)
    ('> 99 %', '42 %', '–')
    """
    return NONE if not known(probability) else words.chance(probability)


def plain(value: Any) -> str:
    """Any JSON value as text for a table cell."""
    if value is None:
        return NONE
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return count(value)
    if isinstance(value, float):
        return f"{value:.4g}".replace("-", MINUS) if math.isfinite(value) else str(value)
    if isinstance(value, dict):
        return ", ".join(f"{k} {plain(v)}" for k, v in value.items()) or NONE
    if isinstance(value, (list, tuple)):
        return ", ".join(plain(v) for v in value) or NONE
    return str(value)


@dataclass(frozen=True)
class Measure:
    """How the values of one measure are written.

    Attributes:
        name: the metric's name.
        unit: its unit, empty for rates.
        bounded: whether it lies in 0–1 and is written as per cent.
        reversed: shown is 1 − the metric, because more of it is better and the ladder counts errors.
    """

    name: str = "error"
    unit: str = ""
    bounded: bool = True
    reversed: bool = False

    @property
    def title(self) -> str:
        title = _TITLES.get(self.name, self.name.replace("_", " "))
        return f"1 {MINUS} {title}" if self.reversed else title

    def value(self, value: Any) -> str:
        """One value with its unit: ``8.20 %``, ``44.1 mg``."""
        if not known(value):
            return NONE
        return f"{_per_cent(value)}{PERCENT}" if self.bounded else f"{number(value)} {self.unit}".strip()

    def gap(self, value: Any) -> str:
        """A difference with its sign, in points for rates: ``+2.00 points``."""
        if not known(value):
            return NONE
        sign = "+" if value > 0 else ""
        return f"{sign}{_per_cent(value)} points" if self.bounded else sign + self.value(value)

    def goal(self, value: float) -> str:
        """A round value that somebody chose: ``5 %``, ``0.5 %``, ``40 mg``."""
        return f"{100 * value:.4g}{PERCENT}" if self.bounded else f"{value:.4g} {self.unit}".strip()

    def interval(self, low: Any, high: Any) -> str:
        """Both limits in brackets, empty where they are not known."""
        if not (known(low) and known(high)):
            return ""
        write = _per_cent if self.bounded else number
        return f"[{write(low)}, {write(high)}]"

    def tick(self, value: float, step: float) -> str:
        """A value on an axis whose ticks are ``step`` apart."""
        shown, apart = (value * 100, step * 100) if self.bounded else (value, step)
        digits = max(0, -math.floor(math.log10(apart) + 1e-9))
        return f"{shown:,.{digits}f}".replace("-", MINUS) + (PERCENT if self.bounded else "")


def _per_cent(value: float) -> str:
    if value == 0:
        return "0"
    per_cent = value * 100
    digits = 1 if round(abs(per_cent), 2) >= 10 else 2
    return f"{per_cent:.{digits}f}".replace("-", MINUS)
