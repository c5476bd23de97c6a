"""The steps between the rungs that are known, and the rule that flags large gaps without sample sizes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

from dlx.strategy.intervals import mover
from dlx.strategy.rungs import GAPS, RUNGS, Rung

__all__ = ["POINT", "ROPE", "Step", "difference", "flag", "floor", "steps"]

#: One percentage point: smaller gaps of a rate are not flagged.
POINT = 0.01

#: Region of practical equivalence, as a share of the dev error; also the floor of flags for other measures.
ROPE = 0.1


@dataclass(frozen=True)
class Step:
    """From one known rung to the next known one.

    Attributes:
        names: the gaps it spans; a gap is measured only by a step that spans it alone.
        lower: the rung it starts from.
        upper: the rung it leads to.
        value: upper minus lower, rounded to 1e-9.
        low: lower 95 % limit, None where a rung has none.
        high: upper 95 % limit.
    """

    names: tuple[str, ...]
    lower: Rung
    upper: Rung
    value: float
    low: float | None = None
    high: float | None = None

    @property
    def name(self) -> str:
        """The gap, or the gaps that cannot be told apart."""
        return " and ".join(self.names)


def steps(rungs: Mapping[str, Rung], *, different_sources: bool = False, bounded: bool = True) -> tuple[Step, ...]:
    """The steps of the ladder, from the foot up.

    Without a train-dev set, train → dev is variance if both come from the same sources; otherwise it is variance and
    data mismatch together (rule P9).
    """
    known = [name for name in RUNGS if name in rungs]
    found = []
    for a, b in pairwise(known):
        names = GAPS[RUNGS.index(a) : RUNGS.index(b)]
        if not different_sources and {"variance", "data_mismatch"} <= set(names):
            names = tuple(name for name in names if name != "data_mismatch")
        found.append(_step(names, rungs[a], rungs[b], bounded))
    return tuple(found)


def difference(lower: float, upper: float, *, bounded: bool = True) -> float:
    """``upper − lower`` without binary dust: rounded to 1e-9, and never to fewer than nine significant digits.

    >>> difference(0.007, 0.008)
    0.001
    """
    largest = max(abs(lower), abs(upper))
    digits = 9 if bounded or largest == 0 else max(9, 8 - math.floor(math.log10(largest)))
    return round(upper - lower, digits) + 0.0  # no minus zero


def floor(dev_error: float | None, *, bounded: bool = True) -> float:
    """What a gap must exceed to be flagged: one point, or a tenth of the dev error of a measure that is no rate."""
    return POINT if bounded else ROPE * (dev_error or 0.0)


def flag(gaps: Mapping[str, float], least: float) -> tuple[str, ...]:
    """Names of the gaps that exceed ``least`` and half of the largest gap, in the order given."""
    largest = max(gaps.values(), default=0.0)
    return tuple(name for name, value in gaps.items() if value > least and value > largest / 2)


def _step(names: tuple[str, ...], lower: Rung, upper: Rung, bounded: bool) -> Step:
    value = difference(lower.error, upper.error, bounded=bounded)
    if not upper.has_interval or not (lower.has_interval or lower.name == "human"):
        return Step(names, lower, upper, value)
    low, high = mover((lower.error, *lower.limits), (upper.error, *upper.limits))
    return Step(names, lower, upper, value, low, high)
