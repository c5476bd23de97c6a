"""Where a person is to sit: the page, the terminal, or nowhere, because the command answers at once."""

from __future__ import annotations

import sys

from dlx.cli import _print

__all__ = ["front", "ready"]


def front(*, at_once: str, quiet: bool, terminal: bool, no_browser: bool, port: int | None) -> str | None:
    """``page``, ``terminal``, or None.

    Without a terminal on both sides (a script, CI) nothing is opened unless it was asked for: nobody could end it.

    Args:
        at_once: the options with which the command answers at once, for the message.
        quiet: whether one of them was given.
        terminal: ``--terminal``.
        no_browser: ``--no-browser``.
        port: ``--port``.

    Raises:
        UserError: a desk and an answer at once were both asked for.
    """
    from dlx.errors import UserError

    asked = terminal or no_browser or port is not None
    if quiet and asked:
        raise UserError(
            f"--terminal, --port and --no-browser open a desk; {at_once} answer at once",
            hint="Ask for one, then for the other.",
        )
    if not asked and (quiet or not (sys.stdin.isatty() and sys.stdout.isatty())):
        return None
    return "terminal" if terminal else "page"


def ready(url: str) -> None:
    """Say where the page is, on stderr."""
    _print.line(url, log=True)
    _print.line('The page is open until "Finish" or Ctrl-C; every key is on the disk at once.', log=True)
    sys.stderr.flush()
