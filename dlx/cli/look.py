"""``dlx look``."""

from __future__ import annotations

from typing import Annotated

import typer

from dlx.cli import _complete, _print

NAME = "look"
PANEL = "Diagnose"


def command(
    run: Annotated[
        str,
        typer.Argument(
            metavar="RUN",
            autocompletion=_complete.runs,
            help="A run: last, a name, the beginning of an id, or a path.",
        ),
    ] = "last",
    layer: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Show its units; repeatable. default: the last convolution of each size."),
    ] = None,
    units: Annotated[
        str, typer.Option(help="How many units, those that vary most; or which: 3,17 (3, for one).")
    ] = "16",
    examples: Annotated[int, typer.Option(min=1, help="Examples of train and dev to search.")] = 2_000,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")] = False,
    json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """See what a model sees: its errors side by side, the pixels behind answers, the patches that excite its units.

    Without --layer: its layers, the errors by confusion, and the pixels that the worst of them rest on.

    With it: for each unit the nine patches of train and dev (never test) that it answers to most.

    Example: dlx look last, then: dlx look last --layer conv3
    """
    import dlx

    seen = dlx.look(run, layer=layer, units=units, examples=examples, quiet=quiet or json)
    if json:
        _print.document(seen.to_dict())
        return
    from dlx.reports import _seen_terminal

    _seen_terminal.render(seen.to_dict(), _print.console)
    _print.console.print()
    for file in seen.files:
        _print.line(f"picture {file}")
    _print.line(f"report  {seen.report}")
    _print.line(f"MLflow  {seen.tracking}")
