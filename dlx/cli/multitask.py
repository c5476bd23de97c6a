"""``dlx multitask``."""

from __future__ import annotations

from typing import Annotated

import typer

from dlx.cli import _complete, _print

NAME = "multitask"
PANEL = "Diagnose"


def command(
    source: Annotated[
        str,
        typer.Argument(metavar="RECIPE|RUN", help="A recipe, or a run of it.", autocompletion=_complete.recipes),
    ],
    overrides: Annotated[
        list[str] | None,
        typer.Option("--set", "-s", metavar="KEY=VALUE", help="Change one key: -s train.epochs=5."),
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Unreadable examples are an error.")] = False,
    no_mlflow: Annotated[bool, typer.Option("--no-mlflow", help="Do not copy the runs to MLflow.")] = False,
    json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """One network for all tasks or one for each? Trains both ways on the same split and says which errs less.

    The recipe's task is multitask or multilabel. With a run, what it lacks is trained: so it goes on after an end.

    Example: dlx multitask digits-tasks
    """
    import dlx

    result = dlx.multitask(source, overrides or [], strict=strict, track=not no_mlflow, quiet=False)
    if json:
        _print.document(result.to_dict())
        return
    from dlx.reports import _sharing

    _sharing.render(result.sharing.to_dict(), console=_print.console)
    _print.line("")
    _print.line(f"run     {result.run.id}")
    _print.line(f"report  {result.run.file('report.html')}")
    _print.line(f"MLflow  {result.tracking}")
