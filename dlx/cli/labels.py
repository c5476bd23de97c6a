"""``dlx labels``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dlx.cli import _print
from dlx.cli._complete import runs
from dlx.cli._front import front, ready

NAME = "labels"
PANEL = "Review"


def command(
    what: Annotated[
        str,
        typer.Argument(metavar="RUN|FILE", autocompletion=runs, help="A run, or predictions with proba_<class>."),
    ] = "last",
    person: Annotated[str | None, typer.Option(help="Who looks; default: the name of the account.")] = None,
    n: Annotated[
        int | None,
        typer.Option("--n", help="Flagged, unflagged, misclassified and test examples, each; 50 at first, more adds."),
    ] = None,
    flagged: Annotated[int | None, typer.Option(help="Flagged examples, where more than --n.")] = None,
    relabel: Annotated[bool, typer.Option("--relabel", help="Ask about all of dev and test.")] = False,
    seed: Annotated[int | None, typer.Option(help="Seed of the sample, as long as there are no votes.")] = None,
    folds: Annotated[int | None, typer.Option(help="Models that are trained to find suspicious labels; 5.")] = None,
    from_run: Annotated[
        bool, typer.Option("--from-run", help="Train nothing: the run's own predictions of dev, and dev only.")
    ] = False,
    show_labels: Annotated[
        bool, typer.Option("--open", help="Show label and prediction while looking: quicker, and biased.")
    ] = False,
    terminal: Annotated[bool, typer.Option("--terminal", help="Look in this terminal, over ssh too.")] = False,
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Where to serve the page; any free port without it.")
    ] = None,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Serve the page and print its address; open nothing.")
    ] = False,
    export: Annotated[
        Path | None, typer.Option("--export", metavar="FILE", help="Write a blind sheet, .xlsx or .csv, to fill in.")
    ] = None,
    import_: Annotated[Path | None, typer.Option("--import", metavar="FILE", help="Read such a sheet.")] = None,
    report: Annotated[bool, typer.Option("--report", help="Show what is known; ask nobody.")] = False,
    apply: Annotated[
        bool, typer.Option("--apply", help="Write the corrections that dlx train lays over the labels.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="With --apply: dev, though nobody looked at test.")] = False,
    gap: Annotated[
        str | None, typer.Option(metavar="RATE", help="Difference of dev error between models you choose from.")
    ] = None,
    predictor: Annotated[str | None, typer.Option(help="Which model, where the table holds several.")] = None,
    task: Annotated[str | None, typer.Option(help="Task of a table that is not dlx's own.")] = None,
    images: Annotated[Path | None, typer.Option(help="Folder of pictures named by id or meta_path.")] = None,
    data: Annotated[str | None, typer.Option(help="Name of the data that the votes belong to.")] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout; asks nobody.")] = False,
) -> None:
    """Find suspicious labels, let people look at some blind, and say whether relabelling is worth it.

    At first some models are trained, each without a part of the examples; what was killed goes on. The page is served
    on this machine only, until "Finish" or Ctrl-C. Nothing is predicted on test, and the data's files stay as they are.

    Example: dlx labels last, then: dlx labels last --apply, and train again
    """
    import dlx
    from dlx.errors import UserError

    quiet = report or json or apply or export is not None or import_ is not None
    at_once = "--report, --json, --apply, --export and --import"
    place = front(at_once=at_once, quiet=quiet, terminal=terminal, no_browser=no_browser, port=port)
    if force and not apply:
        raise UserError("--force goes with --apply")
    found = dlx.labels(
        what,
        person=person,
        n=n,
        flagged=flagged,
        relabel=relabel or None,
        seed=seed,
        folds=folds,
        from_run=from_run,
        show_labels=show_labels,
        front=place,
        port=port or 0,
        open_browser=not no_browser,
        on_ready=ready,
        export_sheet=export,
        import_file=import_,
        apply=apply,
        force=force,
        gap=gap,
        predictor=predictor,
        task=task,
        images=images,
        data=data,
        quiet=json,
    )
    if json:
        _print.document(found.to_dict())
        return
    from dlx.labelling import render

    render(found, _print.console)
