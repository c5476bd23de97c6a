"""The command line in the tests' own process: what a user types, at the cost of one TensorFlow for all tests."""

from __future__ import annotations

import contextlib
import io

import pytest


def command(*arguments: str) -> tuple[int, str, str]:
    """Run ``dlx`` with these arguments.

    Returns:
        exit code, stdout, stderr; what is no ``DlxError`` comes through as the bug it is.
    """
    from dlx.cli import _print, app

    out, err = io.StringIO(), io.StringIO()
    code = 0
    _forget(_print)
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["dlx", *arguments])
        patch.setenv("COLUMNS", "200")
        try:
            app.main()
        except SystemExit as end:
            code = int(end.code or 0)
    _forget(_print)
    return code, out.getvalue(), err.getvalue()


def _forget(module) -> None:
    for name in ("console", "log"):  # they hold on to the streams they were made for
        vars(module).pop(name, None)


def hears_interrupts() -> None:
    """For ``preexec_fn``: a shell lets its background jobs ignore Ctrl-C, and their children inherit that."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_DFL)
