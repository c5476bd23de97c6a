"""How much error no classifier can avoid: from several votes per example, or from nearest neighbours alone."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import stdtrit

from dlx.errors import UserError

__all__ = ["FEW_VOTES", "BayesError", "cover_hart", "soft_label_error"]

#: Below so many votes per example the estimate is clearly too low.
FEW_VOTES = 10
#: Votes per example → share of the estimate from 51 votes that it finds, on CIFAR-10H: 0, 3.6, 4.0, 4.3, 4.5 of 4.56 %.
_FOUND = {1: 0.0, 2: 0.79, 3: 0.88, 5: 0.94, 25: 0.99}


@dataclass(frozen=True)
class BayesError:
    """The ambiguity of single votes: how often even the likeliest answer is not the one a person gives.

    Attributes:
        value: mean of 1 − max q over examples, q the shares of the votes; with two classes mean of min(q, 1 − q).
        low: lower 95 % limit (t); None with one example.
        high: upper 95 % limit.
        n: examples with votes.
        votes: median votes on one of them.
        note: which way it is wrong, and what it is not.
    """

    value: float
    low: float | None
    high: float | None
    n: int
    votes: float
    note: str

    def to_dict(self) -> dict[str, Any]:
        """The estimate as JSON data."""
        return dict(vars(self))


def soft_label_error(counts: np.ndarray) -> BayesError:
    """The plug-in estimate of Ishida et al. (2023), generalised to several classes.

    >>> soft_label_error([[9, 1], [10, 0]]).value
    0.05

    Args:
        counts: (examples, classes) votes; rows without any are left out.

    Raises:
        UserError: no vote at all.
    """
    counts = np.asarray(counts, dtype=float)
    counts = counts[counts.sum(axis=1) > 0]
    n = len(counts)
    if not n:
        raise UserError("an estimate from votes needs votes", value=0)
    each = counts.sum(axis=1)
    doubt = 1 - counts.max(axis=1) / each
    value, votes = float(doubt.mean()), float(np.median(each))
    low = high = None
    if n > 1 and np.ptp(doubt) > 0:  # as scipy.stats.t.interval, which takes half a second to import
        half = float(stdtrit(n - 1, 0.975)) * float(doubt.std(ddof=1)) / math.sqrt(n)
        low, high = max(value - half, 0.0), min(value + half, 1.0)
    return BayesError(value, low, high, n, votes, _note(votes))


def _note(votes: float) -> str:
    what = "It is how ambiguous single votes are, not the error of a label that many people agree on."
    if votes < 2:
        return f"With one vote per example it is 0 whatever people do. {what}"
    if votes < FEW_VOTES:
        nearest = max(k for k in _FOUND if k <= votes)
        return (
            f"With {votes:g} votes per example it is too low (on CIFAR-10H {nearest} votes found "
            f"{100 * _FOUND[nearest]:.0f} % of what 51 did); {FEW_VOTES} or more tell. {what}"
        )
    return what


def cover_hart(nearest_neighbour_error: float, classes: int) -> float:
    """A lower bound of the Bayes error from the error R of a 1-nearest-neighbour rule (Cover & Hart 1967).

    (C − 1)/C · (1 − √(1 − C/(C − 1) · R)); it holds for endless data and good features, so it is weak here.

    >>> round(cover_hart(0.1, 2), 4)
    0.0528

    Args:
        nearest_neighbour_error: R in 0–1.
        classes: C, at least 2.

    Raises:
        UserError: no rate, or fewer than two classes.
    """
    if classes < 2 or not 0 <= nearest_neighbour_error <= 1:
        raise UserError("an error rate and at least two classes", value=(nearest_neighbour_error, classes))
    share = (classes - 1) / classes
    return share * (1 - math.sqrt(max(0.0, 1 - nearest_neighbour_error / share)))
