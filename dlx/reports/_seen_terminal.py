"""What ``dlx look`` prints: layers and confusions, or the units of a layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dlx.reports._numbers import count, known, number
from dlx.reports._seen import dead_words, errors_head, head, pair, preference
from dlx.strategy.words import level

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

__all__ = ["render"]

#: layers listed before only the last of each resolution are
_MOST = 24
_CONFUSIONS = 6


def render(seen: Mapping[str, Any], console: Console) -> None:
    """Print what was seen.

    Args:
        seen: as ``dlx look --json`` prints it.
        console: where to.
    """
    for one in seen["units"]:
        _units(one, console)
    if seen["overview"] is not None:
        _layers(seen["layers"], console)
        _confusions(seen["overview"], console)
    for note in seen["notes"]:
        console.print(f"\nNote: {note}", markup=False)


def _table(*columns: str) -> Table:
    from rich.table import Table

    made = Table(box=None, pad_edge=False, header_style="dim")
    for name in columns:
        made.add_column(name.lstrip(">"), justify="right" if name.startswith(">") else "left")
    return made


def _units(one: Mapping[str, Any], console: Console) -> None:
    from rich.text import Text

    console.print(head(one) if one["units"] else f"{one['layer']['name']}: {_nothing(one)}", markup=False)
    table = _table(">unit", ">active on", ">at places", "its strongest are", ">of all", "")
    for unit in one["units"]:
        prefers = unit["prefers"] or {}
        base = prefers.get("base")
        of_all = "" if not known(base) else level(base) if "label" in prefers else number(base)
        said = Text(
            "dead" if unit["dead"] else preference(unit["prefers"]), style="bold" if prefers.get("clear") else ""
        )
        spread = level(unit["spread"]) if len(one["layer"]["shape"]) == 3 else ""
        source = f"from {preference(unit['prefers_source'])}" if unit["prefers_source"] else ""
        table.add_row(str(unit["unit"]), level(unit["active"]), spread, said, of_all, Text(source, style="dim"))
    console.print(table)
    console.print()


def _nothing(one: Mapping[str, Any]) -> str:
    return dead_words(one["dead"], one["layer"]["units"])


def _layers(layers: Sequence[Mapping[str, Any]], console: Console) -> None:
    shown = layers if len(layers) <= _MOST else [one for one in layers if one["last_of_its_resolution"]] or layers[-1:]
    table = _table("layer", "kind", ">units", "output", "sees")
    for one in shown:
        field = "whole image" if one["field"] is None else f"{one['field'][0]} × {one['field'][1]} pixels"
        shape = " × ".join("?" if side is None else str(side) for side in one["shape"])
        table.add_row(one["name"], one["kind"], count(one["units"]), shape, field)
    console.print(table)
    if len(shown) < len(layers):
        console.print(f"… and {len(layers) - len(shown)} more; `--json` lists all", markup=False, style="dim")


def _confusions(overview: Mapping[str, Any], console: Console) -> None:
    n = overview["n_errors"]
    if not n:
        console.print(f"\nNo errors among {count(overview['n'])} dev examples.")
        return
    console.print(f"\n{errors_head(overview)}", markup=False)
    table = _table(">times", "")
    for one in overview["confusions"][:_CONFUSIONS]:
        table.add_row(count(one["count"]), pair(one))
    console.print(table)
