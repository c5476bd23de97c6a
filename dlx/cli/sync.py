"""``dlx sync``."""

from __future__ import annotations

from typing import Annotated

import typer

from dlx.cli import _complete, _print

NAME = "sync"
PANEL = "Review"


def command(
    runs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[RUN]...", help="Runs to send, or to fetch from MLflow.", autocompletion=_complete.runs
        ),
    ] = None,
    all: Annotated[bool, typer.Option("--all", help="Look at every run, also those sent before.")] = False,
    json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Send to MLflow what it has not got yet, and fetch named runs that are only there; twice changes nothing.

    Example: dlx sync last
    """
    import dlx.tracking

    result = dlx.tracking.sync(runs or [], all=all)
    if json:
        _print.document(result.to_dict())
        return
    for row in result.rows:
        reason = f": {row.reason}" if row.reason else ""
        _print.line(f"{row.outcome:9} {row.run}{reason}")
    if not result.rows:
        _print.line(f"Nothing to send: {result.store} has every run.")
    if result.older_store:
        _print.line(f"Note: {result.older_store}", log=True)
