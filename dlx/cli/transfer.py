"""``dlx transfer``."""

from __future__ import annotations

from typing import Annotated

import typer

from dlx.cli import _complete, _print

NAME = "transfer"
PANEL = "Train"


def command(
    recipe: Annotated[str, typer.Argument(help="A recipe's name or file.", autocompletion=_complete.recipes)],
    source: Annotated[
        str | None,
        typer.Option("--from", metavar="SOURCE", help="imagenet:NAME, run:RUN, models:/NAME@ALIAS, or a .keras file."),
    ] = None,
    overrides: Annotated[
        list[str] | None,
        typer.Option("--set", "-s", metavar="KEY=VALUE", help="Change one key: -s transfer.depth=head."),
    ] = None,
    curves: Annotated[bool, typer.Option("--curves", help="Also the learning curve of both.")] = False,
    sizes: Annotated[
        str | None, typer.Option(metavar="N,N,…", help="With --curves: training sizes, numbers or shares (25%).")
    ] = None,
    repeats: Annotated[int, typer.Option(help="With --curves: of each size.")] = 5,
    fresh: Annotated[bool, typer.Option("--fresh", help="Train both anew, although runs of them are there.")] = False,
    anyway: Annotated[bool, typer.Option("--anyway", help="Train although it makes no sense.")] = False,
    no_mlflow: Annotated[bool, typer.Option("--no-mlflow", help="Do not copy runs to MLflow.")] = False,
    json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Ask whether a trained network helps here; train from scratch and from it; compare both on dev.

    Example: dlx transfer groceries --from imagenet:MobileNetV2
    """
    import dlx
    from dlx.cli.curve import _sizes

    result = dlx.transfer_learning(
        recipe,
        overrides or [],
        source=source,
        curves=curves,
        sizes=None if sizes is None else _sizes(sizes),
        repeats=repeats,
        fresh=fresh,
        anyway=anyway,
        track=not no_mlflow,
        quiet=False,
    )
    if json:
        _print.document(result.to_dict())
        return
    from dlx.reports import _transfer

    _transfer.render(result.to_dict(), result.comparison, result.curves, console=_print.console)
