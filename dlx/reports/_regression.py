"""A regression's predictions: predicted against true, and how the residuals are spread."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from markupsafe import Markup

from dlx.reports._numbers import count, number
from dlx.reports._svg import Scale, picture, tag, ticks

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Residuals", "draw_histogram", "draw_scatter", "residuals"]

WIDTH, HEIGHT = 420, 400
#: more points than this only make the cloud darker
POINTS = 1500


@dataclass(frozen=True)
class Residuals:
    """What is drawn.

    Attributes:
        y_true: (points,) true values, a sample evenly spread over the rows.
        y_pred: (points,) predicted values of the same rows.
        n: all rows.
        edges: (bins + 1,) borders of the histogram; residuals beyond them are counted in the outermost bins.
        counts: (bins,) rows by predicted − true.
        mean: mean of predicted − true.
        unit: the target's unit.
    """

    y_true: np.ndarray
    y_pred: np.ndarray
    n: int
    edges: np.ndarray
    counts: np.ndarray
    mean: float
    unit: str = ""


def residuals(table: pd.DataFrame, unit: str = "") -> Residuals | None:
    """Sample the rows of one predictor in one split and count its residuals; None for an empty table."""
    y_true, y_pred = (np.asarray(table[name], dtype="float64") for name in ("y_true", "y_pred"))
    finite = np.isfinite(y_true) & np.isfinite(y_pred)
    y_true, y_pred = y_true[finite], y_pred[finite]
    if not len(y_true):
        return None
    rest = y_pred - y_true
    reach = float(np.quantile(np.abs(rest), 0.995)) or 1.0
    bins = int(np.clip(2 * len(rest) ** (1 / 3), 9, 41)) // 2 * 2 + 1  # odd: the middle one is centred on 0
    edges = np.linspace(-reach, reach, bins + 1)
    counts, _ = np.histogram(np.clip(rest, -reach, reach), edges)
    picked = np.unique(np.linspace(0, len(y_true) - 1, min(POINTS, len(y_true))).astype(int))
    return Residuals(y_true[picked], y_pred[picked], len(y_true), edges, counts, float(rest.mean()), unit)


def draw_scatter(view: Residuals) -> Markup:
    """Predicted against true, 420 × 400 px; on the diagonal they are equal."""
    low = float(min(view.y_true.min(), view.y_pred.min()))
    high = float(max(view.y_true.max(), view.y_pred.max()))
    margin = 0.03 * (high - low) or 1.0
    across = Scale(low - margin, high + margin, 62, 412)
    up = Scale(low - margin, high + margin, 350, 8)
    path = "".join(f"M{across(t):.1f} {up(p):.1f}h0" for t, p in zip(view.y_true, view.y_pred, strict=True))
    few = "" if len(view.y_true) > 300 else " few"
    parts = [
        *_axes(across, up, "true", "predicted"),
        tag("line", x1=62, y1=350, x2=412, y2=8, class_="target"),
        tag("path", d=path, class_=f"cloud{few}"),
    ]
    label = f"Predicted against true value of {count(len(view.y_true))} of {count(view.n)} rows"
    return picture(WIDTH, HEIGHT, parts, label=label)


def draw_histogram(view: Residuals) -> Markup:
    """Rows by predicted − true, 420 × 400 px."""
    across = Scale(view.edges[0], view.edges[-1], 62, 412)
    up = Scale(0, float(view.counts.max()) * 1.05, 350, 8)
    bars = []
    for left, right, n in zip(view.edges, view.edges[1:], view.counts, strict=False):
        if n:
            x, y = across(left), up(float(n))
            said = tag("title", f"{number(left)} to {number(right)}: {count(int(n))} rows")
            bars.append(tag("rect", said, x=x + 0.5, y=y, width=across(right) - x - 1, height=350 - y, class_="bin"))
    zero = tag("line", x1=across(0), x2=across(0), y1=8, y2=350, class_="target")
    parts = [*_axes(across, up, "predicted − true", "rows"), *bars, zero]
    return picture(WIDTH, HEIGHT, parts, label=f"Residuals of {count(view.n)} rows, mean {number(view.mean)}")


def _axes(across: Scale, up: Scale, below: str, beside: str) -> Iterator[Markup]:
    for value in ticks(up.low, up.high, 5):
        y = up(value)
        yield tag("line", x1=62, x2=412, y1=y, y2=y, class_="grid")
        yield tag("text", _short(value), x=54, y=y + 4, text_anchor="end", class_="tick")
    for value in ticks(across.low, across.high, 5):
        yield tag("text", _short(value), x=across(value), y=370, text_anchor="middle", class_="tick")
    yield tag("text", below, x=237, y=391, text_anchor="middle", class_="tick")
    yield tag("text", beside, x=12, y=179, text_anchor="middle", transform="rotate(-90 12 179)", class_="tick")


def _short(value: float) -> str:
    text = f"{value:,.10g}" if abs(value) < 1e6 else f"{value:.3g}"
    return text.replace("-", "\N{MINUS SIGN}")
