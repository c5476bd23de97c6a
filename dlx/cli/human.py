"""``dlx human``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dlx.cli import _print
from dlx.cli._complete import runs
from dlx.cli._front import front, ready

NAME = "human"
PANEL = "Review"


def command(
    what: Annotated[
        str,
        typer.Argument(
            metavar="RECIPE|RUN|FILE", autocompletion=runs, help="A recipe (no run is needed), a run, or predictions."
        ),
    ] = "last",
    person: Annotated[str | None, typer.Option(help="Who labels; default: the name of the account.")] = None,
    group: Annotated[str | None, typer.Option(help="Group of this person: experts, crowd …")] = None,
    n: Annotated[int | None, typer.Option("--n", help="Examples to ask about; 100 at first, a larger n adds.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of the sample, as long as there are no votes.")] = None,
    terminal: Annotated[bool, typer.Option("--terminal", help="Label in this terminal, over ssh too.")] = False,
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Where to serve the page; any free port without it.")
    ] = None,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Serve the page and print its address; open nothing.")
    ] = False,
    export: Annotated[
        Path | None,
        typer.Option("--export", metavar="FILE", help="Write a blind sheet, .xlsx or .csv, to be filled in."),
    ] = None,
    import_: Annotated[
        Path | None,
        typer.Option(
            "--import",
            metavar="FILE",
            help="Read such a sheet; or votes (id, person, label), or counts (id, a column per class).",
        ),
    ] = None,
    report: Annotated[bool, typer.Option("--report", help="Show what is known; ask nobody.")] = False,
    label_votes: Annotated[
        int | None, typer.Option(metavar="K", help="How many people's votes made one label of the data.")
    ] = None,
    scale: Annotated[
        str | None, typer.Option(help="Of the answers, for agreement: nominal, ordinal, interval, ratio.")
    ] = None,
    predictor: Annotated[str | None, typer.Option(help="Which model, where the table holds several.")] = None,
    task: Annotated[str | None, typer.Option(help="Task of a table that is not dlx's own.")] = None,
    images: Annotated[Path | None, typer.Option(help="Folder of pictures named by id or meta_path.")] = None,
    data: Annotated[str | None, typer.Option(help="Name of the data that the votes belong to.")] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout; asks nobody.")] = False,
) -> None:
    """Measure human level: label a sample of dev blind, compare people with each other and with the model.

    The page is served on this machine only, until "Finish" or Ctrl-C; then the level is printed. Without a terminal (in
    a script, in CI) nothing is served unless --port or --no-browser asks for it.

    Example: dlx human digits --person ann, then: dlx human digits --report
    """
    import dlx

    quiet = report or json or any(value is not None for value in (export, import_, label_votes, scale))
    at_once = "--report, --json, --export, --import, --label-votes and --scale"
    place = front(at_once=at_once, quiet=quiet, terminal=terminal, no_browser=no_browser, port=port)
    found = dlx.human(
        what,
        person=person,
        group=group,
        n=n,
        seed=seed,
        front=place,
        port=port or 0,
        open_browser=not no_browser,
        on_ready=ready,
        export_sheet=export,
        import_file=import_,
        label_votes=label_votes,
        scale=scale,
        predictor=predictor,
        task=task,
        images=images,
        data=data,
    )
    if json:
        _print.document(found.to_dict())
        return
    from dlx.humans import render

    render(found, _print.console)
