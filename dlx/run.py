"""One run: a folder of files, each whole or absent, and a process that is at work in it or not."""

from __future__ import annotations

import json
import os
import shutil
import socket
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dlx.errors import DlxError, UserError
from dlx.files import append_line, lines, replacing

__all__ = ["Run", "now", "process"]

#: The one file that a run needs for most commands.
PREDICTIONS = "predictions.parquet"


def now() -> str:
    """The time in UTC, ISO 8601 with microseconds."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


@dataclass(frozen=True)
class Run:
    """One run: a folder of files, each of which is whole or absent.

    Attributes:
        path: the folder; its name is the run's ``id`` and never changes.
    """

    path: Path

    @property
    def id(self) -> str:
        return self.path.name

    @property
    def name(self) -> str:
        """What people call it: the id until ``dlx runs --rename``."""
        return self.info.get("name") or self.id

    @property
    def info(self) -> dict[str, Any]:
        """What stands in ``run.json``; empty while there is none."""
        return self.read_json("run.json", default={})

    @property
    def top_level(self) -> bool:
        """False for a trial of a search."""
        return not self.info.get("parent")

    @property
    def is_search(self) -> bool:
        """A search has trials, which are runs with predictions of their own; it has none itself."""
        return self.info.get("kind") == "search"

    @property
    def predictions(self) -> Path:
        """The predictions table; it exists only when it is complete, because it is written in one step."""
        return self.path / PREDICTIONS

    def file(self, name: str) -> Path:
        """A file of the run, there or not."""
        return self.path / name

    def has(self, name: str) -> bool:
        return (self.path / name).exists()

    def write_json(self, name: str, value: Any, *, durable: bool = False) -> Path:
        """Replace a JSON file; NumPy values become numbers, NaN and infinity stay as Python writes them."""
        text = json.dumps(value, indent=1, ensure_ascii=False, default=_plain)
        return self.write_text(name, text + "\n", durable=durable)

    def write_text(self, name: str, text: str, *, durable: bool = False) -> Path:
        return self.write_bytes(name, text.encode(), durable=durable)

    def write_bytes(self, name: str, content: bytes, *, durable: bool = False) -> Path:
        """Replace a file in one step: a reader sees the old one or the new one.

        Raises:
            DlxError: the disk is full; the old file is still there.
        """
        path = self.path / name
        with replacing(path, durable=durable) as temporary:
            temporary.write_bytes(content)
        return path

    def read_text(self, name: str) -> str:
        """A text file of the run.

        Raises:
            UserError: the run has no such file.
        """
        path = self.path / name
        if not path.exists():
            raise UserError(f"this run holds no {name}", where=str(self.path), hint=self.advice())
        return path.read_text(encoding="utf-8")

    def read_json(self, name: str, *, default: Any = None) -> Any:
        """A JSON file of the run, or ``default`` (if it is not None) when there is none.

        Raises:
            UserError: the run has no such file, and no default was given.
            DlxError: the file is not JSON.
        """
        if default is not None and not self.has(name):
            return default
        try:
            return json.loads(self.read_text(name))
        except ValueError as error:
            raise DlxError(
                f"{name} is not JSON: {error}", where=str(self.path), hint="Was it edited by hand?"
            ) from error

    def append(self, name: str, record: dict[str, Any]) -> None:
        """Append one record to a ``.jsonl`` file of the run."""
        append_line(self.path / name, record)

    def read_lines(self, name: str) -> list[dict[str, Any]]:
        """The records of a ``.jsonl`` file; a line cut off by ``kill -9`` is left out, no file gives none."""
        return lines(self.path / name)

    def update(self, **fields: Any) -> dict[str, Any]:
        """Merge fields into ``run.json`` and return it; safe beside another process that does the same."""
        from filelock import FileLock

        with FileLock(self.path / ".lock"):
            merged = self.info | fields
            self.write_json("run.json", merged, durable=True)
        return merged

    def finish(self, status: str = "complete", **fields: Any) -> dict[str, Any]:
        """Close the run as ``complete``, ``failed`` or ``interrupted``."""
        if status not in {"complete", "failed", "interrupted"}:
            raise ValueError(f"a run ends as complete, failed or interrupted, not {status!r}")
        return self.update(status=status, finished=now(), **fields)

    def resume(self, **fields: Any) -> dict[str, Any]:
        """Take the run over in this process: running again, no end, the old beginning.

        Raises:
            UserError: another process is still at it.
        """
        info = self.info
        if self.state() == "running" and info.get("pid") != os.getpid():
            raise UserError("this run is still running", value=f"process {info.get('pid')}", where=self.id)
        return self.update(status="running", finished=None, error=None, resumed=now(), **process(), **fields)

    def state(self) -> str:
        """``running``, ``complete``, ``failed``, ``interrupted``, or ``dead``: it was killed and could not say so."""
        info = self.info
        status = info.get("status", "dead")
        return "dead" if status == "running" and not _alive(info) else status

    def discard(self) -> None:
        """Remove the folder and everything in it: it is gone in one step, whoever is writing there."""
        gone = self.path.with_name(f".{self.path.name}.gone")
        os.replace(self.path, gone)
        shutil.rmtree(gone)

    def advice(self) -> str:
        """What to do when something is missing here, by the run's state."""
        state = self.state()
        if self.is_search:
            return self._search_advice(state)
        if self.info.get("kind") == "ensemble" and state != "complete":
            return f"Its making was broken off: `{self.info['command']}` makes it again."
        again = {"dead": "It was killed", "interrupted": "It was interrupted", "failed": "It failed"}.get(state)
        if again and not self.has("recipe.yaml"):
            return f"{again} before its fit began: train anew, {self.info.get('command', 'dlx train')}."
        if again:
            info = self.info
            why = f": {str(info['error']).rstrip('.')}" if state == "failed" and info.get("error") else ""
            on = f"; `dlx train --resume {self.id}` goes on from the last epoch"
            return f"{again}{why}{'' if info.get('diverged') else on}."
        return (
            "It is still running." if state == "running" else f"`dlx report {self.id}` writes what can be written anew."
        )

    def _search_advice(self, state: str) -> str:
        best = self.info.get("best")
        if best:
            return f"It is a search: its best trial is {best}; search.html in its folder shows all."
        if state == "running":
            return "It is a search, and still running: its trials are runs of their own."
        return f"It is a search: `dlx tune {self.id} --resume` goes on with it."


def process() -> dict[str, Any]:
    """What identifies this process on this machine, for ``run.json``."""
    return {"pid": os.getpid(), "pid_started": _pid_started(os.getpid()), "host": socket.gethostname()}


def _alive(info: dict[str, Any]) -> bool:
    """Whether the process that wrote this is still at work; one on another host gets the benefit of the doubt."""
    pid = info.get("pid")
    if not isinstance(pid, int):
        return False
    if info.get("host") != socket.gethostname() or os.name == "nt":  # Windows cannot ask without sending
        return True
    try:
        os.kill(pid, 0)  # asks only; sends nothing
    except ProcessLookupError:
        return False
    except PermissionError:
        return True  # it is there, and another user's
    return info.get("pid_started") in {None, _pid_started(pid)}  # else the number was given to a new process


def _pid_started(pid: int) -> str | None:
    """Clock ticks from boot to the start of the process (Linux; None elsewhere): tells a reused number apart."""
    try:
        state, *fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return "ended" if state in "ZX" else fields[18]


def _plain(value: Any) -> Any:
    if hasattr(value, "tolist"):
        return value.tolist()
    if hasattr(value, "to_dict"):
        return value.to_dict()
    return str(value)
