"""``serve``: from a desk to a page that is open until somebody is done."""

from __future__ import annotations

import os
import sys
import threading
import webbrowser
from collections.abc import Callable
from typing import Any

from dlx.desk._desk import Desk
from dlx.desk.page import _address
from dlx.desk.page._answers import Answers
from dlx.desk.page._http import Server
from dlx.errors import UserError

__all__ = ["has_display", "serve"]


def serve(
    desk: Desk,
    *,
    port: int = 0,
    open_browser: bool = True,
    on_ready: Callable[[str], None] | None = None,
    summary: Callable[[], dict[str, Any]] | None = None,
    suggestions: Callable[[], list[dict[str, Any]]] | None = None,
    command: str = "",
) -> None:
    """Serve the page of a desk until Ctrl-C or the page's "Finish".

    It listens on the loopback interface only. The address holds a secret; when a server was killed, the next one of the
    same desk takes its address again, so that a page that is still open sends what it could not send before.

    Args:
        desk: what is on the page.
        port: where to listen; 0 for any free one (the last one of this desk, if that is free).
        open_browser: show it in the web browser, where there is a display.
        on_ready: told the address once the page can be opened; by default it is printed on stderr.
        summary: what the last view shows: ``{"headline": text, "columns": [text], "rows": [[text]], "lines": [text],
            "next": [command]}``.
        suggestions: ``[{"text": text, "items": [item id], "tag": name}]``; asked for only when something was said, and
            empty while that is too little for a machine to speak.
        command: how to start this again, for the page to say when the server is gone.

    Raises:
        UserError: the port is taken, or is none.
    """
    if not 0 <= port <= 65_535:
        raise UserError("a port is a number from 1 to 65535", value=port, where="--port")
    memory = _address.Memory.of(desk)
    known = memory.read()
    answers = Answers(desk, summary=summary, suggestions=suggestions, command=command)
    server = _bound(answers, port, known)
    memory.write(server.port, server.secret)
    finished = False
    try:
        (on_ready or _say)(server.url)
        if open_browser and has_display():
            threading.Thread(target=webbrowser.open, args=(server.url,), daemon=True).start()
        finished = server.run()
    except KeyboardInterrupt:
        finished = False  # the way to end it from the keyboard: everything is on the disk
    finally:
        server.close()
    if finished:
        memory.forget()


def has_display() -> bool:
    """Whether a window could be seen: a text browser in this terminal would be in the way."""
    return sys.platform in ("darwin", "win32") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _bound(answers: Answers, port: int, known: tuple[int, str] | None) -> Server:
    """At the port asked for, else at the last one, else at any free one."""
    if known is not None and port in (0, known[0]):
        try:
            return Server(answers, *known)
        except OSError:
            if port:
                raise _taken(port) from None
    try:
        return Server(answers, port, _address.secret())
    except OSError as error:
        raise _taken(port) from error


def _taken(port: int) -> UserError:
    return UserError("this port is taken, or may not be used", value=port, where="--port", hint="Leave it out.")


def _say(url: str) -> None:
    print(f"Page: {url}\nCtrl-C ends it; what was said is on the disk at once.", file=sys.stderr, flush=True)
