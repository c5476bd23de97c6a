"""The ``dlx`` command: every file of this folder with a ``command`` adds one; nothing heavy is imported here."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Annotated

import typer

from dlx.errors import DlxError

__all__ = ["build", "command_names", "main"]  # and app, made on first use

#: panels of ``dlx --help``, in the order of work; a command names its own in ``PANEL``
PANELS = ("Start", "Train", "Diagnose", "Review", "Use", "Keep")


def command_names() -> dict[str, str]:
    """Command → module: one for each file of this folder; ``_x.py`` is none."""
    files = sorted(Path(__file__).parent.glob("[a-z]*.py"))
    return {file.stem.replace("_", "-"): f"dlx.cli.{file.stem}" for file in files if file.stem != "app"}


def build(full: Collection[str] | None = None) -> typer.Typer:
    """The application with all commands.

    Args:
        full: commands registered with their options; None for all. Typer builds every option of every command at
            start, used or not; the others have name and help only.
    """
    made = typer.Typer(
        name="dlx",
        no_args_is_help=True,
        rich_markup_mode="rich",
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    made.callback()(_root)
    modules = [importlib.import_module(module) for module in command_names().values()]
    for module in sorted(modules, key=_place):
        command = module.command if full is None or module.NAME in full else _outline(module.command)
        made.command(module.NAME, rich_help_panel=getattr(module, "PANEL", None))(command)
    return made


def _outline(command: Callable) -> Callable:
    def outline() -> None: ...

    outline.__doc__ = command.__doc__
    return outline


def _place(module) -> tuple[int, str]:
    panel = getattr(module, "PANEL", None)
    return (PANELS.index(panel) if panel in PANELS else len(PANELS), module.NAME)


def _version(show: bool) -> None:
    if show:
        from dlx import __version__

        typer.echo(f"dlx {__version__}")
        raise typer.Exit


def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and stop.")
    ] = False,
) -> None:
    """What to do next when a deep-learning model is not good enough.

    Start with: dlx list recipes, dlx train digits
    """


def main() -> None:
    """Run the command line; a ``DlxError`` is one message and its exit code, anything else keeps its traceback."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    asked = sys.argv[1:2] if "_DLX_COMPLETE" not in os.environ else None
    application = build(full=asked)
    try:
        application(prog_name="dlx")
    except DlxError as error:
        from dlx.cli._print import error as show

        show(error)
        sys.exit(error.exit_code)


def __getattr__(name: str):
    if name == "app":  # for tests and documentation: all commands
        globals()["app"] = build()
        return globals()["app"]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
