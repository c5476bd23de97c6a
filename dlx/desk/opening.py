"""Opening a desk in front of a person."""

from __future__ import annotations

from typing import Any

from dlx.desk._desk import Desk
from dlx.errors import unknown

__all__ = ["FRONTS", "open_desk"]

#: Where a person can sit.
FRONTS = ("page", "terminal")


def open_desk(desk: Desk, front: str, **options: Any) -> None:
    """Show the desk and wait until the person is done.

    Args:
        desk: the desk.
        front: ``page`` (served on this machine only, until "Finish" or Ctrl-C) or ``terminal``.
        options: of :func:`dlx.desk.page.serve`; the terminal needs none of them.

    Raises:
        UserError: another front end, or for the page a port that is taken.
    """
    if front not in FRONTS:
        raise unknown("front end", front, FRONTS)
    if front == "terminal":
        from dlx.desk import terminal

        terminal.run(desk)
        return
    from dlx.desk import page

    page.serve(desk, **options)
