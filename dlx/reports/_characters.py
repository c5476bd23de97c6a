"""The ladder as a picture in characters: dots with intervals for rungs, bars between them for gaps."""

from __future__ import annotations

from dataclasses import dataclass

from rich.text import Text

from dlx.reports._ladder_view import GapRow, LadderView, RungRow
from dlx.reports._numbers import MINUS, Measure, number

__all__ = ["ASCII", "UNICODE", "Glyphs", "Terse", "picture"]


class Terse(Measure):
    """Bare numbers, per cent for rates: the unit stands once, in the header."""

    def value(self, value: float) -> str:
        """``8.00``."""
        if not self.bounded:
            return number(value)
        shown = 100 * value
        return f"{shown:.{1 if abs(shown) >= 9.995 else 2}f}".replace("-", MINUS)

    def gap(self, value: float) -> str:
        """``+2.00``."""
        return ("+" if value > 0 else "") + self.value(value)

    def tick(self, value: float, step: float) -> str:
        """``8``."""
        return super().tick(value, step).removesuffix("%").rstrip()


@dataclass(frozen=True)
class Glyphs:
    """Characters to draw with; ``bars`` by rank of the gap."""

    dot: str = "●"
    hollow: str = "○"
    left: str = "├"
    right: str = "┤"
    line: str = "─"
    tick: str = "┴"
    target: str = "┊"
    thin: str = "▏"
    mark: str = "▶"
    bars: tuple[tuple[str, str], ...] = (("focus", "█"), ("flagged", "▓"), ("quiet", "░"), ("open", "╌"))


UNICODE = Glyphs()
ASCII = Glyphs(*"*o||-+:'>", bars=(("focus", "#"), ("flagged", "="), ("quiet", "."), ("open", "~")))

_STYLES = {"focus": "bold red", "flagged": "yellow", "quiet": "dim", "open": "magenta"}
_NARROW, _LEAST, _MOST = 28, 12, 72


def picture(view: LadderView, width: int, unit: str, glyphs: Glyphs = UNICODE) -> list[Text]:
    """Lines of at most ``width`` characters, where that is 60 or more.

    Args:
        view: what is drawn, written by :class:`Terse`.
        width: characters in a line; where too few are left for the plot, numbers alone are shown.
        unit: what the numbers count, for the header.
        glyphs: what to draw with.
    """
    rows = [(row, _cells(row)) for row in view.rows]
    header = (view.measure, unit, "95 %" if any(cells[2].startswith("[") for _, cells in rows) else "", "")
    widths = _widths(header, rows)
    if width - _span(widths) < _NARROW:  # sizes are the first to go, as they are said elsewhere
        rows = [(row, cells if isinstance(row, GapRow) else (*cells[:3], "")) for row, cells in rows]
        widths = _widths(header, rows)
    plot = min(width - _span(widths), _MOST)
    axis = _Axis(view, plot) if plot >= _LEAST else None
    top = Text(f"  {_aligned(header, widths)}".ljust(_span(widths)) + (axis.target() if axis else ""), style="dim")
    lines = [top, *(_line(row, cells, widths, axis, glyphs) for row, cells in rows)]
    if axis:
        lines += [Text(" " * _span(widths) + text, style="dim") for text in (axis.scale(glyphs), axis.labels())]
    for line in lines:
        line.rstrip()
    return lines


