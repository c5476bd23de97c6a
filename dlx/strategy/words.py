"""Numbers and names as the verdict says them."""

from __future__ import annotations

from collections.abc import Sequence

from dlx.strategy.rungs import TITLES

__all__ = ["capital", "chance", "level", "listed", "points", "title"]


def points(value: float, *, bounded: bool = True, unit: str = "") -> str:
    """A difference of errors: percentage points, or the measure's unit.

    >>> points(0.085), points(0.01), points(3.25, bounded=False, unit="km")
    ('8.5 points', '1 point', '3.25 km')
    """
    if not bounded:
        return _minus(f"{value:.3g} {unit}".strip())
    number = f"{100 * value:.3g}"
    return _minus(f"{number} point{'' if number in ('1', '-1') else 's'}")


def level(value: float, *, bounded: bool = True, unit: str = "") -> str:
    """An error: a percentage, or the measure's unit.

    >>> level(0.082), level(41.66, bounded=False)
    ('8.2 %', '41.7')
    """
    return _minus(f"{100 * value:.3g} %" if bounded else f"{value:.3g} {unit}".strip())


def chance(share: float) -> str:
    """A posterior probability in per cent, never 0 or 100.

    >>> chance(0.614), chance(1.0), chance(0.0)
    ('61 %', '> 99 %', '< 1 %')
    """
    return "> 99 %" if share > 0.99 else "< 1 %" if share < 0.01 else f"{100 * share:.0f} %"


def title(name: str) -> str:
    """What people call a rung or a gap."""
    return TITLES[name]


def capital(text: str) -> str:
    """The first letter made a capital, the rest left alone."""
    return text[:1].upper() + text[1:]


def listed(parts: Sequence[str]) -> str:
    """``a, b and c``."""
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def _minus(text: str) -> str:
    return text.replace("-", "−") if not text.startswith("-0 ") else text[1:]
