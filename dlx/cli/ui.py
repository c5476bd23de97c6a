"""``dlx ui``."""

from __future__ import annotations

from typing import Annotated

import typer

from dlx.cli import _complete, _print

NAME = "ui"
PANEL = "Review"


def command(
    run: Annotated[str | None, typer.Argument(help="Open at this run's page.", autocompletion=_complete.runs)] = None,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Where to serve; if taken, the next free one.")] = 5000,
    only_print: Annotated[bool, typer.Option("--print", help="Print address and command, serve nothing.")] = False,
    json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout, serve nothing.")] = False,
) -> None:
    """Serve MLflow's pages for the runs of this folder, on this machine only, until Ctrl-C.

    Example: dlx ui --port 5001
    """
    import dlx.tracking
    from dlx import runs

    found = runs.find(run) if run else None
    quiet = json or only_print
    address = dlx.tracking.ui(port, serve=not quiet, run=found, announce=None if quiet else _announce)
    if json:
        _print.document(address.to_dict())
    elif only_print:
        _print.line(address.url)
        if address.command:
            import shlex

            _print.line(shlex.join(address.command))


def _announce(address) -> None:
    _print.line(address.url)
    if address.older_store:
        _print.line(f"Note: {address.older_store}", log=True)
    if address.command:
        _print.line("MLflow needs about ten seconds to answer; Ctrl-C ends it.", log=True)
