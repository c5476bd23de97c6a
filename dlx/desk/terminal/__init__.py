"""The desk in a terminal: the keys of the page, over ssh too."""

from __future__ import annotations

import sys

from dlx.desk._desk import Desk
from dlx.errors import DlxError, UserError

__all__ = ["run"]


def run(desk: Desk) -> None:
    """Ask a person about all items of a desk, one on each screen, until they quit (``q``).

    Every answer is in the log before its key is acknowledged; the next call goes on where this one ended.

    Args:
        desk: what is asked, and where the answers go.

    Raises:
        UserError: there is nothing to look at, or no terminal to show it in.
        DlxError: the terminal failed; what was acknowledged is in the log.
    """
    if not desk.items:
        raise UserError("there is no example to look at", value=desk.title)
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UserError(
            "the terminal desk needs a terminal for its keys and its screen",
            hint="Use the page (without --terminal) or a spreadsheet (--export FILE, --import FILE).",
        )
    from dlx.desk.terminal._app import DeskApp

    app = DeskApp(desk)
    app.run()
    if app.return_code:
        raise DlxError("the terminal desk stopped", hint="All that was acknowledged is in the log: start it again.")
