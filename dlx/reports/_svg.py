"""Small helpers for drawing: elements, scales and round ticks. Colours stand in the style sheet, not here."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from markupsafe import Markup, escape

__all__ = ["Scale", "picture", "tag", "ticks"]


def tag(name: str, *children: str | Markup, **attributes: object) -> Markup:
    """One element; attribute values and plain text children are escaped, None attributes left out.

    A trailing underscore is dropped (``class_``), others become hyphens; numbers lose needless decimals.

    >>> tag("text", "a < b", x=1.25, text_anchor="end")
    Markup('<text x="1.2" text-anchor="end">a &lt; b</text>')
    """
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(_value(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    inside = "".join(escape(child) for child in children)
    return Markup(f"<{name}{written}>{inside}</{name}>")


def _value(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.1f}".removesuffix(".0")
    return str(value)


def picture(width: float, height: float, parts: Iterable[Markup], *, label: str, class_: str = "") -> Markup:
    """A drawing that shrinks with the page, and grows to at most 1.3 times its size; ``label`` says what it shows."""
    box = f"0 0 {_value(float(width))} {_value(float(height))}"
    return tag(
        "svg",
        *parts,
        viewBox=box,
        width=width,
        height=height,
        role="img",
        aria_label=label,
        style=f"max-width:{width * 1.3:.0f}px",
        class_=f"drawing {class_}".strip(),
    )


@dataclass(frozen=True)
class Scale:
    """A straight line from values ``low``–``high`` to places ``start``–``end``; with ``log`` on a log scale."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def __call__(self, value: float) -> float:
        low, high = self.low, self.high
        if self.log:
            value, low, high = math.log10(max(value, low)), math.log10(low), math.log10(high)
        share = (value - low) / (high - low) if high > low else 0.5
        return self.start + (self.end - self.start) * share


def ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Round values between ``low`` and ``high``: steps of 1, 2 or 5 times a power of ten.

    >>> ticks(0, 0.113, 5)
    [0.0, 0.02, 0.04, 0.06, 0.08, 0.1]
    """
    span = high - low
    if not span > 0:
        return [low]
    rough = span / about
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * m for m in (1, 2, 5, 10) if power * m >= rough * 0.8)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    digits = max(0, -math.floor(math.log10(step) + 1e-9))
    return [round(i * step, digits) for i in range(first, last + 1)]


def log_ticks(low: float, high: float) -> list[float]:
    """Powers of ten between two positive values, with 2 and 5 where there are few."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    tens = [10.0**p for p in powers if low <= 10.0**p <= high]
    if len(tens) >= 3:
        return tens
    return [m * 10.0**p for p in powers for m in (1, 2, 5) if low <= m * 10.0**p <= high]
