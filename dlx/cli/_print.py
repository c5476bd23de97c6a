"""Printing: results on stdout, progress and logs on stderr, one JSON document with ``--json``."""

from __future__ import annotations

import json
import math
import sys
from typing import Any

from rich.console import Console

from dlx.errors import DlxError

__all__ = ["console", "document", "error", "log"]

console = Console(highlight=False)  # stdout
log = Console(stderr=True, highlight=False)


def document(value: Any) -> None:
    """Print one JSON document on stdout; NaN and infinity become null, as JSON has neither."""
    sys.stdout.write(json.dumps(_plain(value), indent=2, ensure_ascii=False, default=str) + "\n")


def error(error: DlxError) -> None:
    """Print the one clear message of an error on stderr."""
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
