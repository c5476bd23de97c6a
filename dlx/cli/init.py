"""``dlx init``: a recipe for one's own folder or table."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

NAME = "init"
PANEL = "Start"


def command(
    path: Annotated[Path, typer.Argument(help="A folder of images, a table (CSV, TSV, Parquet) or an .npz file.")],
    name: Annotated[str | None, typer.Option(help="The recipe's name; the folder's or file's when not given.")] = None,
    label: Annotated[str | None, typer.Option(help="The label column, where it cannot be guessed.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Write over a recipe that is there.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Look at your data and write a recipe that runs unedited; what was guessed is shown.

    Example: dlx init photos/
    """
    from dlx.cli._print import console, document
    from dlx.starting import init

    started = init(path, name=name, label=label, force=force)
    if as_json:
        document(started.to_dict())
        return
    console.print(f"Wrote {started.file}: {started.examples:,} examples, {started.task}.", markup=False)
    for note in started.notes:
        console.print(f"· {note}", markup=False, soft_wrap=True)
    console.print()
    console.print(f"dlx data {started.file}    shows how they are divided", markup=False, soft_wrap=True)
    console.print(f"dlx train {started.file}   trains and gives the verdict", markup=False, soft_wrap=True)
