"""Transfer for the terminal: the three conditions, both ways side by side, and which to take."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from dlx.comparison import Comparison

__all__ = ["render"]

_MARK = {"yes": ("✓", "green"), "weakly": ("~", "yellow"), "no": ("✗", "red"), "unknown": ("?", "yellow")}
_SAYS = {
    True: ("It makes sense here.", "green"),
    False: ("It makes no sense here: train from scratch.", "red"),
    None: ("Whether it makes sense is not known.", "yellow"),
}


def render(
    found: Mapping[str, Any], comparison: Comparison | None, curves: Mapping[str, Any] | None, console: Console
) -> None:
    """Print what was found.

    Args:
        found: the result as JSON data.
        comparison: of the two runs; None where none were trained.
        curves: way → learning curve, where they were asked for.
        console: where to print.
    """
    from dlx.reports._comparison import render as compare

    console.print(f"Begin from: {found['source']}", markup=False)
    table = Table(box=None, show_header=False, pad_edge=False)
    for condition in found["conditions"]:
        sign, colour = _MARK[condition["holds"]]
        table.add_row(Text(sign, style=colour), condition["name"], Text(condition["text"], style="dim"))
    console.print(table)
    text, colour = _SAYS[found["sensible"]]
    console.print(Text(text, style=f"bold {colour}"))
    if not found["runs"]:
        console.print("Nothing was trained; --anyway does it all the same.")
        return
    console.print()
    console.print(_ways(found["runs"], bounded=comparison.words.bounded))
    console.print()
    compare(comparison, console)
    for name, curve in (curves or {}).items():
        console.print()
        console.print(Text(f"Learning curve, {name}", style="bold"))
        _curve(curve, console)


def _ways(runs: Mapping[str, Mapping[str, Any]], *, bounded: bool) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column, justify in (("", "left"), ("train", "right"), ("dev", "right"), ("weights", "right"), ("fit", "right"),
                            ("all", "right"), ("run", "left")):  # fmt: skip
        table.add_column(column, justify=justify, no_wrap=column != "run")
    for name, facts in runs.items():
        shown = [_error(facts["errors"].get(split), bounded) for split in ("train", "dev")]
        seconds = [f"{facts[key]:,.0f} s" if facts.get(key) is not None else "" for key in ("fit_seconds", "seconds")]
        table.add_row(Text(name, style="bold"), *shown, f"{facts['parameters']:,}", *seconds, facts["run"])
    return table


def _error(value: float | None, bounded: bool) -> str:
    return "" if value is None else f"{100 * value:.1f} %" if bounded else f"{value:.4g}"


def _curve(curve, console: Console) -> None:
    from dlx.reports._learning_curve import render as draw

    draw(curve.curve, console)
