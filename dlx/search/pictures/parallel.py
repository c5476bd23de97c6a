"""Parallel coordinates: one line per trial across an axis per knob, to its score."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from markupsafe import Markup

from dlx.reports._svg import picture, tag
from dlx.search.pictures._axes import Axis, grades, knob_axis, score_axis, shown, titles
from dlx.search.space import Space
from dlx.search.trial import Trial

__all__ = ["parallel"]

_TOP, _BOTTOM, _OFF, _HEIGHT = 56, 300, 324, 340
_LEFT, _APART, _RIGHT = 58, 112, 62
_ORDER = ("without", "g4", "g3", "g2", "g1", "g0", "best")


def parallel(
    space: Space, trials: Sequence[Trial], *, greater_is_better: bool, metric: str = "error", percent: bool = False
) -> Markup:
    """All ended trials as lines, the better the stronger, the best in the accent colour.

    Axes of knobs on a log scale are logarithmic. Below each axis is the place of trials in which the knob did not
    count; below that of the score, of those without one.

    Args:
        space: that was searched.
        trials: those so far.
        greater_is_better: the sense of the score.
        metric: its name.
        percent: whether it is a rate.
    """
    trials = shown(trials)
    names = titles(space.knobs)
    axes = [knob_axis(knob, names[knob.path], trials) for knob in space.knobs]
    axes.append(score_axis(metric, trials, greater_is_better=greater_is_better, percent=percent))
    grade = grades(trials, greater_is_better=greater_is_better)
    across = [_LEFT + i * _APART for i in range(len(axes))]
    ordered = sorted(trials, key=lambda trial: _ORDER.index(grade[trial.number]))
    parts = [_line(trial, axes, across, grade[trial.number]) for trial in ordered]
    for x, axis in zip(across, axes, strict=True):
        parts += _axis(x, axis, trials)
    label = f"{len(trials)} trials across {len(axes) - 1} knobs and {axes[-1].title}"
    return picture(across[-1] + _RIGHT, _HEIGHT, parts, label=label, class_="search-drawing")


def _line(trial: Trial, axes: Sequence[Axis], across: Sequence[float], grade: str) -> Markup:
    points = []
    for x, axis in zip(across, axes, strict=True):
        value = trial.score if axis.knob is None else trial.params.get(axis.knob.path)
        points.append((x, _OFF if value is None else _BOTTOM - (_BOTTOM - _TOP) * axis.share(value)))
    path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    score = trial.status if trial.score is None else f"{trial.score:.4g}"
    said = ", ".join(f"{path} {value}" for path, value in trial.params.items())
    return tag("path", tag("title", f"trial {trial.number}: {score}; {said}"), d=path, class_=f"trial {grade}")


def _axis(x: float, axis: Axis, trials: Sequence[Trial]) -> Iterator[Markup]:
    yield tag("line", x1=x, x2=x, y1=_TOP, y2=_BOTTOM, class_="axis")
    for line, y in zip(_wrapped(axis.title), (24, 39), strict=False):
        yield tag("text", line, x=x, y=y, text_anchor="middle", class_="title")
    for share, text in axis.labels:
        y = _BOTTOM - (_BOTTOM - _TOP) * share
        yield tag("line", x1=x - 3, x2=x + 3, y1=y, y2=y, class_="axis")
        yield tag("text", text, x=x + 7, y=y + 4)
    if axis.knob is None and any(trial.score is None for trial in trials):
        yield tag("text", "none", x=x + 7, y=_OFF + 4)
    if axis.knob is not None and any(axis.knob.path not in trial.params for trial in trials):
        yield tag("text", "off", x=x + 7, y=_OFF + 4)


def _wrapped(title: str, length: int = 14) -> list[str]:
    """The title on two lines where it is long, parted after a dot, a space or a low line."""
    if len(title) <= length:
        return ["", title]
    cuts = [i + 1 for i, letter in enumerate(title) if letter in "._ "]
    cut = min(cuts, key=lambda i: abs(i - len(title) / 2), default=None)
    return ["", title] if cut is None else [title[:cut].strip(), title[cut:]]
