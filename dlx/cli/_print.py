"""Printing: results on stdout, progress and logs on stderr, one JSON document with ``--json``."""

from __future__ import annotations

import json
import math
import sys
from typing import Any

from dlx.errors import DlxError

__all__ = ["document", "error", "line"]  # and console and log, made on first use


def __getattr__(name: str):
    """``console`` writes to stdout, ``log`` to stderr; Rich is imported on first use (0.02 s)."""
    if name not in ("console", "log"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from rich.console import Console

    globals()[name] = Console(stderr=name == "log", highlight=False)
    return globals()[name]


def document(value: Any) -> None:
    """Print one JSON document on stdout; NaN and infinity become null, as JSON has neither."""
    sys.stdout.write(json.dumps(_plain(value), indent=2, ensure_ascii=False, default=str) + "\n")


def line(text: str, *, log: bool = False) -> None:
    """Print a plain line, whole, so that a path or command in it can be copied; with ``log`` on stderr."""
    (sys.stderr if log else sys.stdout).write(text + "\n")


def error(error: DlxError) -> None:
    """Print the one clear message of an error on stderr."""
    log = sys.modules[__name__].log
    log.print("[bold red]Error:[/] ", end="")
    log.print(str(error), markup=False, soft_wrap=True)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    if hasattr(value, "item") and getattr(value, "ndim", 1) == 0:
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
