"""``dlx check``: all faults of a recipe, without reading data."""

from __future__ import annotations

from typing import Annotated

import typer

from dlx.cli import _complete

NAME = "check"
PANEL = "Start"


def command(
    recipe: Annotated[str, typer.Argument(help="A recipe's name or file.", autocompletion=_complete.recipes)],
    set_: Annotated[
        list[str] | None, typer.Option("--set", "-s", metavar="KEY=VALUE", help="Change a key, e.g. train.epochs=5.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Find all faults of a recipe at once; no data is read.

    Example: dlx check digits -s train.epochs=5
    """
    from dlx.cli._print import document, line
    from dlx.recipe import check

    checked = check(recipe, set_ or ())
    missing = checked.missing_files()
    if as_json:
        missing_data = [{"key": key, "path": path, "from": origin} for key, path, origin in missing]
        document({"recipe": checked.name, "faults": [], "hash": checked.hash(), "missing": missing_data})
        return
    line(f"{checked.name}: no faults.")
    for key, path, origin in missing:
        comes = f"; it comes from {origin}" if origin else ""
        line(f"Not there yet: {key}: {path}{comes}", log=True)
