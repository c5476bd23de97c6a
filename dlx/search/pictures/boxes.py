"""The boxes of coarse to fine: how each stage zooms in, on the two knobs that it narrowed most."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from markupsafe import Markup

from dlx.reports._svg import picture, tag
from dlx.search.knob import Knob
from dlx.search.pictures._axes import Axis, grades, knob_axis, shown, titles
from dlx.search.pictures.panels import cross
from dlx.search.space import Space
from dlx.search.trial import Trial

__all__ = ["boxes"]

_WIDTH, _HEIGHT = 440, 420
_LEFT, _RIGHT, _TOP, _BOTTOM = 62, 424, 22, 366


def boxes(
    space: Space, stages: Sequence[Mapping[str, Any]], trials: Sequence[Trial], *, greater_is_better: bool
) -> Markup | None:
    """The stages' boxes inside each other, with the trials; the dashed frame is the recipe's own range.

    Args:
        space: that was searched.
        stages: as the strategy tells them; each with its ``box``.
        trials: those so far.
        greater_is_better: the sense of the score.

    Returns:
        the drawing; None before a second stage, or where fewer than two knobs have an order.
    """
    knobs = [knob for knob in space.knobs if knob.ordered and (knob.size is None or knob.size > 3)]
    if len(stages) < 2 or len(knobs) < 2:
        return None
    trials, last = shown(trials), stages[-1]["box"]
    narrow = sorted(knobs, key=lambda knob: (last[knob.path][1] - last[knob.path][0], space.knobs.index(knob)))[:2]
    x_knob, y_knob = sorted(narrow, key=space.knobs.index)
    names, seen = titles(space.knobs), [t for t in trials if x_knob.path in t.params and y_knob.path in t.params]
    across, up = knob_axis(x_knob, names[x_knob.path], trials), knob_axis(y_knob, names[y_knob.path], trials)
    parts = [*_frame(across, up), *_rectangles(across, up, stages), *_marks(across, up, seen, greater_is_better)]
    label = f"boxes of {len(stages)} stages over {x_knob.path} and {y_knob.path}"
    return picture(_WIDTH, _HEIGHT, parts, label=label, class_="search-drawing")


def _at(axis: Axis, place: float, start: float, end: float) -> float:
    share = min(max((place - axis.low) / (axis.high - axis.low), -0.02), 1.02)
    return start + (end - start) * share


def _place(knob: Knob, trial: Trial) -> float:
    return knob.place(trial.params[knob.path])


def _frame(across: Axis, up: Axis) -> Iterator[Markup]:
    for share, text in across.labels:
        x = _at(across, across.low + share * (across.high - across.low), _LEFT, _RIGHT)
        yield tag("line", x1=x, x2=x, y1=_TOP, y2=_BOTTOM, class_="grid")
        yield tag("text", text, x=x, y=_BOTTOM + 20, text_anchor="middle")
    for share, text in up.labels:
        y = _at(up, up.low + share * (up.high - up.low), _BOTTOM, _TOP)
        yield tag("line", x1=_LEFT, x2=_RIGHT, y1=y, y2=y, class_="grid")
        yield tag("text", text, x=_LEFT - 10, y=y + 4, text_anchor="end")
    yield tag("text", across.title, x=(_LEFT + _RIGHT) / 2, y=_BOTTOM + 42, text_anchor="middle", class_="title")
    middle = (_TOP + _BOTTOM) / 2
    turned = f"rotate(-90 14 {middle:g})"
    yield tag("text", up.title, x=14, y=middle, text_anchor="middle", class_="title", transform=turned)
    yield _rectangle(across, up, (0.0, 1.0), (0.0, 1.0), "range")


def _rectangle(across: Axis, up: Axis, sides: Sequence[float], heights: Sequence[float], kind: str) -> Markup:
    left, right = (_at(across, place, _LEFT, _RIGHT) for place in sides)
    bottom, top = (_at(up, place, _BOTTOM, _TOP) for place in heights)
    return tag("rect", x=left, y=top, width=right - left, height=bottom - top, class_=kind)


def _rectangles(across: Axis, up: Axis, stages: Sequence[Mapping[str, Any]]) -> Iterator[Markup]:
    """Each stage's box, numbered at one of its corners in turn, so that the numbers of neighbours stand apart."""
    for i, stage in enumerate(stages):
        sides, heights = stage["box"][across.knob.path], stage["box"][up.knob.path]
        if i:
            yield _rectangle(across, up, sides, heights, "box")
        left, right = (_at(across, place, _LEFT, _RIGHT) for place in sides)
        bottom, top = (_at(up, place, _BOTTOM, _TOP) for place in heights)
        x, y = [(left + 3, top - 4), (right - 3, top - 4), (right - 3, bottom + 13), (left + 3, bottom + 13)][i % 4]
        yield tag("text", str(stage["number"]), x=x, y=y, text_anchor="start" if i % 4 in (0, 3) else "end")


def _marks(across: Axis, up: Axis, trials: Sequence[Trial], greater: bool) -> Iterator[Markup]:
    grade = grades(trials, greater_is_better=greater)
    for trial in sorted(trials, key=lambda one: (grade[one.number] == "best", one.number)):
        x = _at(across, _place(across.knob, trial), _LEFT, _RIGHT)
        y = _at(up, _place(up.knob, trial), _BOTTOM, _TOP)
        said = f"trial {trial.number}, stage {trial.stage}: {trial.score if trial.score is not None else trial.status}"
        if trial.score is None:
            yield cross(x, y, said)
            continue
        best = grade[trial.number] == "best"
        yield tag(
            "circle", tag("title", said), cx=x, cy=y, r=5.5 if best else 3.4, class_=f"mark {grade[trial.number]}"
        )
