"""Worker processes that stay: each loads what it needs once, then does one job after the other.

A worker may die (``kill -9``, out of memory) without taking the parent along, and it ends by itself when the parent is
gone. Nothing here knows what a job is.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import signal
import sys
import threading
import traceback
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing import connection, get_context, parent_process
from typing import Any

from dlx.errors import DlxError

__all__ = ["Event", "Pool"]


@dataclass(frozen=True)
class Event:
    """What a worker says of a job.

    Attributes:
        kind: ``note`` (something on the way), ``done``, ``error`` (it raised what nobody expected), ``died``, or
            ``broken``: a worker could not start, and neither could another in its place.
        job: the key of the job; None for a worker that had none.
        value: the result or the note; of an error its message or traceback, of a death the reason.
    """

    kind: str
    job: Any
    value: Any = None


@dataclass
class _Worker:
    process: Any
    pipe: Any
    job: Any = None
    jobs: int = 0
    idle: bool = True


class Pool:
    """Workers that call ``function(state, job, say)``, where ``state = start(**setup)`` is made once by each.

    Args:
        start: ``package.module:function`` that a worker calls first.
        function: ``package.module:function`` of one job; ``say`` sends notes on the way.
        setup: arguments of ``start``, picklable.
        workers: how many.
        environments: variables to set before anything is imported: the first worker's, the second's …, in turn.
        jobs: a worker is replaced after so many jobs; None for never, 1 for a process for each.
    """

    def __init__(
        self,
        start: str,
        function: str,
        setup: Mapping[str, Any],
        *,
        workers: int,
        environments: Sequence[Mapping[str, str]] = ({},),
        jobs: int | None = None,
    ):
        self._order, self._environments = (start, function, dict(setup)), [dict(one) for one in environments]
        self._jobs, self._context = jobs, get_context("spawn")
        self._workers = [self._hire(place) for place in range(workers)]

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: Any) -> None:
        self.stop()

    @property
    def free(self) -> int:
        """Workers without a job."""
        return sum(worker.idle for worker in self._workers)

    @property
    def busy(self) -> list[Any]:
        """Keys of the jobs that are being done."""
        return [worker.job for worker in self._workers if not worker.idle]

    def submit(self, key: Any, job: Any) -> None:
        """Give a job to a free worker.

        Args:
            key: what events name it by.
            job: what the function gets, picklable.
        """
        worker = next(worker for worker in self._workers if worker.idle)
        worker.job, worker.idle = key, False
        with contextlib.suppress(OSError):  # it has just died: wait() finds that out and says so
            worker.pipe.send(job)

    def wait(self, timeout: float | None = None) -> list[Event]:
        """What workers have said since; waits for the first word, at most ``timeout`` seconds."""
        handles = [h for worker in self._workers for h in (worker.pipe, worker.process.sentinel)]
        ready = set(connection.wait(handles, timeout))
        events: list[Event] = []
        for place, worker in enumerate(self._workers):
            if ready & {worker.pipe, worker.process.sentinel}:
                events += self._listen(place, worker)
        return events

    def _listen(self, place: int, worker: _Worker) -> list[Event]:
        events = []
        with contextlib.suppress(EOFError, OSError):
            while worker.pipe.poll():
                kind, value = worker.pipe.recv()
                events.append(Event(kind, worker.job, value))
                if kind == "broken":
                    return events
                if kind != "note":
                    worker.jobs, worker.job, worker.idle = worker.jobs + 1, None, True
        if not worker.process.is_alive():
            if not worker.idle:
                events.append(Event("died", worker.job, _death(worker.process.exitcode)))
            self._replace(place)
        elif worker.idle and self._jobs is not None and worker.jobs >= self._jobs:
            self._replace(place)
        return events

    def _replace(self, place: int) -> None:
        self._dismiss(self._workers[place])
        self._workers[place] = self._hire(place)

    def _hire(self, place: int) -> _Worker:
        environment = self._environments[place % len(self._environments)]
        mine, theirs = self._context.Pipe()
        process = self._context.Process(target=_work, args=(theirs, *self._order, environment), daemon=True)
        with _bare_main():
            process.start()
        theirs.close()
        return _Worker(process, mine)

    @staticmethod
    def _dismiss(worker: _Worker) -> None:
        with contextlib.suppress(OSError):
            worker.pipe.close()  # a worker that waits ends by itself
        worker.process.join(0.2)
        if worker.process.is_alive():
            worker.process.terminate()
            worker.process.join(5)
        if worker.process.is_alive():
            worker.process.kill()
            worker.process.join()
        worker.process.close()

    def stop(self) -> None:
        """End all workers; jobs that are being done are lost."""
        for worker in self._workers:
            if worker.process.is_alive():
                worker.process.terminate()
        for worker in self._workers:
            self._dismiss(worker)
        self._workers = []


@contextlib.contextmanager
def _bare_main() -> Iterator[None]:
    """Keep a new process from running the caller's script once more, as ``spawn`` does; workers need nothing of it."""
    kept = sys.modules["__main__"]
    sys.modules["__main__"] = types.ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = kept


def _death(code: int | None) -> str:
    if code is not None and code < 0:
        try:
            return f"it was ended by {signal.Signals(-code).name}"
        except ValueError:
            return f"it was ended by signal {-code}"
    return f"it ended with exit code {code}"


def _work(pipe, start: str, function: str, setup: dict[str, Any], environment: dict[str, str]) -> None:
    """The life of a worker."""
    os.environ.update(environment)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to answer
    threading.Thread(target=_end_with_parent, daemon=True).start()
    sys.stdout.flush()
    os.dup2(2, 1)  # stdout is the parent's, for results
    try:
        try:
            state, act = _named(start)(**setup), _named(function)
        except Exception as error:  # noqa: BLE001 - it is told to the parent
            pipe.send(("broken", _told(error)))
            return
        while True:
            job = pipe.recv()

            def say(value: Any) -> None:
                pipe.send(("note", value))

            try:
                answer = ("done", act(state, job, say))
            except Exception as error:  # noqa: BLE001 - it is told to the parent
                answer = ("error", _told(error))
            pipe.send(answer)
    except (EOFError, BrokenPipeError, ConnectionResetError):  # the parent needs this worker no more
        return


def _told(error: Exception) -> str:
    """The one clear message of a fault, the traceback of a bug."""
    return str(error) if isinstance(error, DlxError) else "".join(traceback.format_exception(error))


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)


def _named(name: str) -> Callable[..., Any]:
    module, _, attribute = name.partition(":")
    return getattr(importlib.import_module(module), attribute)
