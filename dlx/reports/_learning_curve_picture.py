"""The drawing of a learning curve, with the scales and words that the terminal's picture shares."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from markupsafe import Markup

from dlx.reports._svg import Scale, picture, tag, ticks
from dlx.strategy.curve_words import ahead
from dlx.strategy.words import level

if TYPE_CHECKING:
    from dlx.strategy.learning_curve import LearningCurve

__all__ = ["drawing", "inside", "marks", "scales", "span", "steps", "svg", "tick", "value"]

_DEV, _TRAIN, _GREY = "#0072b2", "#d55e00", "#777"
_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM = 640, 330, 60, 616, 34, 280


def scales(found: LearningCurve, left: float, right: float, bottom: float, top: float) -> tuple[Scale, Scale]:
    """Examples across, on a log scale; errors up, on a log scale too where they differ much: a power law is a line."""
    n = [size.n for size in found.sizes] + [there.n for there in found.ahead]
    errors = [size.error for size in found.sizes] + [there.error for there in found.ahead]
    errors += [] if not found.target else [found.target]
    high = max(*errors, *(there.high for there in found.ahead), *(min(s.high, 1.3 * s.error) for s in found.sizes))
    across = Scale(min(n), max(n), left, right, log=True)
    if min(errors) > 0 and high / min(errors) > 8:
        return across, Scale(0.6 * min(errors), min(1.15 * high, 1.0 if found.bounded else math.inf), bottom, top,
                             log=True)  # fmt: skip
    return across, Scale(0.0, 1.04 * high or 1.0, bottom, top)


def steps(up: Scale) -> list[float]:
    if not up.log:
        return ticks(up.low, up.high, 5)
    powers = range(math.floor(math.log10(up.low)), math.ceil(math.log10(up.high)) + 1)
    return [m * 10.0**p for p in powers for m in (1, 2, 5) if up.low <= m * 10.0**p <= up.high]


def inside(up: Scale, value: float) -> float:
    """The place of a value, or of the end of the scale where it lies beyond."""
    return up(min(max(value, up.low), up.high))


def value(found: LearningCurve, value: float) -> str:
    return f"{100 * value:.2f} %" if found.bounded else level(value, bounded=False, unit=found.unit)


def span(found: LearningCurve, low: float, high: float) -> str:
    factor = 100 if found.bounded else 1
    return f"[{factor * low:.3g}, {factor * high:.3g}]"


def marks(found: LearningCurve) -> list[int]:
    return [size.n for size in found.sizes] + [there.n for there in found.ahead]


def tick(found: LearningCurve, value: float) -> str:
    return f"{100 * value:g} %" if found.bounded else f"{value:g}"


def svg(found: LearningCurve) -> str:
    """The drawing as a file of its own."""
    text = str(drawing(found))
    return text.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1) + "\n"


def drawing(found: LearningCurve) -> Markup:
    across, up = scales(found, _LEFT + 12, _RIGHT - 8, _BOTTOM, _TOP)
    parts = [tag("rect", width=_WIDTH, height=_HEIGHT, fill="#fff")]
    parts += [*_axes(found, across, up), *_foretold(found, across, up), *_measured(found, across, up), *_key(found)]
    return picture(_WIDTH, _HEIGHT, parts, label=f"Error by number of training examples. {found.text}")


def _axes(found: LearningCurve, across: Scale, up: Scale) -> Iterator[Markup]:
    for value in steps(up):
        y = up(value)
        yield tag("line", x1=_LEFT, x2=_RIGHT, y1=y, y2=y, stroke="#e4e4e4")
        yield tag("text", tick(found, value), x=_LEFT - 8, y=y + 4, text_anchor="end", font_size=12, fill=_GREY)
    last = math.inf
    for n in sorted(marks(found), reverse=True):
        x = across(n)
        yield tag("line", x1=x, x2=x, y1=_BOTTOM, y2=_BOTTOM + 5, stroke=_GREY)
        if last - x > 44:
            yield tag("text", f"{n:,}", x=x, y=_BOTTOM + 20, text_anchor="middle", font_size=12, fill=_GREY)
            last = x
    yield tag("text", "training examples", x=(_LEFT + _RIGHT) / 2, y=_BOTTOM + 40, text_anchor="middle", font_size=12,
              fill=_GREY)  # fmt: skip
    if found.target is not None:
        y = inside(up, found.target)
        yield tag("line", x1=_LEFT, x2=_RIGHT, y1=y, y2=y, stroke="#009e73", stroke_dasharray="6 4")
        yield tag("text", "target", x=_RIGHT, y=y - 5, text_anchor="end", font_size=12, fill="#009e73")


def _foretold(found: LearningCurve, across: Scale, up: Scale) -> Iterator[Markup]:
    beyond = [point for point in found.band if found.sizes[-1].n <= point[0] <= across.high * 1.001]
    if not beyond:
        return
    seen = [(across(n), inside(up, a), inside(up, m), inside(up, b)) for n, b, m, a in beyond]
    outline = [f"{x:.1f} {top:.1f}" for x, top, _, _ in seen] + [f"{x:.1f} {down:.1f}" for x, _, _, down in seen[::-1]]
    yield tag("path", d=f"M{'L'.join(outline)}Z", fill=_DEV, fill_opacity="0.14")
    yield tag("path", d="M" + "L".join(f"{x:.1f} {y:.1f}" for x, _, y, _ in seen), fill="none", stroke=_DEV,
              stroke_width=2, stroke_dasharray="5 4")  # fmt: skip
    for there in found.ahead:
        said = tag("title", ahead(found, there))
        yield tag("circle", said, cx=across(there.n), cy=inside(up, there.error), r=4.5, fill="#fff", stroke=_DEV,
                  stroke_width=2)  # fmt: skip


def _measured(found: LearningCurve, across: Scale, up: Scale) -> Iterator[Markup]:
    for kind, colour in (("train_error", _TRAIN), ("error", _DEV)):
        places = [(across(s.n), inside(up, getattr(s, kind))) for s in found.sizes if getattr(s, kind) is not None]
        if places:
            path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
            yield tag("path", d=path, fill="none", stroke=colour, stroke_width=2)
        for x, y in places:
            yield tag("circle", cx=x, cy=y, r=4, fill=colour)
    for size in found.sizes:
        x, top, down = across(size.n), inside(up, size.high), inside(up, size.low)
        said = tag("title", f"{size.n:,} examples: {value(found, size.error)} {span(found, size.low, size.high)}")
        yield tag("line", said, x1=x, x2=x, y1=top, y2=down, stroke=_DEV, stroke_width=2)


def _key(found: LearningCurve) -> Iterator[Markup]:
    entries = [("dev", _DEV)] + ([("train", _TRAIN)] if found.sizes[0].train_error is not None else [])
    entries += [("foretold, 95 %", _DEV)] if found.ahead else []
    x = _LEFT
    for i, (name, colour) in enumerate(entries):
        dashes = "5 4" if i == len(entries) - 1 and found.ahead else None
        yield tag("line", x1=x, x2=x + 22, y1=16, y2=16, stroke=colour, stroke_width=3, stroke_dasharray=dashes)
        yield tag("text", name, x=x + 28, y=20, font_size=12, fill="#333")
        x += 40 + 8 * len(name)
