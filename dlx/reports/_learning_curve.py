"""A learning curve for people: characters for the terminal, a drawing, and a page that needs nothing else."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
from markupsafe import Markup, escape
from rich.console import Console
from rich.text import Text

from dlx.reports._learning_curve_picture import drawing, inside, marks, scales, span, steps, svg, tick, value
from dlx.reports._svg import Scale
from dlx.reports.terminal import _PLAIN

if TYPE_CHECKING:
    from dlx.strategy.learning_curve import LearningCurve

__all__ = ["fragment", "page", "render", "svg"]

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
        train = "" if size.train_error is None else value(found, size.train_error)
        rows.append((f"{size.n:,}", value(found, size.error), span(found, size.low, size.high), train))
    for there in found.ahead:
        rows.append((f"{there.n:,}", value(found, there.error), span(found, there.low, there.high), "foretold"))
    widths = [max(len(row[i]) for row in rows) for i in range(4)]
    return ["  " + "  ".join(cell.rjust(w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in rows]


def _picture(found: LearningCurve, width: int) -> list[Text]:
    edge = 7
    columns = max(min(width - edge - 4, _COLUMNS), 20)
    across, up = scales(found, 0, columns - 1, _ROWS - 1, 0)
    cells = [[" "] * columns for _ in range(_ROWS)]

    def put(n: float, value: float, sign: str, over: str = " ") -> None:
        row, column = round(inside(up, value)), round(across(n))
        if cells[row][column] in over:
            cells[row][column] = sign

    _band(found, across, up, cells)
    if found.target is not None:
        row = round(inside(up, found.target))
        cells[row] = ["┄" if cell == " " else cell for cell in cells[row]]
    for size in found.sizes:
        if size.train_error is not None:
            put(size.n, size.train_error, "○", " ┄░·")
        put(size.n, size.error, "●", " ┄░·○")
    for there in found.ahead:
        put(there.n, there.error, "◌", " ┄░·")
    lines = []
    by_row = {round(up(value)): tick(found, value) for value in steps(up)}
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
        for row in range(round(inside(up, above)), round(inside(up, below)) + 1):
            cells[row][column] = "░"
        cells[round(inside(up, middle))][column] = "·"


def _axis(found: LearningCurve, across: Scale, columns: int) -> str:
    cells = ["─"] * columns
    for n in marks(found):
        cells[round(across(n))] = "┴"
    return "".join(cells)


def _names(found: LearningCurve, across: Scale, columns: int) -> str:
    cells = [" "] * columns
    wanted = sorted(marks(found), key=lambda n: (n != found.sizes[-1].n, -n))
    for n in wanted:  # the full size first, then those for which there is room
        text = f"{n:,}"
        start = min(max(round(across(n)) - len(text) // 2, 0), columns - len(text))
        if all(cell == " " for cell in cells[max(start - 1, 0) : start + len(text) + 1]):
            cells[start : start + len(text)] = text
    return "".join(cells).rstrip()


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
        f"<p><b>{escape(found.text)}</b></p>{drawing(found)}<table><tr>{top}</tr>{table}</table>{notes}{laws}"
    )


def page(found: LearningCurve, title: str) -> str:
    """One HTML page that fetches nothing."""
    head = f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>'
    head += f"<style>{_STYLE}</style>"
    body = f"<h1>Would more data help?</h1><p class='note'>{escape(title)}</p>{fragment(found)}"
    return f"{head}<body>{body}</body></html>\n"
