"""The comparison with an earlier run in a terminal: fixed, regressed, still wrong, and what to look at now."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
from rich.console import Console

from dlx.analysis._against import Against
from dlx.reports._numbers import Measure, count

__all__ = ["render"]

_RATE = Measure()


def _table(found: Against) -> tuple[list[str], list[list[str]]]:
    """Headings and cells, one row per tag."""
    head = ["tag", "tagged", "fixed", "still wrong", "new", "change among them", "change of dev error"]
    rows = []
    for row in found.tags.to_dict("records"):
        change, dev = (
            _span(row, *names) for names in (("change", "low", "high"), ("dev_change", "dev_low", "dev_high"))
        )
        new = "?" if _missing(row["regressed"]) else count(int(row["regressed"]))
        rows.append([row["tag"], count(row["n"]), count(row["fixed"]), count(row["still_wrong"]), new, change, dev])
    return head, rows


def _span(row: dict[str, Any], value: str, low: str, high: str) -> str:
    return "" if _missing(row[value]) else f"{_RATE.gap(row[value])} {_RATE.interval(row[low], row[high])}"


def _missing(value: object) -> bool:
    return value is None or bool(pd.isna(value))


def render(found: Against, console: Console, say: Callable[..., None]) -> None:
    """Print it.

    Args:
        found: the comparison.
        console: where.
        say: prints a line, with ``style`` and ``wrap``, in letters that the terminal knows.
    """
    first, *rest = found.words()
    console.print()
    say(console, first)
    head, rows = _table(found)
    if rows:
        console.print()
        told = [i for i in range(len(head)) if any(row[i] for row in rows)]
        if console.width < 110 and len(told) == len(head):
            told.pop()  # both changes do not fit
        cells = [[line[i] for i in told] for line in (head, *rows)]
        widths = [max(len(line[i]) for line in cells) for i in range(len(cells[0]))]
        widths[0] = min(widths[0], max(console.width - sum(widths[1:]) - 2 * len(widths), 12))
        for position, line in enumerate(cells):
            name = line[0] if len(line[0]) <= widths[0] else f"{line[0][: widths[0] - 1]}…"
            numbers = "  ".join(f"{cell:>{width}}" for cell, width in zip(line[1:], widths[1:], strict=True))
            say(console, f"{name:<{widths[0]}}  {numbers}".rstrip(), style="" if position else "bold", wrap=False)
        console.print()
    for line in rest:
        say(console, line, style="yellow" if line.startswith("The eyeball") else "")
