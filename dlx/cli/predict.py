"""``dlx predict``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dlx.cli import _print

NAME = "predict"
PANEL = "Use"


def command(
    run: Annotated[str, typer.Argument(help="A run: last, a name, the beginning of an id, or a path.")],
    inputs: Annotated[str, typer.Argument(help="A table, a folder of images, one image, or an array file.")],
    out: Annotated[Path | None, typer.Option(help="Write the answers to this .csv or .parquet file.")] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Answer for new inputs: a table out, one row for each input.

    Example: dlx predict last photos/ --out answers.csv
    """
    import sys

    import dlx

    answers = dlx.predict(run, inputs, out=out)
    if json:
        _print.document(answers.to_dict(orient="records"))
    elif out is None:
        answers.to_csv(sys.stdout, index=False)
    else:
        _print.console.print(f"{len(answers):,} answers written to {out}", markup=False, soft_wrap=True)
