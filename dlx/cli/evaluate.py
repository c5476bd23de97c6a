"""``dlx evaluate``."""

from __future__ import annotations

from typing import Annotated

import typer

from dlx.cli import _print

NAME = "evaluate"
PANEL = "Diagnose"


def command(
    model: Annotated[str, typer.Argument(help="A run (last, a name, the beginning of an id) or a .keras file.")],
    on: Annotated[str, typer.Option(help="test or dev.")] = "test",
    recipe: Annotated[str | None, typer.Option(help="For a .keras file: the recipe with its data and task.")] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Open the test set, count the look, and show the ladder with its last rung.

    Example: dlx evaluate last --on test
    """
    import dlx

    result = dlx.evaluate(model, on=on, recipe=recipe)
    if result.looks > 1:
        _print.log.print(
            f"Warning: this is look {result.looks} at this test set. Every look that steers a choice makes its error "
            "look smaller than it is; a bigger or fresh test set would be honest again.",
            markup=False,
            soft_wrap=True,
        )
    if json:
        _print.document(result.to_dict())
        return
    from dlx.reports import terminal

    _print.console.print(result.diagnosis.note, markup=False)
    terminal.render(result.diagnosis.ladder, result.diagnosis.findings, console=_print.console)
    if result.looks:
        _print.console.print(f"\nLooks at this test set so far: {result.looks}.", markup=False)
