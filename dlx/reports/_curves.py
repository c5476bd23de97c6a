"""Learning curves: train and dev by epoch, one small drawing for each figure that was recorded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from markupsafe import Markup

from dlx.reports._numbers import Measure, known, number
from dlx.reports._svg import Scale, log_ticks, picture, tag, ticks

__all__ = ["Curve", "curves", "draw", "drawn"]

HEIGHT = 270
_LEFT, _TOP, _BOTTOM = 52, 14, 232
#: more points than this cannot be told apart in the drawing
_POINTS = 420


@dataclass(frozen=True)
class Curve:
    """One drawing.

    Attributes:
        title: what is drawn.
        lines: (name, class, [(epoch, value), …]) of each line.
        low: lower end of the vertical axis.
        high: upper end.
        log: whether that axis is logarithmic.
        percent: whether values are rates.
        level: a value to compare with (the human error), or None.
        level_text: its name.
        best: (epoch, value) of the lowest dev value, or None.
        marks: (epoch, what changed) where a run went on from another one.
    """

    title: str
    lines: tuple[tuple[str, str, tuple[tuple[float, float], ...]], ...]
    low: float
    high: float
    log: bool = False
    percent: bool = False
    level: float | None = None
    level_text: str = ""
    best: tuple[float, float] | None = None
    marks: tuple[tuple[float, str], ...] = ()


def curves(history: Sequence[Mapping[str, Any]], measure: Measure, human: float | None) -> list[Curve]:
    """Loss, error and, if it changed, the learning rate.

    Args:
        history: one record per epoch.
        measure: how errors are written.
        human: the human error, drawn as a level among the errors; None where it is another measure.
    """
    error = f"Error, {measure.unit}" if measure.unit else "Error"
    found = [
        _curve(history, "loss", "Loss", log_if_wide=True),
        _curve(history, "error", error, percent=measure.bounded, level=human),
    ]
    rates = {record.get("learning_rate") for record in history}
    if len(rates) > 1:
        found.append(_curve(history, "learning_rate", "Learning rate", log_if_wide=True))
    return [curve for curve in found if curve is not None]


def _curve(history, key: str, title: str, *, percent=False, level=None, log_if_wide=False) -> Curve | None:
    train, dev = _series(history, key), _series(history, f"val_{key}")
    only = key == "learning_rate"
    lines = [("" if only else "train", "train", train), ("dev", "dev", dev)]
    lines = tuple((name, kind, values) for name, kind, values in lines if values)
    if not lines:
        return None
    values = [value for _, _, points in lines for _, value in points]
    low, high = min(values), max(values)
    log = log_if_wide and low > 0 and high / low > 30
    if not log:
        low, high = min(low, 0.0), high * 1.04 or 1.0
    drawn = level is not None and low <= level <= high
    best = min(dev, key=lambda point: point[1]) if dev else None
    return Curve(title, lines, low, high, log, percent, level if drawn else None, "human" if drawn else "", best)


def _series(history: Sequence[Mapping[str, Any]], key: str) -> tuple[tuple[float, float], ...]:
    points = [(float(r.get("epoch", i + 1)), float(r[key])) for i, r in enumerate(history) if known(r.get(key))]
    stride = -(-len(points) // _POINTS) or 1
    kept = points[::stride]
    return tuple(kept if not points or kept[-1] == points[-1] else [*kept, points[-1]])


def drawn(
    history: Sequence[Mapping[str, Any]],
    measure: Measure,
    human: float | None,
    stages: Sequence[Mapping[str, Any]] = (),
) -> list[tuple[Curve, Markup]]:
    """The curves with their drawings, narrow ones where there are three; see :func:`curves`.

    Args:
        history: one record per epoch.
        measure: how errors are written.
        human: the human error.
        stages: of ``run.json``: where a knob was changed on the way.
    """
    marks = tuple((float(stage["epoch"]), _changed(stage)) for stage in stages)
    found = [replace(curve, marks=marks) for curve in curves(history, measure, human)]
    return [(curve, draw(curve, 300 if len(found) > 2 else 420)) for curve in found]


def _changed(stage: Mapping[str, Any]) -> str:
    told = [f"{key.partition('.')[2]} {old} → {new}" for key, (old, new) in stage["changes"].items()]
    return f"after epoch {stage['epoch']}, from {stage['run']}: {', '.join(told) or 'nothing changed'}"


def draw(curve: Curve, width: float = 420) -> Markup:
    """The curve, 270 px high; lines are named at their ends."""
    epochs = [epoch for _, _, points in curve.lines for epoch, _ in points]
    names = 54 if any(name for name, _, _ in curve.lines) else 10
    across = Scale(min(epochs), max(epochs), _LEFT, width - names)
    up = Scale(curve.low, curve.high, _BOTTOM, _TOP, log=curve.log)
    parts = [*_axes(curve, across, up), *_lines(curve, across, up)]
    ends = [(name, number(points[0][1]), number(points[-1][1])) for name, _, points in curve.lines]
    said = ", ".join(f"{name} from {first} to {last}".strip() for name, first, last in ends)
    return picture(width, HEIGHT, parts, label=f"{curve.title} by epoch: {said}")


def _axes(curve: Curve, across: Scale, up: Scale) -> Iterator[Markup]:
    at = log_ticks(curve.low, curve.high) if curve.log else ticks(curve.low, curve.high, 4)
    step = at[1] - at[0] if len(at) > 1 else (curve.high or 1.0)
    measure = Measure(bounded=curve.percent)
    for value in at:
        y = up(value)
        text = f"{value:g}" if curve.log else measure.tick(value, step)
        yield tag("line", x1=_LEFT, x2=across.end, y1=y, y2=y, class_="grid")
        yield tag("text", text, x=_LEFT - 8, y=y + 4, text_anchor="end", class_="tick")
    for value in ticks(across.low, across.high, 5):
        if value == int(value):
            yield tag("text", f"{value:g}", x=across(value), y=_BOTTOM + 20, text_anchor="middle", class_="tick")
    yield tag("text", "epoch", x=(_LEFT + across.end) / 2, y=_BOTTOM + 36, text_anchor="middle", class_="tick")
    for epoch, text in curve.marks:
        x = across(epoch + 0.5)
        yield tag("line", tag("title", text), x1=x, x2=x, y1=_TOP, y2=_BOTTOM, class_="target")
        yield tag("text", tag("title", text), "changed", x=x + 4, y=_TOP + 10, class_="tick")
    if curve.level is not None:
        y = up(curve.level)
        yield tag("line", x1=_LEFT, x2=across.end, y1=y, y2=y, class_="target")


def _lines(curve: Curve, across: Scale, up: Scale) -> Iterator[Markup]:
    ends = []
    for name, kind, points in curve.lines:
        places = [(across(epoch), up(value)) for epoch, value in points]
        if len(places) == 1:
            yield tag("circle", cx=places[0][0], cy=places[0][1], r=4, class_=f"dot {kind}")
        else:
            yield tag("path", d="M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in places), class_=f"line {kind}")
        ends.append([places[-1][1], name, kind])
    if curve.best:
        epoch, value = curve.best
        said = tag("title", f"lowest on dev: {number(value)} after epoch {epoch:g}")
        yield tag("circle", said, cx=across(epoch), cy=up(value), r=3.5, class_="dot dev")
    if curve.level is not None:
        ends.append([up(curve.level), curve.level_text, "target-text"])
    for y, name, kind in _apart(ends):
        yield tag("text", name, x=across.end + 6, y=y + 4, class_=f"name {kind}")


def _apart(ends: list[list], least: float = 14.0, bottom: float = _BOTTOM + 2) -> list[list]:
    """Move names that would overlap away from each other, down first, and up again where they would leave the drawing.

    Args:
        ends: [y, …] of each name.
        least: how far apart, in pixels.
        bottom: how far down names may stand.
    """
    ordered = sorted(ends, key=lambda end: end[0])
    for above, below in pairwise(ordered):
        below[0] = max(below[0], above[0] + least)
    for end in ordered[-1:]:
        end[0] = min(end[0], bottom)
    for below, above in pairwise(reversed(ordered)):
        above[0] = min(above[0], below[0] - least)
    return ordered
