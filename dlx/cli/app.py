"""The ``dlx`` command: every file of this folder with a ``command`` adds one; nothing heavy is imported here."""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path

import typer

from dlx.errors import DlxError

app = typer.Typer(
    name="dlx",
    help="What to do next when a deep-learning model is not good enough.",
    no_args_is_help=True,
    add_completion=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)


def _version(show: bool) -> None:
    if show:
        from importlib.metadata import version

        typer.echo(f"dlx {version('dlx')}")
        raise typer.Exit


@app.callback()
def _root(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Show the version and stop."),
) -> None:
    """What to do next when a deep-learning model is not good enough."""


for _file in sorted(Path(__file__).parent.glob("*.py")):
    if not _file.stem.startswith("_") and _file.stem != "app":
        _module = importlib.import_module(f"dlx.cli.{_file.stem}")
        app.command(_module.NAME)(_module.command)


def main() -> None:
    """Run the command line; a ``DlxError`` is one message and its exit code, anything else keeps its traceback."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        app(standalone_mode=True)
    except DlxError as error:
        from dlx.cli._print import error as show

        show(error)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        typer.echo("Interrupted.", err=True)
        sys.exit(130)
