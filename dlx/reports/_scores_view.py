"""Scores as people read them: one table by measure and split, and one list of slices with intervals."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dlx import parts
from dlx.reports._numbers import Measure, count, known
from dlx.strategy.rungs import TITLES

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Slice", "SliceGroup", "Summary", "slices", "summary"]

#: in the name of a measure that compares two predictors row by row
_DIFFERENCE = "_minus_"
_SPLITS = ("train", "train_dev", "dev", "test")


@dataclass(frozen=True)
class Summary:
    """Every measure over all rows.

    Attributes:
        splits: titles of the columns.
        predictors: the one that is shown, then the others: (name, ((measure, cells), …)); a cell is (value, interval)
            in words, empty where it was not measured.
    """

    splits: tuple[str, ...]
    predictors: tuple[tuple[str, tuple[tuple[str, tuple[tuple[str, str], ...]], ...]], ...]


@dataclass(frozen=True)
class Slice:
    """One slice: its value on an axis from 0 to 100 per cent of the drawing's width."""

    name: str
    text: str
    interval: str
    n: str
    at: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class SliceGroup:
    """Slices by one column: source, class, label or one of the user's own.

    Attributes:
        title: what the rows are sliced by.
        measure: the measure's title.
        split: the split's title.
        slices: worst first.
        rest: those that are folded away.
        overall: place of the value over all rows, in per cent of the width; None if it is not known.
        overall_text: that value in words.
    """

    title: str
    measure: str
    split: str
    slices: Sequence[Slice]
    rest: Sequence[Slice] = field(default_factory=tuple)
    overall: float | None = None
    overall_text: str = ""


@functools.cache
def measure_of(metric: str, unit: str = "") -> Measure:
    """How a metric's values are written, from its part file; one that dlx does not know is a plain number.

    Args:
        metric: its name.
        unit: the target's unit, for metrics that have it.
    """
    if metric not in parts.names("metrics"):
        return Measure(metric, bounded=False)
    module = importlib.import_module(parts.find("metrics", metric).module)
    own = getattr(module, "UNIT", "")
    return Measure(metric, unit if own == "target" else own, tuple(getattr(module, "BOUNDS", ())) == (0, 1))


def greater_is_better(metric: str) -> bool:
    """Which end is the good one; errors are small."""
    if metric not in parts.names("metrics"):
        return False
    return bool(getattr(importlib.import_module(parts.find("metrics", metric).module), "GREATER_IS_BETTER", False))


def summary(scores: pd.DataFrame, main: Measure, predictor: str) -> Summary | None:
    """The scores over all rows, by predictor and measure, one column per split.

    Args:
        scores: the long table.
        main: the measure of the ladder, first in each block.
        predictor: whose rows come first.
    """
    whole = scores[scores["slice"] == "all"]
    if whole.empty:
        return None
    whole = whole[whole["value"].notna()]
    cells = {(str(r.predictor), str(r.metric), str(r.split)): r for r in whole.itertuples(index=False)}
    splits = [name for name in _SPLITS if any(key[2] == name for key in cells)]
    pairs = list(dict.fromkeys(key[:2] for key in cells))
    names = sorted(dict.fromkeys(who for who, _ in pairs), key=lambda who: (who != predictor, who))
    found = []
    for who in names:
        metrics = sorted((m for w, m in pairs if w == who), key=lambda metric: metric != main.name)
        found.append((who, tuple(_line(cells, who, metric, splits, _measure(metric, main)) for metric in metrics)))
    return Summary(tuple(TITLES[name] for name in splits), tuple(found))


def _line(cells: Mapping, who: str, metric: str, splits: Sequence[str], measure: Measure):
    return measure.title, tuple(_cell(cells.get((who, metric, split)), measure) for split in splits)


def slices(scores: pd.DataFrame, main: Measure, predictor: str, split: str, most: int = 14) -> list[SliceGroup]:
    """The slices of one predictor in one split, grouped by what they are sliced by.

    Args:
        scores: the long table.
        main: the measure wanted; where slices lack it, the first they have.
        predictor: whose.
        split: where.
        most: more than this many slices of a kind are folded away, the worst are shown.
    """
    rows = scores[(scores["predictor"] == predictor) & (scores["split"] == split)]
    parted = rows["slice"].astype(str).str.partition("=")
    found = []
    for column in parted.loc[parted[1] == "=", 0].unique():
        here = rows[(parted[0] == column) & (parted[1] == "=")]
        metric = main.name if (here["metric"] == main.name).any() else str(here["metric"].iloc[0])
        here = here[here["metric"] == metric]
        whole = rows[(rows["slice"] == "all") & (rows["metric"] == metric)]
        group = _group(str(column), here, whole, metric, main, most)
        if group is not None:
            found.append(group)
    return [SliceGroup(**(vars(group) | {"split": TITLES.get(split, split)})) for group in found]


def _group(
    column: str, rows: pd.DataFrame, whole: pd.DataFrame, metric: str, main: Measure, most: int
) -> SliceGroup | None:
    measure = _measure(metric, main)
    rows = rows[rows["value"].notna()].sort_values("value", ascending=greater_is_better(metric), kind="stable")
    if len(rows) < 2 and column == "source":  # one source is all rows
        return None
    if rows.empty:
        return None
    ends = [v for name in ("value", "low", "high") for v in rows[name].dropna().tolist()]
    low, high = min(0.0, *ends), max(ends)
    span = (high - low) * 1.02 or 1.0

    def place(value: Any) -> float | None:
        return round(2 + 96 * (float(value) - low) / span, 2) if known(_float(value)) else None

    made = [
        Slice(
            str(r.slice).partition("=")[2],
            measure.value(_float(r.value)),
            measure.interval(_float(r.low), _float(r.high)),
            count(_float(r.n)),
            place(r.value),
            place(r.low),
            place(r.high),
        )
        for r in rows.itertuples(index=False)
    ]
    overall = float(whole["value"].iloc[0]) if len(whole) and known(_float(whole["value"].iloc[0])) else None
    title = column.removeprefix("meta_").replace("_", " ")
    return SliceGroup(
        title,
        measure.title,
        "",
        made[:most],
        made[most:],
        None if overall is None else place(overall),
        "" if overall is None else measure.value(overall),
    )


def _measure(metric: str, main: Measure) -> Measure:
    if metric == main.name or metric == "error" or _DIFFERENCE in metric:
        return Measure(metric, main.unit, main.bounded)
    return measure_of(metric, main.unit)


def _cell(row: Any, measure: Measure) -> tuple[str, str]:
    if row is None:
        return ("", "")
    write = measure.gap if _DIFFERENCE in measure.name else measure.value
    return (write(_float(row.value)), measure.interval(_float(row.low), _float(row.high)))


def _float(value: Any) -> float | None:
    """A number of a table as Python's own, None where it is missing."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if number == number else None
