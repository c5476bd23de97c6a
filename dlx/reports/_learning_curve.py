"""A learning curve for people: characters for the terminal, a drawing, and a page that needs nothing else."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from markupsafe import Markup, escape
from rich.console import Console
from rich.text import Text

from dlx.reports._svg import Scale, picture, tag, ticks
from dlx.reports.terminal import _PLAIN
from dlx.strategy.curve_words import ahead
from dlx.strategy.words import level

if TYPE_CHECKING:
    from dlx.strategy.learning_curve import LearningCurve

__all__ = ["fragment", "page", "render", "svg"]

_DEV, _TRAIN, _GREY = "#0072b2", "#d55e00", "#777"
_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM = 640, 330, 60, 616, 34, 280
_ROWS, _COLUMNS = 15, 68
_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:44rem;margin:2rem auto;padding:0 1rem;color:#222}"
    "table{border-collapse:collapse;margin:1rem 0}"
    "th,td{padding:.2rem .8rem;text-align:right;border-bottom:1px solid #ddd;font-variant-numeric:tabular-nums}"
    ".note{color:#666}"
)
_STATUS = {"helps": "green", "not_the_bottleneck": "yellow", "undecided": "yellow", "no_extrapolation": "magenta"}


def render(found: LearningCurve, console: Console | None = None) -> None:
    """Print picture, table and answer.

    Args:
        found: the curve.
        console: where to print; stdout by default.
    """
    page = console or Console(highlight=False)
    ascii_only = page.options.ascii_only
    target = Console(file=io.StringIO(), width=page.width, highlight=False) if ascii_only else page
    for line in _picture(found, min(page.width, 100)):
        target.print(line)
    target.print()
    for line in _table(found):
        target.print(Text(line))
    target.print()
    target.print(Text(found.text, style=f"bold {_STATUS[found.status]}"))
    for line in _notes(found):
        target.print(Text(line, style="dim"))
    if ascii_only:
        text = target.file.getvalue().replace("─", "-").replace("→", "->").translate(_PLAIN)
        page.print(Text(text.encode("ascii", "replace").decode()), end="")


def _notes(found: LearningCurve) -> list[str]:
    notes = ["95 % limits over training subsets and seeds, on this one dev set."]
    if min(size.repeats for size in found.sizes) < 5:
        notes.append("Fewer than five repeats: the limits are rough.")
    if any(there.factor > 4 for there in found.ahead):
        notes.append("Beyond four times the data no back-test covers what is foretold.")
    return notes


def _table(found: LearningCurve) -> list[str]:
    """Sizes, dev error and limits, train error; then what is foretold."""
    rows = [("examples", "dev error", "95 %", "train error")]
    for size in found.sizes:
        train = "" if size.train_error is None else _value(found, size.train_error)
        rows.append((f"{size.n:,}", _value(found, size.error), _span(found, size.low, size.high), train))
    for there in found.ahead:
        rows.append((f"{there.n:,}", _value(found, there.error), _span(found, there.low, there.high), "foretold"))
    widths = [max(len(row[i]) for row in rows) for i in range(4)]
    return ["  " + "  ".join(cell.rjust(w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in rows]


def _value(found: LearningCurve, value: float) -> str:
    return f"{100 * value:.2f} %" if found.bounded else level(value, bounded=False, unit=found.unit)


def _span(found: LearningCurve, low: float, high: float) -> str:
    factor = 100 if found.bounded else 1
    return f"[{factor * low:.3g}, {factor * high:.3g}]"


def _scales(found: LearningCurve, left: float, right: float, bottom: float, top: float) -> tuple[Scale, Scale]:
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


def _steps(up: Scale) -> list[float]:
    if not up.log:
        return ticks(up.low, up.high, 5)
    powers = range(math.floor(math.log10(up.low)), math.ceil(math.log10(up.high)) + 1)
    return [m * 10.0**p for p in powers for m in (1, 2, 5) if up.low <= m * 10.0**p <= up.high]


def _inside(up: Scale, value: float) -> float:
    """The place of a value, or of the end of the scale where it lies beyond."""
    return up(min(max(value, up.low), up.high))


def _picture(found: LearningCurve, width: int) -> list[Text]:
    edge = 7
    columns = max(min(width - edge - 4, _COLUMNS), 20)
    across, up = _scales(found, 0, columns - 1, _ROWS - 1, 0)
    cells = [[" "] * columns for _ in range(_ROWS)]

    def put(n: float, value: float, sign: str, over: str = " ") -> None:
        row, column = round(_inside(up, value)), round(across(n))
        if cells[row][column] in over:
            cells[row][column] = sign

    _band(found, across, up, cells)
    if found.target is not None:
        row = round(_inside(up, found.target))
        cells[row] = ["┄" if cell == " " else cell for cell in cells[row]]
    for size in found.sizes:
        if size.train_error is not None:
            put(size.n, size.train_error, "○", " ┄░·")
        put(size.n, size.error, "●", " ┄░·○")
    for there in found.ahead:
        put(there.n, there.error, "◌", " ┄░·")
    lines = []
    by_row = {round(up(value)): _tick(found, value) for value in _steps(up)}
    for row, line in enumerate(cells):
        lines.append(Text(f"{by_row.get(row, '').rjust(edge)} {'┤' if row in by_row else '│'}{''.join(line)}"))
    lines.append(Text(f"{' ' * edge} └{_axis(found, across, columns)}"))
    lines.append(Text(f"{' ' * edge}  {_names(found, across, columns)}"))
    key = "● dev" + ("  ○ train" if found.sizes[0].train_error is not None else "")
    key += ("  ◌ foretold  ░ 95 %" if found.ahead else "") + ("  ┄ target" if found.target is not None else "")
    return [Text(f"{' ' * edge}  {key}   by training examples", style="dim"), *lines]


def _band(found: LearningCurve, across: Scale, up: Scale, cells: list[list[str]]) -> None:
    """What is foretold, column by column, from the largest size on."""
    if not found.band:
        return
    place = [across(n) for n, *_ in found.band]
    for column in range(round(across(found.sizes[-1].n)) + 1, len(cells[0])):
        below, middle, above = (
            float(np.interp(column, place, line)) for line in list(zip(*found.band, strict=True))[1:]
        )
        for row in range(round(_inside(up, above)), round(_inside(up, below)) + 1):
            cells[row][column] = "░"
        cells[round(_inside(up, middle))][column] = "·"


def _axis(found: LearningCurve, across: Scale, columns: int) -> str:
    cells = ["─"] * columns
    for n in _marks(found):
        cells[round(across(n))] = "┴"
    return "".join(cells)


def _names(found: LearningCurve, across: Scale, columns: int) -> str:
    cells = [" "] * columns
    wanted = sorted(_marks(found), key=lambda n: (n != found.sizes[-1].n, -n))
    for n in wanted:  # the full size first, then those for which there is room
        text = f"{n:,}"
        start = min(max(round(across(n)) - len(text) // 2, 0), columns - len(text))
        if all(cell == " " for cell in cells[max(start - 1, 0) : start + len(text) + 1]):
            cells[start : start + len(text)] = text
    return "".join(cells).rstrip()


def _marks(found: LearningCurve) -> list[int]:
    return [size.n for size in found.sizes] + [there.n for there in found.ahead]


def _tick(found: LearningCurve, value: float) -> str:
    return f"{100 * value:g} %" if found.bounded else f"{value:g}"


def svg(found: LearningCurve) -> str:
    """The drawing as a file of its own."""
    drawing = str(_drawing(found))
    return drawing.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1) + "\n"


def _drawing(found: LearningCurve) -> Markup:
    across, up = _scales(found, _LEFT + 12, _RIGHT - 8, _BOTTOM, _TOP)
    parts = [tag("rect", width=_WIDTH, height=_HEIGHT, fill="#fff")]
    parts += [*_axes(found, across, up), *_foretold(found, across, up), *_measured(found, across, up), *_key(found)]
    return picture(_WIDTH, _HEIGHT, parts, label=f"Error by number of training examples. {found.text}")


def _axes(found: LearningCurve, across: Scale, up: Scale) -> Iterator[Markup]:
    for value in _steps(up):
        y = up(value)
        yield tag("line", x1=_LEFT, x2=_RIGHT, y1=y, y2=y, stroke="#e4e4e4")
        yield tag("text", _tick(found, value), x=_LEFT - 8, y=y + 4, text_anchor="end", font_size=12, fill=_GREY)
    last = math.inf
    for n in sorted(_marks(found), reverse=True):
        x = across(n)
        yield tag("line", x1=x, x2=x, y1=_BOTTOM, y2=_BOTTOM + 5, stroke=_GREY)
        if last - x > 44:
            yield tag("text", f"{n:,}", x=x, y=_BOTTOM + 20, text_anchor="middle", font_size=12, fill=_GREY)
            last = x
    yield tag("text", "training examples", x=(_LEFT + _RIGHT) / 2, y=_BOTTOM + 40, text_anchor="middle", font_size=12,
              fill=_GREY)  # fmt: skip
    if found.target is not None:
        y = _inside(up, found.target)
        yield tag("line", x1=_LEFT, x2=_RIGHT, y1=y, y2=y, stroke="#009e73", stroke_dasharray="6 4")
        yield tag("text", "target", x=_RIGHT, y=y - 5, text_anchor="end", font_size=12, fill="#009e73")


def _foretold(found: LearningCurve, across: Scale, up: Scale) -> Iterator[Markup]:
    beyond = [point for point in found.band if found.sizes[-1].n <= point[0] <= across.high * 1.001]
    if not beyond:
        return
    inside = [(across(n), _inside(up, a), _inside(up, m), _inside(up, b)) for n, b, m, a in beyond]
    outline = [f"{x:.1f} {top:.1f}" for x, top, _, _ in inside] + [
        f"{x:.1f} {down:.1f}" for x, _, _, down in inside[::-1]
    ]
    yield tag("path", d=f"M{'L'.join(outline)}Z", fill=_DEV, fill_opacity="0.14")
    yield tag("path", d="M" + "L".join(f"{x:.1f} {y:.1f}" for x, _, y, _ in inside), fill="none", stroke=_DEV,
              stroke_width=2, stroke_dasharray="5 4")  # fmt: skip
    for there in found.ahead:
        said = tag("title", ahead(found, there))
        yield tag("circle", said, cx=across(there.n), cy=_inside(up, there.error), r=4.5, fill="#fff", stroke=_DEV,
                  stroke_width=2)  # fmt: skip


def _measured(found: LearningCurve, across: Scale, up: Scale) -> Iterator[Markup]:
    for kind, colour in (("train_error", _TRAIN), ("error", _DEV)):
        places = [(across(s.n), _inside(up, getattr(s, kind))) for s in found.sizes if getattr(s, kind) is not None]
        if places:
            path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
            yield tag("path", d=path, fill="none", stroke=colour, stroke_width=2)
        for x, y in places:
            yield tag("circle", cx=x, cy=y, r=4, fill=colour)
    for size in found.sizes:
        x, top, down = across(size.n), _inside(up, size.high), _inside(up, size.low)
        said = tag("title", f"{size.n:,} examples: {_value(found, size.error)} {_span(found, size.low, size.high)}")
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


def fragment(found: LearningCurve) -> Markup:
    """Answer, drawing and table, for a notebook or a page."""
    lines = _table(found)
    head, *rows = [[cell.strip() for cell in line.strip().split("  ") if cell.strip()] for line in lines]
    table = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    top = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    notes = "".join(f"<p class='note'>{escape(note)}</p>" for note in _notes(found))
    laws = ", ".join(f"{name} {100 * weight:.0f} %" for name, weight in found.laws.items())
    laws = f"<p class='note'>Mixture of laws by how well they foretold the last two sizes: {escape(laws)}.</p>"
    return Markup(
        f"<p><b>{escape(found.text)}</b></p>{_drawing(found)}<table><tr>{top}</tr>{table}</table>{notes}{laws}"
    )


def page(found: LearningCurve, title: str) -> str:
    """One HTML page that fetches nothing."""
    head = f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title><style>{_STYLE}</style>'
    return f"{head}<body><h1>Would more data help?</h1><p class='note'>{escape(title)}</p>{fragment(found)}</body></html>\n"
