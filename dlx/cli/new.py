"""``dlx new``: copy a recipe to change it."""

from __future__ import annotations

from typing import Annotated

import typer

from dlx.cli import _complete, _print

NAME = "new"
PANEL = "Start"


def command(
    name: Annotated[str, typer.Argument(help="Name of the new recipe; NAME.yaml is written here.")],
    source: Annotated[
        str, typer.Option("--from", metavar="RECIPE", help="The recipe to copy.", autocompletion=_complete.recipes)
    ],
    json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Copy a recipe, with its comments, to NAME.yaml in the working directory; nothing is overwritten.

    Example: dlx new mine --from digits
    """
    import dlx

    file = dlx.new(name, source)
    if json:
        _print.document({"name": file.stem, "file": str(file), "from": source})
    else:
        _print.line(f"{file} is written. Change it, then: dlx train {file}")
