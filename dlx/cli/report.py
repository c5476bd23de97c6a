"""``dlx report``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dlx.cli import _complete, _print

NAME = "report"
PANEL = "Diagnose"


def _runs_and_tables(incomplete: str) -> list[str]:
    folder, slash, begun = incomplete.rpartition("/")
    files = [f for end in ("csv", "parquet") for f in Path(folder or slash or ".").glob(f"{begun}*.{end}")]
    return [*_complete.runs(incomplete), *sorted(f"{folder}{slash}{file.name}" for file in files)]


def command(
    what: Annotated[
        str,
        typer.Argument(
            metavar="RUN|FILE",
            help="A run (last, a name, the beginning of an id, a folder) or a predictions file (CSV, Parquet).",
            autocompletion=_runs_and_tables,
        ),
    ] = "last",
    out: Annotated[
        Path | None, typer.Option(help="The file to write; default: report.html in the run's folder.")
    ] = None,
    open_: Annotated[bool, typer.Option("--open", help="Show it in the web browser.")] = False,
    human: Annotated[str | None, typer.Option(help="Human error: a rate, or a number in the measure's unit.")] = None,
    task: Annotated[str | None, typer.Option(help="Task of a table that is not dlx's own.")] = None,
    metric: Annotated[str | None, typer.Option(help="Measure of the ladder.")] = None,
    predictor: Annotated[str | None, typer.Option(help="Which model, where the table holds several.")] = None,
    target: Annotated[str | None, typer.Option(help="Dev error that is good enough.")] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Write verdict, ladder, curves, errors and facts as one HTML page that can be sent as it is.

    Example: dlx report last --open
    """
    from dlx.reporting import report

    path = report(what, out=out, open=open_, human=human, task=task, metric=metric, predictor=predictor, target=target)
    if json:
        _print.document({"report": str(path), "bytes": path.stat().st_size})
    else:
        _print.line(str(path))
