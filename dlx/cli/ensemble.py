"""``dlx ensemble``."""

from __future__ import annotations

from typing import Annotated

import typer

from dlx.cli import _print
from dlx.cli._complete import runs

NAME = "ensemble"
PANEL = "Use"


def command(
    members: Annotated[
        list[str],
        typer.Argument(
            metavar="RUN|search:RUN|FILE...",
            autocompletion=runs,
            help="Runs; search:RUN for the best trials of a search; predictions with probabilities: CSV or Parquet.",
        ),
    ],
    views: Annotated[
        str | None, typer.Option(help="Average views of each picture too: flips (2) or ten-crop (10).")
    ] = None,
    crop: Annotated[
        float | None, typer.Option(metavar="SHARE", help="With ten-crop: side of a crop, 0.875 of the picture's.")
    ] = None,
    best: Annotated[int | None, typer.Option(metavar="K", help="Trials of each search:RUN; 5.")] = None,
    metric: Annotated[str | None, typer.Option(help="Measure to optimise; else the recipes' goal.")] = None,
    satisfice: Annotated[
        list[str] | None, typer.Option(metavar="LIMIT", help='A limit to keep: "latency_ms <= 10"; else the recipes\'.')
    ] = None,
    task: Annotated[str | None, typer.Option(help="Of files: classification, multilabel or regression.")] = None,
    save: Annotated[
        str | None, typer.Option(metavar="NAME", help="Keep all members on all views as a run, with one Keras model.")
    ] = None,
    no_price: Annotated[
        bool, typer.Option("--no-price", help="Do not measure latency: answers in a second, without TensorFlow.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Average the outputs of several runs, or several views of each picture: the gain, and its price.

    Example: dlx ensemble RUN1 RUN2 RUN3 --satisfice "latency_ms <= 10" --save team
    """  # fmt: skip
    import dlx

    made = dlx.ensemble(
        *members,
        views=views,
        crop=crop,
        best=best,
        metric=metric,
        satisfice=satisfice or None,
        task=task,
        price=not no_price,
        save=save,
        quiet=False,
    )
    if json:
        _print.document(made.to_dict())
        return
    from dlx.reports import _ensemble

    _ensemble.render(made, console=_print.console)
    if made.run is not None:
        _print.line(f"\nrun     {save}, {made.run}\ntest    dlx evaluate {made.run} --on test\nMLflow  {made.tracking}")
