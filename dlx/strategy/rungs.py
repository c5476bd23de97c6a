"""The records of the ladder: a rung is an error that was measured or cited, a gap is the step between two rungs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

__all__ = ["GAPS", "RUNGS", "TITLES", "Basis", "Gap", "HumanFigure", "Rung"]

#: Rungs from the bottom of the ladder to its top.
RUNGS = ("human", "train", "train_dev", "dev", "test")

#: Gaps in ladder order: the i-th lies between the i-th rung and the next.
GAPS = ("avoidable_bias", "variance", "data_mismatch", "overfit_to_dev")

#: What people call them.
TITLES = {
    "human": "human",
    "train": "train",
    "train_dev": "train-dev",
    "dev": "dev",
    "test": "test",
    "avoidable_bias": "avoidable bias",
    "variance": "variance",
    "data_mismatch": "data mismatch",
    "overfit_to_dev": "overfitting to dev",
}

Basis = Literal["measured", "cited", "assumed"]


@dataclass(frozen=True)
class Rung:
    """One error of the ladder.

    Attributes:
        name: one of ``RUNGS``.
        error: the value: a fraction in 0–1, or a number in the measure's unit.
        low: lower 95 % limit; None where it is not known.
        high: upper 95 % limit.
        n: scored units (rows) behind the value.
        n_eff: rows of a plain random sample that would tell as much (n* of :func:`dlx.strategy.intervals.mean_rung`).
        design_effect: variance over that of a plain random sample of n rows; above 1 where groups or weights cost.
        groups: number of groups of dependent rows; None where every row stands alone.
        basis: measured, cited (from elsewhere) or assumed (nothing is known).
        source: who says so, or what is to be known about the interval.
        se: standard error, for measures without bounds.
        draws: draws from the posterior, where the measure has no closed form (bootstrap).
    """

    name: str
    error: float
    low: float | None = None
    high: float | None = None
    n: int | None = None
    n_eff: float | None = None
    design_effect: float | None = None
    groups: int | None = None
    basis: Basis = "measured"
    source: str = ""
    se: float | None = None
    draws: np.ndarray | None = field(default=None, compare=False, repr=False)

    @property
    def has_interval(self) -> bool:
        """Whether both limits are known."""
        return self.low is not None and self.high is not None

    @property
    def limits(self) -> tuple[float, float]:
        """Both limits; an exact constant has itself."""
        return (self.low, self.high) if self.has_interval else (self.error, self.error)

    def to_dict(self) -> dict[str, Any]:
        """The rung as JSON data."""
        keys = ("name", "error", "low", "high", "n", "n_eff", "design_effect", "groups", "basis", "source")
        return {key: getattr(self, key) for key in keys}


@dataclass(frozen=True)
class Gap:
    """The step between two neighbouring rungs; null where it cannot be measured.

    Attributes:
        name: one of ``GAPS``.
        value: upper rung minus lower rung, rounded to 1e-9; negative values are kept.
        low: lower 95 % limit.
        high: upper 95 % limit.
        p_largest: posterior probability that this gap is the largest.
        flagged: whether it is large by the rule that needs no sample sizes.
    """

    name: str
    value: float | None = None
    low: float | None = None
    high: float | None = None
    p_largest: float | None = None
    flagged: bool = False

    def to_dict(self) -> dict[str, Any]:
        """The gap as JSON data."""
        keys = ("name", "value", "low", "high", "p_largest", "flagged")
        return {key: getattr(self, key) for key in keys}


@dataclass(frozen=True)
class HumanFigure:
    """The error of one group of people.

    Attributes:
        group: its name; ``group/person`` for one person of it.
        error: a fraction in 0–1, or a number in the measure's unit.
        n: items they labelled; None for a cited figure taken as exact.
        n_annotators: people behind it.
        low: lower 95 % limit, where measured.
        high: upper 95 % limit.
        source: reference or description.
        basis: measured, cited or assumed.
        of: the data source it was measured on; None if that is the ladder's.
        paired: counts on the dev rows that both judged: (both wrong, only human wrong, only model wrong, both right).
        draws: posterior draws of the error, where it has no closed form.
        beside: only shown beside the others: a figure from elsewhere, where people were measured on this data.
    """

    group: str
    error: float
    n: int | None = None
    n_annotators: int | None = None
    low: float | None = None
    high: float | None = None
    source: str = ""
    basis: Basis = "cited"
    of: str | None = None
    paired: tuple[int, int, int, int] | None = None
    draws: np.ndarray | None = field(default=None, compare=False, repr=False)
    beside: bool = False

    def to_dict(self) -> dict[str, Any]:
        """The figure as JSON data."""
        keys = ("group", "error", "low", "high", "n", "n_annotators", "basis", "source", "of", "beside")
        return {key: getattr(self, key) for key in keys}
