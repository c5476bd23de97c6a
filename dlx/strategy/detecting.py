"""How many examples would show a difference of two predictors that judge the same examples."""

from __future__ import annotations

import math

from scipy.special import ndtri

__all__ = ["examples_to_detect", "grown", "up_to_two_digits"]


def examples_to_detect(difference: float, discordance: float, *, confidence: float = 0.95, power: float = 0.8) -> float:
    """Examples at which McNemar's test finds a difference of two rates: (z_α/2·√π + z_β·√(π − Δ²))²/Δ² (Connor 1987).

    >>> round(examples_to_detect(0.01, 0.10)), round(examples_to_detect(0.01, 0.01))
    (7847, 783)

    Args:
        difference: Δ, of either sign, not 0, in −1 to 1.
        discordance: π, share of examples on which just one of the two is wrong, |Δ| to 1.
        confidence: 1 − α of the two-sided test.
        power: chance of finding it.
    """
    alpha, beta = float(ndtri(0.5 + confidence / 2)), float(ndtri(power))
    gap = abs(difference)
    inside = max(discordance - gap * gap, 0.0)
    return (alpha * math.sqrt(discordance) + beta * math.sqrt(inside)) ** 2 / gap**2


def grown(n: int, difference: float, se: float, *, confidence: float = 0.95, power: float = 0.8) -> float:
    """The same for any paired mean: n·((z_α/2 + z_β)·se/Δ)², as a standard error falls with the root of n.

    Args:
        n: examples behind the standard error; with groups, the number grows at the same examples per group.
        difference: the observed difference, not 0.
        se: its standard error, above 0.
        confidence: 1 − α of the two-sided test.
        power: chance of finding it.
    """
    z = float(ndtri(0.5 + confidence / 2)) + float(ndtri(power))
    return n * (z * se / difference) ** 2


def up_to_two_digits(number: float) -> int:
    """Rounded up to two significant digits: the plan knows no more.

    >>> up_to_two_digits(7847.2), up_to_two_digits(31)
    (7900, 31)
    """
    step = 10 ** max(math.floor(math.log10(number)) - 1, 0)
    return math.ceil(number / step) * step
