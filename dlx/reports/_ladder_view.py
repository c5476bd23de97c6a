"""What the ladder's picture shows: rungs and gaps in order, their texts, and the axis they share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dlx.reports._numbers import Measure, chance, count, known
from dlx.reports._svg import ticks
from dlx.strategy.rungs import GAPS, RUNGS, TITLES

__all__ = ["GapRow", "LadderView", "RungRow", "view"]


@dataclass(frozen=True)
class RungRow:
    """One rung: a point with its interval.

    Attributes:
        title: its name for people.
        error: the value.
        low: lower limit or None.
        high: upper limit or None.
        text: the value in words.
        interval: the limits in words, or empty.
        note: examples behind it, or whose figure it is.
        exact: cited or assumed, not measured: drawn hollow.
        others: further human figures, as values.
    """

    title: str
    error: float
    low: float | None
    high: float | None
    text: str
    interval: str
    note: str
    exact: bool = False
    others: tuple[float, ...] = ()


@dataclass(frozen=True)
class GapRow:
    """One gap: a bar from the lower rung to the upper one.

    Attributes:
        title: its name for people; two names where they cannot be told apart.
        start: error of the lower rung.
        end: error of the upper rung.
        low: lower limit of the gap or None.
        high: upper limit or None.
        text: the value in words.
        interval: the limits in words, or empty.
        note: the chance that it is the largest.
        rank: ``focus``, ``flagged``, ``quiet`` or ``open`` (not measured alone).
    """

    title: str
    start: float
    end: float
    low: float | None
    high: float | None
    text: str
    interval: str
    note: str
    rank: str


@dataclass(frozen=True)
class LadderView:
    """All that is drawn.

    Attributes:
        rows: rungs and gaps in order.
        low: left end of the axis.
        high: right end.
        ticks: places and texts of the axis' ticks.
        measure: the title of the measure.
        target: what is good enough, if it lies on the axis.
        target_text: that in words.
        missing: titles of gaps that were not measured.
        summary: the picture in one sentence, for those who cannot see it.
    """

    rows: tuple[RungRow | GapRow, ...]
    low: float
    high: float
    ticks: tuple[tuple[float, str], ...]
    measure: str
    target: float | None
    target_text: str
    missing: tuple[str, ...]
    summary: str


def view(diagnosis: Mapping[str, Any], measure: Measure, target: float | None = None) -> LadderView | None:
    """Lay the ladder out; None when no rung is known.

    Args:
        diagnosis: the JSON of a diagnosis.
        measure: how its values are written.
        target: the error that is good enough.
    """
    rungs = {r["name"]: r for r in diagnosis.get("rungs") or () if r.get("name") in RUNGS and known(r.get("error"))}
    if not rungs:
        return None
    gaps = {gap["name"]: gap for gap in diagnosis.get("gaps") or ()}
    focus = tuple((diagnosis.get("verdict") or {}).get("focus") or ())
    present = [name for name in RUNGS if name in rungs]
    rows: list[RungRow | GapRow] = []
    drawn: set[str] = set()
    for i, name in enumerate(present):
        rows.append(_rung(rungs[name], measure, diagnosis.get("human") or ()))
        if i + 1 < len(present):
            names, row = _gap(rungs[name], rungs[present[i + 1]], gaps, focus, measure)
            drawn |= names
            rows.append(row)
    missing = tuple(TITLES[name] for name in GAPS if name in gaps and name not in drawn)
    low, high = _domain(rows)
    target = target if known(target) and low <= target <= 1.5 * high else None
    high = max(high, 1.05 * target) if target is not None else high
    at = ticks(low, high, 6)
    step = at[1] - at[0] if len(at) > 1 else high or 1.0
    return LadderView(
        tuple(rows),
        low,
        high,
        tuple((v, measure.tick(v, step)) for v in at),
        measure.title,
        target,
        "" if target is None else f"target {measure.goal(target)}",
        missing,
        _summary(rows),
    )


def _rung(rung: Mapping[str, Any], measure: Measure, people: Any) -> RungRow:
    basis, n = rung.get("basis") or "measured", rung.get("n")
    note = f"n = {count(n)}" if known(n) else "" if basis == "measured" else basis
    others = ()
    if rung["name"] == "human":
        note = f"{basis}, {note}" if known(n) and basis != "measured" else note
        values = [person["error"] for person in people if known(person.get("error"))]
        others = tuple(value for value in values if abs(value - rung["error"]) > 1e-12)
    limits = (rung["low"], rung["high"]) if known(rung.get("low")) and known(rung.get("high")) else (None, None)
    return RungRow(
        TITLES[rung["name"]],
        rung["error"],
        *limits,
        measure.value(rung["error"]),
        measure.interval(*limits),
        note,
        exact=basis != "measured",
        others=others,
    )


def _gap(lower: Mapping, upper: Mapping, gaps: Mapping, focus: tuple[str, ...], measure: Measure):
    between = GAPS[RUNGS.index(lower["name"]) : RUNGS.index(upper["name"])]
    measured = [name for name in between if known((gaps.get(name) or {}).get("value"))]
    ends = (lower["error"], upper["error"])
    if len(measured) != 1:
        row = GapRow(" or ".join(TITLES[n] for n in between), *ends, None, None, "cannot be told apart", "", "", "open")
        return set(between), row
    name = measured[0]
    gap = gaps[name]
    limits = (gap["low"], gap["high"]) if known(gap.get("low")) and known(gap.get("high")) else (None, None)
    rank = "focus" if name in focus else "flagged" if gap.get("flagged") else "quiet"
    note = chance(gap["p_largest"]) if known(gap.get("p_largest")) else ""
    row = GapRow(TITLES[name], *ends, *limits, measure.gap(gap["value"]), measure.interval(*limits), note, rank)
    return set(between), row


def _domain(rows: list[RungRow | GapRow]) -> tuple[float, float]:
    values = [0.0]
    for row in rows:
        if isinstance(row, RungRow):
            values += [row.error, *(v for v in (row.low, row.high) if v is not None), *row.others]
        elif row.high is not None:
            values += [row.start + row.high, row.start + row.low]
    low, high = min(values), max(values)
    margin = 0.04 * (high - low) or 0.01
    return (low - margin if low < 0 else 0.0), high + margin


def _summary(rows: list[RungRow | GapRow]) -> str:
    said = [f"{row.title} {row.text} {row.interval}".strip() for row in rows]
    return "The error ladder: " + ", ".join(said)
