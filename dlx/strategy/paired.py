"""Two predictors on the same examples: the difference of their error rates and its test.

Both need only the discordant counts: how often one is wrong where the other is right.
"""

from __future__ import annotations

import math

from scipy.special import bdtr, ndtri

__all__ = ["mcnemar_mid_p", "tango"]


def tango(b: float, c: float, n: float, confidence: float = 0.95) -> tuple[float, float]:
    """Score interval of the difference (b − c)/n of two rates on the same examples (Tango 1998).

    Args:
        b: examples that only the first gets wrong.
        c: examples that only the second gets wrong.
        n: all examples that both judged, at least b + c and above 0.
        confidence: coverage.

    Returns:
        limits of first minus second, in −1 to 1.
    """
    from scipy.optimize import brentq

    z = float(ndtri(0.5 + confidence / 2))

    def score(delta: float) -> float:
        # q: rate of "only the second wrong", the most likely one if the difference were delta
        linear = (2 * n - b + c) * delta - b - c
        root = math.sqrt(max(linear * linear + 8 * n * c * delta * (1 - delta), 0.0))
        q = (root - linear) / (4 * n)
        variance = n * (2 * q + delta * (1 - delta))
        return (b - c - n * delta) / math.sqrt(max(variance, 1e-300))

    edge, observed = 1 - 1e-12, (b - c) / n
    low = -1.0 if observed <= -edge else brentq(lambda delta: score(delta) - z, -edge, observed)
    high = 1.0 if observed >= edge else brentq(lambda delta: score(delta) + z, observed, edge)
    return float(low), float(high)


def mcnemar_mid_p(b: int, c: int) -> float:
    """McNemar's test with mid-p: whether two predictors err differently (Fagerland, Lydersen & Laake 2013).

    Args:
        b: examples that only the first gets wrong.
        c: examples that only the second gets wrong.

    Returns:
        the two-sided p-value; 1 where they never differ.
    """
    n, k = b + c, min(b, c)
    if n == 0:
        return 1.0
    exactly_k = math.exp(math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1) - n * math.log(2))
    return min(1.0, 2 * float(bdtr(k, n, 0.5)) - exactly_k)
