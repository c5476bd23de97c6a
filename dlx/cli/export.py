"""``dlx export``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dlx.cli import _print

NAME = "export"
PANEL = "Use"


def command(
    run: Annotated[str, typer.Argument(help="A run: last, a name, the beginning of an id, or a path.")],
    format: Annotated[str, typer.Option(help="keras (one file) or savedmodel (a TensorFlow folder).")] = "keras",
    out: Annotated[Path | None, typer.Option(help="Where to; default: beside you, named by the run.")] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Write a run's model to a file of its own; it takes raw inputs, preprocessing is inside.

    Example: dlx export last --format savedmodel --out served
    """
    import dlx

    path = dlx.export(run, format=format, out=out)
    if json:
        _print.document({"run": run, "format": format, "path": str(path)})
    else:
        _print.console.print(f"Exported to {path}", markup=False, soft_wrap=True)
