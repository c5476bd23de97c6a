"""One network for several tasks against one for each: a table for the terminal, a chapter for the report."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from markupsafe import Markup
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from dlx.reports._numbers import MINUS
from dlx.reports._svg import Scale, picture, tag, ticks
from dlx.reports.terminal import _PLAIN

__all__ = ["fragment", "render"]

_TITLE = "dev error, %, by task; train and dev: known labels"
_COLOURS = {"share": "green", "separate": "green"}
_MARKS = {"holds": ("✓", "green"), "fails": ("!", "bold red"), "undecided": ("?", "yellow")}
_LETTERS = str.maketrans({"✓": "+", "─": "-"})
_WIDTH, _LEFT, _RIGHT, _ROW, _TOP = 640, 130, 616, 30, 34
_SHARED, _SEPARATE, _GREY, _INK = "#0072b2", "#d55e00", "#777", "currentColor"


def render(found: Mapping[str, Any], console: Console | None = None) -> None:
    """Print the tasks, what both ways cost, the conditions and the verdict.

    Args:
        found: what :meth:`dlx.comparison.Sharing.to_dict` gives.
        console: where to print; stdout by default.
    """
    page = console or Console(highlight=False)
    if page.options.ascii_only:
        drawn = Console(file=io.StringIO(), width=page.width, highlight=False)
        _print(found, drawn)
        text = drawn.file.getvalue().translate(_LETTERS | _PLAIN)
        page.print(Text(text.encode("ascii", "replace").decode()), end="")
        return
    _print(found, page)


def _print(found: Mapping[str, Any], page: Console) -> None:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, collapse_padding=True, title=_TITLE, title_justify="left",
                  title_style="")  # fmt: skip
    head, *rows = _table(found)
    for place, heading in enumerate(head):
        numbers = 0 < place < len(head) - 1
        table.add_column(heading, justify="right" if numbers else "left", overflow="fold", no_wrap=place > 0)
    for row in rows:
        table.add_row(*(Text(cell, style="bold" if row[0] == "all" else "") for cell in row))
    page.print(table)
    for line in _costs(found):
        page.print(Text(line, style="dim"))
    page.print()
    for condition in found["conditions"]:
        mark, style = _MARKS[condition["status"]]
        grid = Table.grid(padding=(0, 1))
        grid.add_row(Text(mark, style=style), Text(condition["text"]))
        page.print(grid)
        if condition["command"]:
            page.print(Text(f"  {condition['command']}", style="green"), soft_wrap=True)
    for remark in found["remarks"]:
        page.print(Text(f"Note: {remark}", style="dim"))
    page.print()
    page.print(Text(found["text"], style=f"bold {_COLOURS.get(found['status'], 'yellow')}"))


def _rows(found: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [*found["tasks"], found["whole"]]


def _table(found: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """Heading and rows: the task, its labels, both errors, the difference and what it shows."""
    made = [("task", "train", "dev", "shared", "separate", "gap", "95 %", "better")]
    for row in _rows(found):
        pair = row["pair"]
        limits = "" if pair["low"] is None else f"[{_number(pair['low'])}, {_number(pair['high'])}]"
        values = (_number(row["shared"]), _number(row["separate"]), _number(pair["difference"], sign=True), limits)
        made.append((row["name"], f"{row['n_train']:,}", f"{row['n']:,}", *values, _shown(pair)))
    return made


def _shown(pair: Mapping[str, Any]) -> str:
    if pair["better"]:
        return str(pair["better"])
    return f"need {pair['n_needed']:,}" if pair["status"] == "need_more" else "not shown"


def _number(value: float, *, sign: bool = False) -> str:
    return f"{100 * value:{'+' if sign else ''}.2f}".replace("-", MINUS)


def _costs(found: Mapping[str, Any]) -> list[str]:
    shared, alone = found["network"], list(found["alone"].values())
    parameters, seconds = (sum(each[key] for each in alone) for key in ("parameters", "seconds"))
    return [
        f"shared: 1 network, {shared['parameters']:,} parameters, {_seconds(shared['seconds'])}; "
        f"separate: {len(alone)} networks, {parameters:,} parameters, {_seconds(seconds)}"
    ]


def _seconds(seconds: float) -> str:
    return f"{seconds:.3g} s" if seconds < 100 else f"{seconds / 60:.3g} min"


def fragment(found: Mapping[str, Any]) -> Markup:
    """Verdict, drawing, table and conditions, for a page or a notebook; the same as :func:`render` prints."""
    head, *rows = _table(found)
    top = tag("tr", *(tag("th", cell, class_="n" if 0 < i < 7 else None) for i, cell in enumerate(head)))
    body = [
        tag("tr", *(tag("td", cell, class_="n" if 0 < i < 7 else None) for i, cell in enumerate(row))) for row in rows
    ]
    conditions = [
        tag("li", condition["text"], *([" ", tag("code", condition["command"])] if condition["command"] else []))
        for condition in found["conditions"]
    ]
    return Markup("").join(
        [
            tag("p", tag("b", found["text"])),
            _drawing(_rows(found)),
            tag("p", f"{_TITLE}.", class_="caption"),
            tag("div", tag("table", tag("thead", top), tag("tbody", *body)), class_="scroll"),
            *(tag("p", line, class_="caption") for line in _costs(found)),
            tag("ul", *conditions, style="padding-left:1.2em"),
            *(tag("p", remark, class_="caption") for remark in found["remarks"]),
        ]
    )


def _drawing(rows: Sequence[Mapping[str, Any]]) -> Markup:
    """One line per task: the shared network's dev error, and that of the network for it alone."""
    high = max(max(row["shared"], row["separate"]) for row in rows) or 0.01
    across, bottom = Scale(0.0, 1.05 * high, _LEFT, _RIGHT), _TOP + _ROW * len(rows)
    parts = [*_key(), *_axis(across, bottom)]
    for place, row in enumerate(rows):
        parts += _line(row, across, _TOP + _ROW * (place + 0.5))
    label = "Dev error of the shared network and of separate ones, task by task"
    return picture(_WIDTH, bottom + 42, parts, label=label)


