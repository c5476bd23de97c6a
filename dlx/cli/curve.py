"""``dlx curve``."""

from __future__ import annotations

import shlex
from typing import Annotated

import typer

from dlx.cli import _print

NAME = "curve"
PANEL = "Diagnose"


def command(
    recipe: Annotated[str, typer.Argument(help="Name or path of a recipe.")],
    overrides: Annotated[
        list[str] | None, typer.Option("--set", "-s", metavar="KEY=VALUE", help="Change one key: -s train.epochs=5.")
    ] = None,
    sizes: Annotated[
        str | None,
        typer.Option(metavar="N,N,…", help="Training sizes, numbers or shares (25%); at least five. Else six, halved."),
    ] = None,
    repeats: Annotated[int, typer.Option(help="Of each size: other seeds and other subsets.")] = 5,
    workers: Annotated[int, typer.Option(help="Processes that train at the same time.")] = 2,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the latest unfinished curve of it.")] = False,
    far: Annotated[bool, typer.Option("--far", help="Also foretell 10 and 100 times the data: no test covers it.")] = (
        False
    ),
    strict: Annotated[bool, typer.Option("--strict", help="Unreadable examples are an error.")] = False,
    no_mlflow: Annotated[bool, typer.Option("--no-mlflow", help="Do not copy the run to MLflow.")] = False,
    json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Would more data help? Train on nested parts of train, and foretell the error of twice and four times as much.

    Example: dlx curve digits --repeats 5 --workers 2
    """
    import dlx

    result = dlx.curve(
        recipe,
        overrides or [],
        sizes=None if sizes is None else _sizes(sizes),
        repeats=repeats,
        workers=workers,
        resume=resume,
        far=far,
        strict=strict,
        track=not no_mlflow,
        quiet=False,
        arguments=shlex.join(["dlx", "curve", recipe, *[word for o in overrides or [] for word in ("-s", o)]]),
    )
    if json:
        _print.document(result.to_dict())
        return
    from dlx.reports import _learning_curve

    _learning_curve.render(result.curve, console=_print.console)
    _print.line("")
    _print.line(f"run     {result.run.id}")
    _print.line(f"report  {result.run.file('report.html')}")
    _print.line(f"MLflow  {result.tracking}")


def _sizes(text: str) -> list[int | float]:
    """Numbers and shares of a list with commas.

    Raises:
        UserError: something that is neither.
    """
    from dlx.errors import UserError

    found: list[int | float] = []
    for word in text.replace(" ", "").split(","):
        number, percent = word.removesuffix("%"), word.endswith("%")
        try:
            found.append(float(number) / 100 if percent else float(number) if "." in number else int(number))
        except ValueError as error:
            raise UserError(
                "sizes are whole numbers or shares with commas between them", value=text, where="--sizes",
                hint="For example: --sizes 100,200,400,800,1600 or 6%,12%,25%,50%,100%.",
            ) from error  # fmt: skip
    return found
