"""How far people agree on a tag or a label, beyond what chance gives: Cohen's κ with its 95 % interval, Fleiss' κ."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

__all__ = ["UNRELIABLE", "Agreement", "cohen", "fleiss", "kappa"]

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
    return _limited(cohens_kappa(np.asarray(table)), n)


def cohen(first: Sequence[str], second: Sequence[str]) -> Agreement:
    """Cohen's κ of two people's labels on the same examples, any number of classes.

    Args:
        first: (n,) labels of one.
        second: (n,) labels of the other.
    """
    first, second = np.asarray(first), np.asarray(second)
    names = np.unique(np.concatenate([first, second]))
    n = len(first)
    if len(names) < 2:
        return Agreement(None, None, None, n)  # all alike: κ is 0/0
    from statsmodels.stats.inter_rater import cohens_kappa

    table = np.zeros((len(names), len(names)))
    np.add.at(table, (np.searchsorted(names, first), np.searchsorted(names, second)), 1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # no error to estimate a spread from: the limits are not finite, and left out
        found = cohens_kappa(table)
    return _limited(found, n)


def fleiss(counts: np.ndarray) -> float | None:
    """Fleiss' κ of several people with equally many votes on each example; None where all say the same.

    Args:
        counts: (examples, classes) votes, each row of the same sum ≥ 2.

    Raises:
        ValueError: rows of different sums.
    """
    counts = np.asarray(counts)
    if len(counts) == 0 or (counts.sum(axis=1) != counts[0].sum()).any() or counts[0].sum() < 2:
        raise ValueError("Fleiss' kappa needs equally many votes, at least two, on each example")
    if (counts.sum(axis=0) > 0).sum() < 2:
        return None
    from statsmodels.stats.inter_rater import fleiss_kappa

    return float(fleiss_kappa(counts, method="fleiss"))


def _limited(found, n: int) -> Agreement:
    limits = [float(found.kappa_low), float(found.kappa_upp)]
    if not all(map(math.isfinite, limits)):
        return Agreement(float(found.kappa), None, None, n)
    return Agreement(float(found.kappa), max(limits[0], -1.0), min(limits[1], 1.0), n)
