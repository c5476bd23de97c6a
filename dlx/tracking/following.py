"""A process of its own that copies a run to MLflow while it trains: its imports and waits cost the training nothing.

The training writes to the run folder only. The follower reads ``history.jsonl`` as it grows, sees in ``run.json`` that
the run has ended (or that its process is gone), sends the rest and ends. Whatever happens to it, ``dlx sync`` does the
same later.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dlx.errors import DlxError
from dlx.run import Run
from dlx.tracking.pages import ui_line
from dlx.tracking.store import older_store

__all__ = ["Follower", "attend", "follow", "only_one"]

_POLL = 0.25  # seconds between two looks at the run folder


@dataclass(frozen=True)
class Follower:
    """The process that copies one run to MLflow.

    Attributes:
        run: the run it follows.
        process: None if there is none, because ``DLX_TRACKING=off``.
    """

    run: Run
    process: subprocess.Popen | None

    def wait(self, timeout: float = 60.0) -> str:
        """Wait until the copy is complete, after the run has ended; what went wrong is one line on stderr.

        Args:
            timeout: seconds; then the follower goes on alone.

        Returns:
            one line for the user: how to open the run's page, or what to do about its copy.
        """
        if self.process is None:
            return f"not copied, as DLX_TRACKING says; `dlx sync {self.run.id}` does it later"
        try:
            self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            return f"still being copied in the background; `dlx sync {self.run.id}` if in doubt"
        if not self.run.path.exists():
            return "nothing to copy"
        older = older_store()
        if older:
            print(f"Note: {older}", file=sys.stderr)
        record = self.run.read_json("mlflow.json", default={})
        if record.get("complete"):
            self.run.file("mlflow.log").unlink(missing_ok=True)
            return ui_line(self.run)
        why = record.get("error") or f"The copy in MLflow is not complete, see {self.run.file('mlflow.log')}."
        print(f"Warning: {why}", file=sys.stderr)
        return f"not copied yet; `dlx sync {self.run.id}` does it later"


def follow(run: Run) -> Follower:
    """Copy a run to MLflow in a process of its own: while it trains and when it has ended.

    Call it after ``runs.create`` or ``run.resume`` and before TensorFlow is imported; or for a run that has ended and
    changed since. ``DLX_TRACKING=off`` starts nothing; ``dlx sync`` can send the run all the same.
    """
    if os.environ.get("DLX_TRACKING", "").lower() in {"off", "0", "false", "no"}:
        return Follower(run, None)
    order = [sys.executable, "-m", "dlx.tracking", "follow", str(run.path), "--parent", str(os.getpid())]
    with run.file("mlflow.log").open("ab") as log:
        process = subprocess.Popen(
            order,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C in the terminal stops the training; the copy has then to be finished
        )
    return Follower(run, process)


@contextmanager
def only_one(run: Run) -> Iterator[bool]:
    """True for the one process that may send this run now; False while another is at it."""
    from filelock import FileLock, Timeout

    lock = FileLock(run.file(".mlflow.lock"))
    try:
        lock.acquire(timeout=0)
    except Timeout:
        yield False
        return
    try:
        yield True
    finally:
        lock.release()


def attend(run: Run, parent: int) -> int:
    """Copy the run while it is trained, and the rest when it has ended; returns the exit code (0 when all is sent).

    Args:
        run: the run to follow.
        parent: the process that trains; when it is gone, the run has ended.
    """
    os.nice(5)  # the training comes first
    if not run.path.exists():
        return 0
    with only_one(run) as mine:
        if not mine:
            return 0
        copy, client = _begin(run)
        copy = _live(run, parent, copy)
        if not run.path.exists():  # discarded by the training: there is nothing to keep
            if copy is not None:
                _forget(copy)
            return 0
        return _finish(run, client, copy)


def _begin(run: Run) -> tuple[Any, Any]:
    from dlx.tracking.model import warm_up
    from dlx.tracking.send import open_copy
    from dlx.tracking.store import connect, store_uri, trouble

    try:
        client = connect()
        with trouble(store_uri()):
            copy = open_copy(client, run)
            warm_up()
        return copy, client
    except DlxError as error:
        print(error, file=sys.stderr)  # mlflow.log; asked again when the run has ended
        return None, None


def _live(run: Run, parent: int, copy: Any) -> Any:
    """Send epochs as they come; returns the copy, or None once MLflow stopped answering."""
    from dlx.tracking.contents import epochs
    from dlx.tracking.store import store_uri, trouble

    seen, sent = 0, {}
    while run.path.exists() and _exists(parent) and run.state() == "running":
        records = run.read_lines("history.jsonl")
        if copy is not None and len(records) > seen:
            try:
                with trouble(store_uri()):
                    copy.points(epochs(records, run)[0])
            except DlxError as error:
                print(error, file=sys.stderr)
                copy = None
            seen = len(records)
        if copy is not None and run.is_search:
            copy = copy if _send_trials(run, copy.client, sent) else None
        time.sleep(_POLL)
    return copy


def _send_trials(run: Run, client: Any, sent: dict[str, Any]) -> bool:
    """Send the trials of a search that have ended since; False once MLflow stopped answering.

    Args:
        run: the search.
        client: MLflow's client.
        sent: trial → when it ended, of those that need not be sent again; grows.
    """
    from dlx.tracking.send import send

    for file in sorted(run.path.glob("trials/*/run.json")):
        trial = Run(file.parent)
        ended = trial.info.get("finished")
        if ended is None or sent.get(trial.id) == ended:
            continue
        try:
            with only_one(trial) as mine:
                if mine:
                    send(client, trial)
        except DlxError as error:
            print(error, file=sys.stderr)
            return False
        sent[trial.id] = ended
    return True


def _finish(run: Run, client: Any, copy: Any) -> int:
    from dlx.tracking.send import send
    from dlx.tracking.store import connect

    try:
        if copy is None:
            client = connect()
        send(client, run, copy)
        if run.is_search or run.has("multitask.json"):
            from dlx.tracking.syncing import waits

            for trial in (Run(file.parent) for file in sorted(run.path.glob("trials/*/run.json"))):
                if trial.state() != "running" and waits(trial):
                    send(client, trial)
    except DlxError as error:
        print(error, file=sys.stderr)
        before = run.read_json("mlflow.json", default={})
        run.write_json("mlflow.json", before | {"complete": False, "error": str(error)})
        return error.exit_code
    return 0


def _forget(copy: Any) -> None:
    from dlx.tracking.store import store_uri, trouble

    with trouble(store_uri()):
        copy.client.delete_run(copy.run_id)


def _exists(pid: int) -> bool:
    if Path("/proc/self").exists():
        return Path(f"/proc/{pid}").exists()
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