def _line(row: Mapping[str, Any], across: Scale, y: float) -> Iterator[Markup]:
    name = row["name"] if len(row["name"]) <= 16 else f"{row['name'][:15]}…"
    shared, separate = across(row["shared"]), across(row["separate"])
    said = tag("title", f"{row['name']}: shared {_number(row['shared'])} %, separate {_number(row['separate'])} %")
    weight = "bold" if row["name"] == "all" else None
    yield tag("text", name, x=_LEFT - 12, y=y + 4, text_anchor="end", font_size=13, font_weight=weight, fill=_INK)
    shown = bool(row["pair"]["better"])
    ring = min(5.5, abs(separate - shared))  # the line ends at the ring, which stays hollow
    end = separate + (ring if separate < shared else -ring)
    yield tag("line", x1=shared, x2=end, y1=y, y2=y, stroke=_GREY, stroke_width=3 if shown else 1,
              stroke_dasharray=None if shown else "3 3")  # fmt: skip
    yield tag("circle", said, cx=separate, cy=y, r=5.5, fill="none", stroke=_SEPARATE, stroke_width=2.5)
    yield tag("circle", said, cx=shared, cy=y, r=5.5, fill=_SHARED)


def _axis(across: Scale, bottom: float) -> Iterator[Markup]:
    for value in ticks(across.low, across.high, 6):
        x = across(value)
        yield tag("line", x1=x, x2=x, y1=_TOP, y2=bottom, stroke=_GREY, stroke_opacity="0.25")
        yield tag("text", f"{100 * value:g} %", x=x, y=bottom + 18, text_anchor="middle", font_size=12, fill=_GREY)
    yield tag(
        "text", "dev error", x=(_LEFT + _RIGHT) / 2, y=bottom + 36, text_anchor="middle", font_size=12, fill=_GREY
    )


def _key() -> Iterator[Markup]:
    yield tag("circle", cx=_LEFT + 6, cy=14, r=5.5, fill=_SHARED)
    yield tag("text", "shared network", x=_LEFT + 18, y=18, font_size=12, fill=_INK)
    yield tag("circle", cx=_LEFT + 136, cy=14, r=5.5, fill="none", stroke=_SEPARATE, stroke_width=2.5)
    yield tag("text", "separate networks", x=_LEFT + 148, y=18, font_size=12, fill=_INK)
    yield tag("line", x1=_LEFT + 276, x2=_LEFT + 300, y1=14, y2=14, stroke=_GREY, stroke_width=3)
    yield tag("text", "difference shown", x=_LEFT + 308, y=18, font_size=12, fill=_INK)
