"""Jobs on several processes that keep TensorFlow loaded: JSON lines go in and out, and what dies is done again.

A worker is ``python -m MODULE ARGUMENTS`` and calls :func:`serve`. It ends when its input ends, so that nothing is left
behind when this process is killed.
"""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from dlx.errors import DlxError

__all__ = ["serve", "spread"]

#: a job that ended its worker is tried so often in all
_TRIES = 3


def spread(
    module: str, arguments: Sequence[str], jobs: Sequence[dict[str, Any]], *, workers: int, log: Path
) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Do all jobs, in any order.

    Args:
        module: what a worker runs.
        arguments: its arguments.
        jobs: JSON objects; the first ones are begun first.
        workers: processes at the same time.
        log: file for what workers write to stderr.

    Yields:
        each job with its result, as soon as that is there.

    Raises:
        DlxError: a job failed, or ended its worker three times.
    """
    waiting: queue.Queue = queue.Queue()
    done: queue.Queue = queue.Queue()
    for job in jobs:
        waiting.put((job, 1))
    count = max(1, min(workers, len(jobs)))
    crew = [_Worker([module, *arguments], waiting, done, log, share=count) for _ in range(count)]
    try:
        for _ in jobs:
            job, result = done.get()
            if isinstance(result, BaseException):
                raise result
            yield job, result
    finally:
        for worker in crew:
            worker.end()


class _Worker(threading.Thread):
    """One process and the thread that talks to it; a process that died is replaced."""

    def __init__(self, order: list[str], waiting: queue.Queue, done: queue.Queue, log: Path, share: int):
        super().__init__(daemon=True)
        self.order, self.waiting, self.done, self.log, self.share = order, waiting, done, log, share
        self.process: subprocess.Popen | None = None
        self.ended = False
        self.start()

    def run(self) -> None:
        while not self.ended:
            try:
                job, attempt = self.waiting.get_nowait()
            except queue.Empty:
                break
            try:
                answer = self._ask(job)
            except (OSError, ValueError) as error:
                answer = None
                if self.ended:
                    break
                print(f"a worker cannot be spoken to: {error}", file=sys.stderr)
            if answer is None and not self.ended:
                self._lost(job, attempt)
            elif answer is not None:
                failed = answer.get("error")
                self.done.put((job, DlxError(failed) if failed else answer["result"]))
        self.end()

    def _ask(self, job: dict[str, Any]) -> dict[str, Any] | None:
        """The worker's answer; None where it died over the job."""
        if self.process is None or self.process.poll() is not None:
            with self.log.open("ab") as log:
                self.process = subprocess.Popen(
                    [sys.executable, "-m", *self.order],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    env=os.environ | _threads(self.share),
                    start_new_session=True,  # Ctrl-C is for this process, which ends its workers itself
                )
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(job).encode() + b"\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        return json.loads(line) if line.endswith(b"\n") else None

    def _lost(self, job: dict[str, Any], attempt: int) -> None:
        code = self.process.wait() if self.process else None
        if attempt < _TRIES:
            print(f"Warning: a worker ended over {job} (code {code}); it is done again.", file=sys.stderr)
            self.waiting.put((job, attempt + 1))
            return
        hint = "Was there enough memory? Fewer workers need less: --workers 1."
        self.done.put((job, DlxError(f"a worker ended {_TRIES} times over {job}", where=str(self.log), hint=hint)))

    def end(self) -> None:
        """Close its input, by which it ends at once, whatever it is doing."""
        self.ended = True
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            for stream in (self.process.stdin, self.process.stdout):
                if stream is not None and not stream.closed:
                    try:
                        stream.close()
                    except OSError:  # what could not be written to a process that is gone
                        continue


def _threads(share: int) -> dict[str, str]:
    """Processors are shared out, and no worker takes all of a GPU's memory."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    each = str(max(1, cores // share))
    wanted = {"TF_NUM_INTRAOP_THREADS": each, "TF_NUM_INTEROP_THREADS": each, "OMP_NUM_THREADS": each,
              "TF_FORCE_GPU_ALLOW_GROWTH": "true"}  # fmt: skip
    return {name: value for name, value in wanted.items() if name not in os.environ}


def serve(work: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """The worker's side: a job a line in, an answer a line out, until the input ends.

    Args:
        work: job → result, both JSON data. A ``DlxError`` is the answer; any other exception ends the worker.
    """
    out = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # what libraries print must not get between the answers
    jobs: queue.Queue = queue.Queue()

    def listen() -> None:
        for line in sys.stdin.buffer:
            jobs.put(json.loads(line))
        os._exit(0)  # whoever asks is gone, and nobody wants the answer

    threading.Thread(target=listen, daemon=True).start()
    while True:
        job = jobs.get()
        try:
            answer = {"result": work(job)}
        except DlxError as error:
            answer = {"error": str(error)}
        out.write(json.dumps(answer).encode() + b"\n")
