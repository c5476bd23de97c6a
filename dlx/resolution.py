"""What a dev set can resolve: half-widths, and the smallest difference between two models (statistics 3.6)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from scipy.special import ndtri

__all__ = ["Resolution", "detectable", "half_width", "needed", "resolution"]

#: error rates and shares of examples on which two models differ, for which the table is made
_RATES = (0.01, 0.05, 0.1)
_DISCORDANT = (0.01, 0.02, 0.05, 0.10)
_ALPHA, _POWER = 0.05, 0.80


@dataclass(frozen=True)
class Resolution:
    """What n dev examples can tell apart.

    Attributes:
        n: scored units in dev (known labels where there are several per example).
        bounded: errors lie in 0–1; else differences are in standard deviations of the paired difference.
        groups: groups in dev, or None: rows of one group count for less than as many independent ones.
        half_widths: error rate → half-width of its 95 % interval.
        differences: share of examples on which two models differ → smallest difference found with 80 % power.
    """

    n: int
    bounded: bool
    groups: int | None
    half_widths: dict[float, float]
    differences: dict[float, float | None]

    @property
    def sentence(self) -> str:
        """The result in one sentence."""
        if not self.n:
            return "there is no dev set: nothing can be resolved"
        if not self.bounded:
            smallest = self.differences[1.0]
            unit = "standard deviations of the paired difference"
            return f"{self.n:,} dev examples resolve {smallest:.2g} {unit} between two models (80 % power)"
        smallest = self.differences[0.05]
        told = "no difference" if smallest is None else f"a difference of {_points(smallest)}"
        text = (
            f"{self.n:,} dev examples give ±{_points(self.half_widths[0.05])} at 5 % error, and resolve {told} "
            "between two models that differ on 5 % of them (80 % power)"
        )
        return text + (f"; its {self.groups:,} groups make both wider" if self.groups else "")

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON; rates as text keys."""
        return {
            "n": self.n,
            "bounded": self.bounded,
            "groups": self.groups,
            "half_width_at_error": {f"{rate:g}": width for rate, width in self.half_widths.items()},
            "difference_at_discordance": {f"{share:g}": delta for share, delta in self.differences.items()},
            "alpha": _ALPHA,
            "power": _POWER,
            "sentence": self.sentence,
        }


def resolution(n: int, *, bounded: bool = True, groups: int | None = None) -> Resolution:
    """What n scored units can resolve.

    Args:
        n: scored units in dev.
        bounded: whether errors lie in 0–1.
        groups: groups in dev, or None where rows are independent.
    """
    if not bounded:
        # σ of the paired difference is not known before two models are: the unit is that σ
        return Resolution(n, False, groups, {}, {1.0: (_z(_ALPHA / 2) + _z(1 - _POWER)) / n**0.5 if n else None})
    widths = {rate: half_width(rate, n) for rate in _RATES} if n else {}
    return Resolution(n, True, groups, widths, {share: detectable(n, share) for share in _DISCORDANT})


def half_width(rate: float, n: int) -> float:
    """Half-width z√(pq/n) of the 95 % interval of a rate.

    >>> round(half_width(0.05, 1825), 4)
    0.01
    """
    return _z(_ALPHA / 2) * (rate * (1 - rate) / n) ** 0.5


def needed(difference: float, discordant: float) -> float:
    """Examples needed to find a difference between two models scored on the same ones (Connor 1987).

    n = (z_{α/2}√π + z_β√(π − Δ²))² / Δ², two-sided α = 0.05, power 0.8.

    Args:
        difference: Δ, in 0–1.
        discordant: π ≥ Δ, the share of examples on which exactly one of the two is wrong.

    >>> round(needed(0.01, 0.05))
    3922
    """
    spread = (discordant - difference**2) ** 0.5
    return (_z(_ALPHA / 2) * discordant**0.5 + _z(1 - _POWER) * spread) ** 2 / difference**2


def detectable(n: int, discordant: float) -> float | None:
    """The smallest difference found with 80 % power among n examples, or None where even the largest is not.

    Args:
        n: examples.
        discordant: share of examples on which the two models differ; no difference can be larger.
    """
    if n < 1 or needed(discordant, discordant) > n:
        return None
    low, high = 0.0, discordant
    for _ in range(60):  # needed() falls with the difference: halve the bracket to machine precision
        middle = (low + high) / 2
        low, high = (low, middle) if needed(middle, discordant) <= n else (middle, high)
    return high


def _z(tail: float) -> float:
    return float(-ndtri(tail))


def _points(value: float) -> str:
    return f"{100 * value:.2g} points"
