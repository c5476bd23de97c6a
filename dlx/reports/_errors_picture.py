"""Tags as a drawing: on the left each tag's share of the errors, on the right the dev error that would be left."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from markupsafe import Markup

from dlx.reports._errors import Chapter, TagRow
from dlx.reports._numbers import Measure
from dlx.reports._svg import Scale, picture, tag, ticks

__all__ = ["LAYOUTS", "alone", "draw"]

_RATE = Measure()
#: more tags than this nobody looks at
_MOST = 16


@dataclass(frozen=True)
class _Layout:
    """Where things stand, in pixels; where there is little room, words stand above the marks."""

    width: float
    share: tuple[float, float]
    ceiling: tuple[float, float]
    row: float
    top: float
    stacked: bool


#: for a desktop and for a phone
LAYOUTS = {
    "wide": _Layout(860, (176, 470), (560, 852), 34, 40, stacked=False),
    "narrow": _Layout(343, (2, 158), (186, 341), 52, 40, stacked=True),
}


def draw(view: Chapter, size: str = "wide") -> Markup:
    """The picture: ``wide`` 860 px or ``narrow`` 343 px; text has the same size in both."""
    layout, rows = LAYOUTS[size], view.rows[:_MOST]
    shares = Scale(0, _end([row.high or row.share for row in rows]), *layout.share)
    with_ceilings = any(row.ceiling is not None for row in rows)
    ceilings = Scale(0, _end([view.dev_error[0], view.dev_error[2] or 0]), *layout.ceiling)
    bottom = layout.top + layout.row * len(rows)
    parts = [*_axis(shares, "share of the errors", layout, bottom)]
    if with_ceilings:
        parts += _axis(ceilings, f"{view.split} error if fixed", layout, bottom)
        x = ceilings(view.dev_error[0])
        parts.append(tag("line", x1=x, x2=x, y1=layout.top - 6, y2=bottom + 4, class_="now"))
        parts.append(tag("text", "now", x=x, y=bottom + 33, text_anchor="middle", class_="tick now-text"))
    for i, row in enumerate(rows):
        y = layout.top + layout.row * i + (layout.row - 16 if layout.stacked else layout.row / 2)
        parts += _row(row, shares, ceilings, layout, y)
    said = ", ".join(f"{row.name} {row.share_text}" for row in rows)
    return picture(layout.width, bottom + 38, parts, label=f"Share of the errors by tag: {said}", class_=f"tags {size}")


def _end(values: list[float]) -> float:
    return min(max([*values, 0.01]) * 1.04, 1.0)


def _axis(scale: Scale, title: str, layout: _Layout, bottom: float) -> Iterator[Markup]:
    marks = ticks(0, scale.high, 3 if layout.stacked else 5)
    step = marks[1] - marks[0] if len(marks) > 1 else 0.1
    yield tag("text", title, x=scale.start, y=14, class_="head")
    for value in marks:
        x = scale(value)
        anchor = "start" if value == 0 and layout.stacked else "middle"
        yield tag("line", x1=x, x2=x, y1=layout.top - 6, y2=bottom + 4, class_="grid")
        yield tag("text", _RATE.tick(value, step), x=x, y=bottom + 20, text_anchor=anchor, class_="tick")


def _row(row: TagRow, shares: Scale, ceilings: Scale, layout: _Layout, y: float) -> Iterator[Markup]:
    kind = "labels" if row.labels else "share"
    name = (
        row.name if len(row.name) <= (26 if layout.stacked else 19) else f"{row.name[: 25 if layout.stacked else 18]}…"
    )
    full = tag("title", f"{row.name}: {row.share_text} {row.share_limits}")
    if layout.stacked:
        yield tag("text", name, tag("tspan", row.share_text, dx=7, class_="limits"), x=0, y=y - 15, class_="rung")
        if row.ceiling is not None:
            yield tag("text", row.ceiling_text, x=layout.width, y=y - 15, text_anchor="end", class_="limits")
    else:
        yield tag("text", name, full, x=0, y=y + 4.5, class_="rung")
    width = max(shares(row.share) - shares.start, 1.5)
    yield tag(
        "rect", full, x=shares.start, y=y - 8, width=width, height=16, rx=min(3.0, width / 2), class_=f"bar {kind}"
    )
    if row.low is not None and row.high is not None:
        yield _whisker(shares(row.low), shares(row.high), y)
        if not layout.stacked:
            yield tag("text", row.share_text, x=shares(row.high) + 8, y=y + 4.5, class_="limits over")
    if row.ceiling is None:
        return
    if row.ceiling_low is not None and row.ceiling_high is not None:
        yield _whisker(ceilings(row.ceiling_low), ceilings(row.ceiling_high), y)
    said = tag("title", f"{row.name}: {row.ceiling_text} {row.ceiling_limits}")
    yield tag("circle", said, cx=ceilings(row.ceiling), cy=y, r=5, class_="point")
    if not layout.stacked:
        x = ceilings(row.ceiling_low if row.ceiling_low is not None else row.ceiling) - 8
        yield tag("text", row.ceiling_text, x=x, y=y + 4.5, text_anchor="end", class_="limits over")


def _whisker(low: float, high: float, y: float) -> Markup:
    return tag(
        "path", d=f"M{low:.1f} {y:.1f}H{high:.1f}M{low:.1f} {y - 4:.1f}v8M{high:.1f} {y - 4:.1f}v8", class_="whisker"
    )


_STYLE = """
svg { color-scheme: light dark; --paper: #fdfdfb; --line: #e3e3dc; --ink: #1b1d20; --soft: #5a5f66;
  --bar: #a9bdd2; --labels: #d9693c; background: var(--paper); }
@media (prefers-color-scheme: dark) { svg { --paper: #15171a; --line: #30343a; --ink: #e9e9e5; --soft: #a3a8af;
  --bar: #4c6a8a; } }
text { font: 13px/1 ui-sans-serif, -apple-system, "Segoe UI", Roboto, Arial, sans-serif; fill: var(--ink); }
.tick, .head, .limits { fill: var(--soft); font-size: 12px; } .rung { font-weight: 650; }
.over { paint-order: stroke; stroke: var(--paper); stroke-width: 4px; }
.grid { stroke: var(--line); } .now { stroke: var(--labels); stroke-dasharray: 4 3; }
.bar.share { fill: var(--bar); } .bar.labels { fill: var(--labels); }
.whisker { stroke: var(--ink); stroke-width: 1.5; fill: none; } .point { fill: var(--ink); stroke: var(--paper); }
"""


def alone(view: Chapter) -> str:
    """The wide picture as a file of its own, with its colours in it, for light and dark."""
    drawn = str(draw(view, "wide"))
    head, rest = drawn[: drawn.index(">") + 1], drawn[drawn.index(">") + 1 :]
    head = head.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"', 1)
    return f"{head}<style>{_STYLE}</style>{rest}\n"
