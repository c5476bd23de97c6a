"""How often each test set was looked at: append-only, over all runs, whoever looks."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dlx.files import append_line, disk_errors, lines

__all__ = ["looks", "record_look"]

_FILE = "looks.jsonl"


def record_look(digest: str, run_id: str, *, root: str | Path | None = None, **facts: Any) -> int:
    """Write down one look at a test set before its result is shown; returns how many there were, with this one.

    The file is only ever appended to, one write per look under a lock: two at once both count, and a look survives
    ``kill -9`` right after. Pruning runs leaves it alone, for what was seen stays seen.

    Args:
        digest: of the ids and labels of the test set, so that the same set counts as one whatever run looks.
        run_id: who looked.
        root: the runs folder; default ``DLX_RUNS`` or ``./runs``.
        facts: anything worth keeping with it, JSON.
    """
    from filelock import FileLock

    path = _path(root)
    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{path}.lock"):
        time = datetime.now(UTC).isoformat(timespec="seconds")
        append_line(path, {"digest": digest, "run": run_id, "time": time, **facts}, durable=True)
        return len(looks(digest, root=root))


def looks(digest: str | None = None, *, root: str | Path | None = None) -> list[dict[str, Any]]:
    """The looks so far, oldest first, each with ``digest``, ``run`` and ``time``; of one test set if it is named."""
    return [look for look in lines(_path(root)) if digest is None or look.get("digest") == digest]


def _path(root: str | Path | None) -> Path:
    return Path(root or os.environ.get("DLX_RUNS") or "runs") / _FILE
