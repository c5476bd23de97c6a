"""The score over each knob: one small drawing per knob, on the knob's own scale."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from markupsafe import Markup

from dlx.reports._svg import picture, tag
from dlx.search.pictures._axes import Axis, grades, knob_axis, score_axis, shown, titles
from dlx.search.space import Space
from dlx.search.trial import Trial

__all__ = ["cross", "panels", "sheet"]

_WIDTH, _HEIGHT = 280, 218
_LEFT, _RIGHT, _TOP, _BOTTOM = 50, 268, 30, 184
_COLUMNS = 3


def panels(
    space: Space, trials: Sequence[Trial], *, greater_is_better: bool, metric: str = "error", percent: bool = False
) -> list[Markup]:
    """One drawing per knob of the space, 280 px wide, for columns that flow.

    Trials without a score are crosses above or below the others, at the worse end. The arguments are those of
    :func:`parallel`.
    """
    drawn = _drawn(space, trials, greater_is_better, metric, percent)
    return [picture(_WIDTH, _HEIGHT, parts, label=label, class_="search-drawing") for label, parts in drawn]


def sheet(
    space: Space, trials: Sequence[Trial], *, greater_is_better: bool, metric: str = "error", percent: bool = False
) -> Markup:
    """The same in one drawing of three columns, for a file of its own."""
    drawn = _drawn(space, trials, greater_is_better, metric, percent)
    placed = [
        tag("g", *parts, transform=f"translate({i % _COLUMNS * (_WIDTH + 12)} {i // _COLUMNS * (_HEIGHT + 14)})")
        for i, (_, parts) in enumerate(drawn)
    ]
    columns, rows = min(len(drawn), _COLUMNS), -(-len(drawn) // _COLUMNS)
    size = columns * (_WIDTH + 12) - 12, rows * (_HEIGHT + 14) - 14
    return picture(*size, placed, label=f"dev {metric} over each knob", class_="search-drawing")


def _drawn(space: Space, trials: Sequence[Trial], greater: bool, metric: str, percent: bool) -> list[tuple[str, list]]:
    trials = shown(trials)
    up = score_axis(metric, trials, greater_is_better=greater, percent=percent)
    grade, names = grades(trials, greater_is_better=greater), titles(space.knobs)
    made = []
    for knob in space.knobs:
        across = knob_axis(knob, names[knob.path], trials)
        label = f"{up.title} over {knob.path}"
        made.append((label, [*_frame(across, up), *_marks(across, up, trials, grade, greater)]))
    return made


def _x(axis: Axis, value) -> float:
    return _LEFT + 6 + (_RIGHT - _LEFT - 12) * axis.share(value)


def _frame(across: Axis, up: Axis) -> Iterator[Markup]:
    yield tag("text", across.title, x=_LEFT, y=16, class_="title")
    for share, text in up.labels:
        y = _BOTTOM - (_BOTTOM - _TOP) * share
        yield tag("line", x1=_LEFT, x2=_RIGHT, y1=y, y2=y, class_="grid")
        yield tag("text", text, x=_LEFT - 7, y=y + 4, text_anchor="end")
    yield tag("line", x1=_LEFT, x2=_RIGHT, y1=_BOTTOM, y2=_BOTTOM, class_="axis")
    end = -100.0
    for share, text in sorted(across.labels):
        x, half = _LEFT + 6 + (_RIGHT - _LEFT - 12) * share, 3.4 * len(text)
        yield tag("line", x1=x, x2=x, y1=_BOTTOM, y2=_BOTTOM + 4, class_="axis")
        if x - half > end + 6:  # a label that would touch the one before is left out
            yield tag("text", text, x=x, y=_BOTTOM + 18, text_anchor="middle")
            end = x + half


def _marks(across: Axis, up: Axis, trials: Sequence[Trial], grade: dict[int, str], greater: bool) -> Iterator[Markup]:
    order = ("without", "g4", "g3", "g2", "g1", "g0", "best")
    for trial in sorted(trials, key=lambda one: order.index(grade[one.number])):
        if across.knob.path not in trial.params:
            continue
        x = _x(across, trial.params[across.knob.path])
        if trial.score is None:
            yield cross(x, _BOTTOM - 5 if greater else _TOP - 4, f"trial {trial.number}: {trial.status}")
            continue
        y, best = _BOTTOM - (_BOTTOM - _TOP) * up.share(trial.score), grade[trial.number] == "best"
        said = tag("title", f"trial {trial.number}: {trial.score:.4g} at {trial.params[across.knob.path]}")
        yield tag("circle", said, cx=x, cy=y, r=5.5 if best else 3.6, class_=f"mark {grade[trial.number]}")


def cross(x: float, y: float, said: str) -> Markup:
    """A small cross: a trial without a score."""
    d = f"M{x - 3:.1f} {y - 3:.1f}l6 6m0 -6l-6 6"
    return tag("path", tag("title", said), d=d, class_="cross")
