"""``dlx analyze-errors``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dlx.cli import _print
from dlx.cli._complete import runs
from dlx.cli._front import front, ready

NAME = "analyze-errors"
PANEL = "Review"


def command(
    what: Annotated[
        str,
        typer.Argument(
            metavar="RUN|FILE", autocompletion=runs, help="A run, or predictions of any framework: CSV or Parquet."
        ),
    ] = "last",
    n: Annotated[int | None, typer.Option("--n", help="Errors to look at; 100 for a new sample.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of the sample; 0 for a new one.")] = None,
    by: Annotated[
        str | None,
        typer.Option(help="How to choose: random, class, confusion, fp-fn, or loss (not for ceilings)."),
    ] = None,
    export: Annotated[
        Path | None,
        typer.Option("--export", metavar="FILE", help="Write the sample as .xlsx or .csv, to be tagged there."),
    ] = None,
    import_: Annotated[
        Path | None,
        typer.Option(
            "--import", metavar="FILE", help="Read such a sheet, or one made elsewhere: id, one column per tag."
        ),
    ] = None,
    report: Annotated[bool, typer.Option("--report", help="Show the table: share, ceiling, what to work on.")] = False,
    reviewer: Annotated[str | None, typer.Option(help="Who tags; default: the name of the account.")] = None,
    n_errors: Annotated[int | None, typer.Option(help="For a sheet made elsewhere: all errors on dev.")] = None,
    n_dev: Annotated[int | None, typer.Option(help="For a sheet made elsewhere: examples on dev.")] = None,
    correct: Annotated[
        int | None, typer.Option(help="Correct examples to look at too, for judging labels from both sides.")
    ] = None,
    repeats: Annotated[int | None, typer.Option(help="Errors shown twice, for your agreement with yourself.")] = None,
    eyeball: Annotated[
        str | None,
        typer.Option(metavar="SHARE", help="Share of dev that may be looked at; the rest stays a black box."),
    ] = None,
    positive: Annotated[str | None, typer.Option(metavar="CLASS", help="With fp-fn: the class looked for.")] = None,
    threshold: Annotated[float | None, typer.Option(help="For numbers: the error above which a row counts.")] = None,
    effort: Annotated[
        list[str] | None, typer.Option(metavar="TAG=NUMBER", help="Work a tag would be, in any unit; repeatable.")
    ] = None,
    gap: Annotated[
        str | None, typer.Option(metavar="RATE", help="Difference of dev error between models you choose from.")
    ] = None,
    against: Annotated[
        str | None,
        typer.Option(metavar="RUN|FILE", autocompletion=runs, help="An earlier one: what is fixed, what is new."),
    ] = None,
    images: Annotated[Path | None, typer.Option(help="Folder of pictures named by id or meta_path.")] = None,
    data: Annotated[str | None, typer.Option(help="Name of the data that the tags belong to.")] = None,
    predictor: Annotated[str | None, typer.Option(help="Which model, where the table holds several.")] = None,
    split: Annotated[str | None, typer.Option(help="Whose errors; dev.")] = None,
    task: Annotated[str | None, typer.Option(help="Task of a table that is not dlx's own.")] = None,
    terminal: Annotated[bool, typer.Option("--terminal", help="Tag in this terminal, over ssh too.")] = False,
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Where to serve the page; any free port without it.")
    ] = None,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Serve the page and print its address; open nothing.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout; no page.")] = False,
) -> None:
    """Tag a sample of the errors, in the browser, and see what dev error each category could give back.

    The page is served on this machine only, until "Finish" or Ctrl-C; then the table is printed.

    In a script, without a terminal, nothing is served unless --port or --no-browser asks for it.

    Example: dlx analyze-errors last, or: dlx analyze-errors preds.csv --images photos/
    """
    import dlx

    settings = {
        "n": n,
        "seed": seed,
        "by": by,
        "positive": positive,
        "correct": correct,
        "repeats": repeats,
        "eyeball": eyeball,
        "threshold": threshold,
        "predictor": predictor,
        "split": split,
        "task": task,
        "data": data,
        "reviewer": reviewer,
        "effort": _efforts(effort),
        "gap": gap,
        "against": against,
    }
    sheet = {"export_sheet": export, "import_sheet": import_, "n_errors": n_errors, "n_dev": n_dev}
    quiet = json or report or any(value is not None for value in sheet.values())
    at_once = "--json, --report, --export and --import"
    place = front(at_once=at_once, quiet=quiet, terminal=terminal, no_browser=no_browser, port=port)
    if place is not None:
        page = {"port": port or 0, "open_browser": not no_browser, "on_ready": ready}
        found = dlx.annotate_errors(what, front=place, images=images, **page, **settings)
        report = True
    else:
        found = dlx.analyze_errors(what, images=images, suggest=report, **sheet, **settings)
    from dlx.pipeline import error_report

    recorded = error_report.record(found) if report else None
    if json:
        _print.document(found.to_dict())
        return
    from dlx.analysis import render

    render(found, _print.console, table=report)
    if recorded is not None:
        _print.console.print()
        _print.line(f"report  {recorded.report}")
        _print.line(f"MLflow  {recorded.tracking}")


def _efforts(given: list[str] | None) -> dict[str, float] | None:
    """Tag → effort.

    Raises:
        UserError: not in the form TAG=NUMBER.
    """
    from dlx.errors import UserError

    made = {}
    for text in given or ():
        tag, equals, value = text.rpartition("=")
        try:
            made[tag.strip()] = float(value)
        except ValueError:
            equals = ""
        if not equals or not tag.strip():
            raise UserError("effort is given as TAG=NUMBER", value=text, where="--effort") from None
    return made or None
