"""The rate of wrong labels from an audit: people look at some of the flagged and some of the other examples.

What an algorithm flags is an order of review, never a rate: on digits with 2–20 % wrong labels its count was 16 to 25 %
too low. The audit is unbiased whatever was flagged, and the better the flags, the narrower its limits.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from dlx.errors import UserError
from dlx.strategy.ceilings import Estimate
from dlx.strategy.intervals import wilson

__all__ = ["audited_rate"]


def audited_rate(strata: Sequence[tuple[int, int, int]]) -> Estimate:
    """ε̂ = Σ W·x/n over strata, W = total/Σ total, with MOVER limits from Wilson's of each (Zou & Donner 2008).

    Without replacement: each Wilson interval is that of n·(N − 1)/(N − n) examples, and a stratum that was looked at
    whole has no width.

    >>> found = audited_rate([(40, 50, 100), (1, 50, 1900)])
    >>> round(found.share, 4)
    0.059

    Args:
        strata: (wrong labels found, examples looked at, all examples) of each.

    Raises:
        UserError: a stratum that has examples, and none was looked at.
    """
    strata = [part for part in strata if part[2] > 0]
    total = sum(n_all for _, _, n_all in strata)
    if not strata or any(n == 0 for _, n, _ in strata):
        raise UserError("a rate needs examples of every stratum", value=strata)
    rate, below, above = 0.0, 0.0, 0.0
    for wrong, n, n_all in strata:
        share, weight = wrong / n, n_all / total
        low, high = (share, share) if n >= n_all else wilson(share, n * (n_all - 1) / (n_all - n))
        rate += weight * share
        below += (weight * (share - low)) ** 2
        above += (weight * (high - share)) ** 2
    return Estimate(rate, max(rate - math.sqrt(below), 0.0), min(rate + math.sqrt(above), 1.0))
