"""The ladder as a drawing: every rung a point with its interval, every gap a bar that leads to the next rung."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from markupsafe import Markup

from dlx.reports._ladder_view import GapRow, LadderView, RungRow
from dlx.reports._svg import Scale, picture, tag

__all__ = ["LAYOUTS", "draw"]


@dataclass(frozen=True)
class _Layout:
    """Where things stand, in pixels; where there is little room, words stand above the marks instead of beside them."""

    width: float
    left: float
    right: float
    rung: float
    gap: float
    top: float
    stacked: bool


#: for a desktop, for a frame in another page, for a phone
LAYOUTS = {
    "wide": _Layout(width=860, left=176, right=560, rung=34, gap=40, top=34, stacked=False),
    "medium": _Layout(width=568, left=8, right=560, rung=50, gap=54, top=8, stacked=True),
    "narrow": _Layout(width=343, left=8, right=335, rung=50, gap=54, top=8, stacked=True),
}


def draw(view: LadderView, size: str = "wide") -> Markup:
    """The picture: ``wide`` 860 px, ``medium`` 568 px or ``narrow`` 343 px; text has the same size in all of them."""
    layout = LAYOUTS[size]
    scale = Scale(view.low, view.high, layout.left, layout.right)
    heights = [layout.rung if isinstance(row, RungRow) else layout.gap for row in view.rows]
    bottom = layout.top + sum(heights)
    parts = [*_axis(view, scale, layout, bottom)]
    y, middles = layout.top, []
    for height in heights:
        middles.append(y + (height - 14 if layout.stacked else height / 2))
        y += height
    parts += _stairs(view, scale, middles)
    for row, y in zip(view.rows, middles, strict=True):
        parts += _rung(row, scale, y) if isinstance(row, RungRow) else _gap(row, scale, y)
        parts += _words_above(row, layout, y) if layout.stacked else _words_beside(row, layout, y)
    return picture(layout.width, bottom + 34, parts, label=view.summary, class_=size)


def _axis(view: LadderView, scale: Scale, layout: _Layout, bottom: float) -> Iterator[Markup]:
    step = max(1, -(-len(view.ticks) // 5)) if layout.stacked else 1
    for value, text in view.ticks[::step]:
        x = scale(value)
        anchor = "start" if layout.stacked and x < 20 else "middle"
        yield tag("line", x1=x, x2=x, y1=layout.top, y2=bottom + 4, class_="grid")
        yield tag("text", text, x=x if anchor == "middle" else 0, y=bottom + 20, text_anchor=anchor, class_="tick")
    if not layout.stacked:
        heads = ((640, view.measure, "end"), (652, "95 % interval", "start"), (layout.width, "n / P(largest)", "end"))
        for x, text, anchor in heads:
            yield tag("text", text, x=x, y=16, text_anchor=anchor, class_="head")
    if view.target is not None:
        x = scale(view.target)
        yield tag("line", x1=x, x2=x, y1=layout.top - 6, y2=bottom + 4, class_="target")
        anchor = "middle" if not layout.stacked else "end" if x > layout.width / 2 else "start"
        y = bottom + 33 if layout.stacked else 22
        yield tag("text", view.target_text, x=x, y=y, text_anchor=anchor, class_="tick target-text")


def _stairs(view: LadderView, scale: Scale, middles: list[float]) -> Iterator[Markup]:
    """Fine verticals from each rung through the gap's end to the next rung."""
    for i, row in enumerate(view.rows):
        if isinstance(row, GapRow):
            start, end = scale(row.start), scale(row.end)
            yield tag("line", x1=start, x2=start, y1=middles[i - 1], y2=middles[i], class_="stair")
            yield tag("line", x1=end, x2=end, y1=middles[i], y2=middles[i + 1], class_="stair")


def _rung(row: RungRow, scale: Scale, y: float) -> Iterator[Markup]:
    x = scale(row.error)
    for other in row.others:
        yield tag("circle", cx=scale(other), cy=y, r=3.5, class_="point other")
    if row.low is not None:
        low, high = scale(row.low), scale(row.high)
        caps = f"M{low:.1f} {y - 4:.1f}v8M{high:.1f} {y - 4:.1f}v8"
        yield tag("path", d=f"M{low:.1f} {y:.1f}H{high:.1f}{caps}", class_="whisker")
    yield tag("circle", cx=x, cy=y, r=5.5, class_="point exact" if row.exact else "point")


def _gap(row: GapRow, scale: Scale, y: float) -> Iterator[Markup]:
    start, end = scale(row.start), scale(row.end)
    left, width = min(start, end), max(abs(end - start), 2.0)
    yield tag("rect", x=left, y=y - 8, width=width, height=16, rx=min(3.0, width / 2), class_=f"bar {row.rank}")
    if row.low is not None:
        low, high = scale(row.start + row.low), scale(row.start + row.high)
        yield tag("path", d=f"M{low:.1f} {y:.1f}H{high:.1f}", class_=f"reach {row.rank}")


def _words_beside(row: RungRow | GapRow, layout: _Layout, y: float) -> Iterator[Markup]:
    gap = isinstance(row, GapRow)
    kind = f"gap {row.rank}" if gap else "rung"
    lines = row.title.split(" or ") if gap else [row.title]
    first = y + 4.5 - 8 * (len(lines) - 1)
    for i, line in enumerate(lines):
        text = line if i == 0 else f"or {line}"
        yield tag("text", text, x=14 if gap else 0, y=first + 16 * i, class_=kind)
    open_ = gap and row.rank == "open"
    x, anchor = (652, "start") if open_ else (640, "end")
    yield tag("text", row.text, x=x, y=y + 4.5, text_anchor=anchor, class_=f"{kind} value")
    yield tag("text", row.interval, x=652, y=y + 4.5, class_="limits")
    yield tag("text", row.note, x=layout.width, y=y + 4.5, text_anchor="end", class_="limits")


def _words_above(row: RungRow | GapRow, layout: _Layout, y: float) -> Iterator[Markup]:
    gap = isinstance(row, GapRow)
    kind = f"gap {row.rank}" if gap else "rung"
    title = row.title.replace("overfitting to", "overfit to").replace("to the dev set", "to dev")  # room for the value
    note = [tag("tspan", row.note, dx=7, class_="limits")] if row.note else []
    yield tag("text", title, *note, x=0, y=y - 15, class_=kind)
    value = [row.text, *([tag("tspan", row.interval, dx=6, class_="limits")] if row.interval else [])]
    yield tag("text", *value, x=layout.width, y=y - 15, text_anchor="end", class_=f"{kind} value")