class _Axis:
    """Error values to columns."""

    def __init__(self, view: LadderView, width: int):
        self.view, self.width = view, width

    def column(self, value: float) -> int:
        share = (value - self.view.low) / ((self.view.high - self.view.low) or 1.0)
        return min(max(round(share * (self.width - 1)), 0), self.width - 1)

    def blank(self, glyphs: Glyphs) -> list[str]:
        cells = [" "] * self.width
        if self.view.target is not None:
            cells[self.column(self.view.target)] = glyphs.target
        return cells

    def target(self) -> str:
        """The target in words, above its line."""
        text = self.view.target_text
        at = 0 if self.view.target is None else self.column(self.view.target)
        return " " * max(min(at - len(text) // 2, self.width - len(text)), 0) + text

    def scale(self, glyphs: Glyphs) -> str:
        cells = [glyphs.line] * self.width
        for value, _ in self.view.ticks:
            cells[self.column(value)] = glyphs.tick
        return "".join(cells)

    def labels(self) -> str:
        cells, free = [" "] * self.width, 0
        for value, text in self.view.ticks:
            start = min(max(self.column(value) - len(text) // 2, 0), self.width - len(text))
            if start >= free:
                cells[start : start + len(text)] = text
                free = start + len(text) + 1
        return "".join(cells)


def _cells(row: RungRow | GapRow) -> tuple[str, str, str, str]:
    """Name, value, limits, and the chance of a gap or the size of a rung."""
    if isinstance(row, GapRow):
        return f"  {row.title}", row.text, row.interval, f"P {row.note}" if row.note else ""
    if row.exact and not row.interval:
        return row.title, row.text, row.note, ""
    return row.title, row.text, row.interval, row.note


def _is_open(row: RungRow | GapRow) -> bool:
    return isinstance(row, GapRow) and row.rank == "open"


def _widths(header: tuple, rows: list[tuple]) -> list[int]:
    """Width of each column; a gap that cannot be told apart runs over all of them."""
    table = [header, *(cells for row, cells in rows if not _is_open(row))]
    widths = [max(len(cells[i]) for cells in table) for i in range(4)]
    longest = max((len(f"{cells[0]}  {cells[1]}") for row, cells in rows if _is_open(row)), default=0)
    widths[0] += max(longest + 4 - _span(widths), 0)
    return widths


def _span(widths: list[int]) -> int:
    """Characters to the left of the plot."""
    return 4 + sum(widths) + 2 * sum(1 for width in widths[1:] if width)


def _aligned(cells: tuple, widths: list[int]) -> str:
    name, value, limits, note = (
        cell.rjust(width) if i in (1, 3) else cell.ljust(width)
        for i, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )
    return "  ".join([name, *(cell for cell in (value, limits, note) if cell)])


def _line(row: RungRow | GapRow, cells: tuple, widths: list[int], axis: _Axis | None, glyphs: Glyphs) -> Text:
    focus = isinstance(row, GapRow) and row.rank == "focus"
    text = f"{cells[0]}  {cells[1]}" if _is_open(row) else _aligned(cells, widths)
    line = Text(f"{glyphs.mark if focus else ' '} {text}".ljust(_span(widths)))
    line.stylize("dim", 2 + widths[0] + 2 + widths[1] + 2, len(line))
    line.stylize(_STYLES[row.rank] if focus else "bold" * isinstance(row, RungRow), 0, 2 + widths[0] + 2 + widths[1])
    if axis:
        line.append_text(_bar(row, axis, glyphs) if isinstance(row, GapRow) else _dot(row, axis, glyphs))
    return line


def _dot(row: RungRow, axis: _Axis, glyphs: Glyphs) -> Text:
    cells = axis.blank(glyphs)
    if row.low is not None:
        low, high = axis.column(row.low), axis.column(row.high)
        cells[low : high + 1] = glyphs.line * (high - low + 1)
        cells[low], cells[high] = glyphs.left, glyphs.right
    for value in row.others:
        cells[axis.column(value)] = glyphs.hollow
    at = axis.column(row.error)
    cells[at] = glyphs.hollow if row.exact else glyphs.dot
    text = Text("".join(cells))
    text.stylize("bold cyan", at, at + 1)
    return text


def _bar(row: GapRow, axis: _Axis, glyphs: Glyphs) -> Text:
    start, end = sorted((axis.column(row.start), axis.column(row.end)))
    cells = axis.blank(glyphs)
    bar = dict(glyphs.bars)[row.rank]
    cells[start : max(end, start + 1)] = bar * (end - start) if end > start else glyphs.thin
    return Text("".join(cells), style=_STYLES[row.rank])
