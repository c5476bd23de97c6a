"""How far two people agree on a tag, beyond what chance gives: Cohen's κ with its 95 % interval."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

__all__ = ["UNRELIABLE", "Agreement", "kappa"]

#: A tag with less agreement than this does not mean the same to both.
UNRELIABLE = 0.4


@dataclass(frozen=True)
class Agreement:
    """Cohen's κ of two reviewers.

    Attributes:
        kappa: −1 to 1; None where one of them gave only one answer.
        low: lower 95 % limit.
        high: upper 95 % limit.
        n: examples both have reviewed.
    """

    kappa: float | None
    low: float | None
    high: float | None
    n: int


def kappa(first: Sequence[bool], second: Sequence[bool]) -> Agreement:
    """Cohen's κ of two people's marks on the same examples, with the limits of statsmodels' ``cohens_kappa``.

    Args:
        first: (n,) marks of one.
        second: (n,) marks of the other.
    """
    first, second = np.asarray(first, dtype=bool), np.asarray(second, dtype=bool)
    n = len(first)
    if not n or (first.all() and second.all()) or not (first.any() or second.any()):
        return Agreement(None, None, None, n)  # no chance to disagree: κ is 0/0
    from statsmodels.stats.inter_rater import cohens_kappa

    table = [[int(np.sum((first == a) & (second == b))) for b in (True, False)] for a in (True, False)]
    with np.errstate(divide="ignore", invalid="ignore"):  # its z value, not used here, is 0/0 where κ is 0 for sure
        found = cohens_kappa(np.asarray(table))
    limits = [float(found.kappa_low), float(found.kappa_upp)]
    low, high = limits if all(map(math.isfinite, limits)) else (None, None)
    return Agreement(
        float(found.kappa), None if low is None else max(low, -1.0), None if high is None else min(high, 1.0), n
    )
