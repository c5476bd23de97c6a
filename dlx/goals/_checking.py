"""Whether a candidate keeps its limits: by one-sided 95 % bounds (statistics 3.13)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from scipy.special import ndtri, stdtrit

from dlx.errors import UserError, unknown
from dlx.goals._limits import Limit
from dlx.goals._quantities import EVENTS, MODEL_FACTS, Bounded, Quantity, events_per_day, fact
from dlx.metrics._measure import Measure
from dlx.scores._rung import groups_of, rung, signed_mean
from dlx.strategy.intervals import group_codes, wilson

if TYPE_CHECKING:
    import pandas as pd

    from dlx.strategy.rungs import Rung

__all__ = ["Check", "Feasible", "check", "feasible", "measured"]

#: Proven to keep all limits; proven to break one; or neither.
Feasible = Literal["unproven"] | bool


@dataclass(frozen=True)
class Check:
    """One limit, one candidate.

    Attributes:
        limit: the limit.
        value: the measured value; None where there is none.
        bound: the one-sided 95 % bound on the side of the limit.
        feasible: True if that bound keeps it, False if the bound of the other side breaks it, else ``unproven``.
        reason: in words.
    """

    limit: Limit
    value: float | None
    bound: float | None
    feasible: Feasible
    reason: str

    def to_dict(self) -> dict[str, Any]:
        """The check as JSON data."""
        fields = ("value", "bound", "feasible", "reason")
        return {"limit": self.limit.text} | {name: getattr(self, name) for name in fields}


def check(limit: Limit, rows: pd.DataFrame, info: Mapping[str, Any] | None = None, *, bounded: bool = True) -> Check:
    """Hold one candidate against one limit.

    Args:
        limit: the limit.
        rows: the candidate's dev rows.
        info: its ``run.json``; None for a foreign table.
        bounded: whether the column ``error`` lies in 0–1.

    Raises:
        UserError: a metric that does not fit the rows.
    """
    found = measured(limit.quantity, rows, info or {}, bounded=bounded)
    near, far = (found.high, found.low) if limit.sign[0] == "<" else (found.low, found.high)
    if near is not None and limit.holds(near):
        return Check(limit, found.value, near, True, "kept")
    if far is not None and not limit.holds(far):
        return Check(limit, found.value, near, False, f"broken: {limit.quantity.text} is {found.value:.4g}")
    if found.value is None or near is None:
        reason = found.reason or "there is no bound"
    else:
        side = "at most" if limit.sign[0] == "<" else "at least"
        reason = f"{limit.quantity.text} is {found.value:.4g}, and {side} {near:.4g} with 95 % confidence"
    return Check(limit, found.value, near, "unproven", f"unproven: {reason}")


def feasible(checks: Sequence[Check]) -> Feasible:
    """All limits together: one that is broken decides, then one that is unproven; without limits all is well."""
    states = [each.feasible for each in checks]
    return False if False in states else "unproven" if "unproven" in states else True


def measured(quantity: Quantity, rows: pd.DataFrame, info: Mapping[str, Any], *, bounded: bool = True) -> Bounded:
    """The value and its one-sided 95 % bounds.

    Raises:
        UserError: a metric that does not fit the rows, or a slice that has none.
    """
    if quantity.name in MODEL_FACTS:
        return fact(quantity.name, info, rows)
    if quantity.part is not None:
        rows = _slice(rows, *quantity.part)
    if quantity.name == EVENTS:
        return events_per_day(rows, quantity.knobs.get("positive"))
    return _of_metric(quantity.measure, rows, bounded)


def _slice(rows: pd.DataFrame, column: str, value: str) -> pd.DataFrame:
    column = "y_true" if column == "class" else column
    if column not in rows:
        raise unknown("column", column, [str(c) for c in rows.columns], where="goal")
    words = rows[column].astype(str)
    if not (words == value).any():
        raise unknown(f"value of {column}", value, words.dropna().unique()[:50], where="goal")
    return rows[(words == value).to_numpy()]


def _of_metric(found: Measure, rows: pd.DataFrame, bounded: bool) -> Bounded:
    if found.rows is not None and found.bounds[0] < 0:  # signed values: means around 0
        values, weight = found.rows(rows, **found.knobs)
        mean, _, high = signed_mean(values, weight=weight, groups=groups_of(rows))
        if high is None:
            return Bounded(mean, reason="all rows have the same value")
        freedom = _units(rows) - 1
        half = (high - mean) * float(stdtrit(freedom, 0.95) / stdtrit(freedom, 0.975))
        return Bounded(mean, mean - half, mean + half)
    in_range = found.bounded and (bounded or found.greater_is_better)
    made = rung(found.name, rows, found, bounded=in_range)
    low, high = _one_sided(made, in_range)
    value = float(found.as_error(made.error))
    limits = [None if limit is None else float(found.as_error(limit)) for limit in (low, high)]
    reason = "" if None not in limits else made.source.removeprefix("no interval: ") or "there is no interval"
    return Bounded(value, *(limits[::-1] if found.greater_is_better else limits), reason)


def _one_sided(made: Rung, bounded: bool) -> tuple[float | None, float | None]:
    """Bounds of 95 % on each side of a rung, made like its two-sided interval."""
    if not made.has_interval:
        return None, None
    if made.draws is not None:
        low, high = np.quantile(made.draws[np.isfinite(made.draws)], (0.05, 0.95))
        return float(low), float(high)
    freedom = (made.groups or made.n or 2) - 1
    if bounded:
        n_eff = made.n_eff
        if made.se and 0 < made.error < 1:  # fewer groups cost less at 95 % than at 97.5 %
            n_eff = made.error * (1 - made.error) / made.se**2 * float(ndtri(0.95) / stdtrit(freedom, 0.95)) ** 2
        return wilson(made.error, n_eff, confidence=0.90)
    half = float(stdtrit(freedom, 0.95)) * made.se
    return max(made.error - half, 0.0), made.error + half


def _units(rows: pd.DataFrame) -> int:
    codes = group_codes(groups_of(rows))
    return max(len(rows) if codes is None else int(codes.max()) + 1, 2)


def refuse_hopeless(checks: Mapping[str, Sequence[Check]]) -> None:
    """Refuse a choice in which every candidate breaks a limit.

    Raises:
        UserError: what each of them breaks.
    """
    if checks and all(feasible(each) is False for each in checks.values()):
        broken = "; ".join(
            f"{name}: {', '.join(f'{c.value:.4g}, not {c.limit.text}' for c in each if c.feasible is False)}"
            for name, each in checks.items()
        )
        raise UserError(
            f"no candidate is feasible: {broken}", hint="Loosen a limit, or train a candidate that keeps it."
        )
