"""``dlx list``: what there is to name."""

from __future__ import annotations

from typing import Annotated

import typer

from dlx.cli import _complete, _print

NAME = "list"
PANEL = "Start"


def command(
    family: Annotated[
        str | None,
        typer.Argument(
            help="recipes, cards, readers, builders, augmentations, tasks, metrics, checks or reports.",
            autocompletion=_complete.families,
        ),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """List recipes, cards of data sets, and parts (readers, builders, augmentations …).

    Example: dlx list builders
    """
    import dlx

    entries = dlx.catalogue(family)
    if json:
        _print.document([entry.to_dict() for entry in entries])
        return
    width = max((len(entry.name) for entry in entries), default=0) + 2
    for one in dict.fromkeys(entry.family for entry in entries):
        _print.line(one)
        for entry in entries:
            if entry.family == one:
                _print.line(f"  {entry.name:{width}}{entry.summary}")
