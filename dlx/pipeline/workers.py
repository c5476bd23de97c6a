"""All of some jobs on several processes that keep what they need loaded; what a worker died of is done again."""

from __future__ import annotations

import os
import sys
from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dlx.errors import DlxError
from dlx.search.pool import Event, Pool

__all__ = ["spread"]

#: a job that ended its worker is tried so often in all
_TRIES = 3


def spread(
    start: str, function: str, setup: Mapping[str, Any], jobs: Sequence[dict[str, Any]], *, workers: int
) -> Iterator[tuple[dict[str, Any], Any]]:
    """Do all jobs, in any order.

    Args:
        start: ``package.module:function``, called with ``setup`` by each worker first.
        function: ``package.module:function`` of (what ``start`` gave, job, say) → result.
        setup: arguments of ``start``.
        jobs: the first ones are begun first.
        workers: processes beside one another.

    Yields:
        each job with its result, as soon as that is there.

    Raises:
        DlxError: a job failed, or ended its worker three times.
    """
    if not jobs:
        return
    count = max(1, min(workers, len(jobs)))
    waiting, tried = deque(range(len(jobs))), Counter()
    with Pool(start, function, setup, workers=count, environments=(_share(count),)) as pool:
        while waiting or pool.busy:
            while waiting and pool.free:
                number = waiting.popleft()
                tried[number] += 1
                pool.submit(number, jobs[number])
            for event in pool.wait():
                if event.kind == "done":
                    yield jobs[event.job], event.value
                elif event.kind == "died":
                    _again(event, jobs, tried, waiting)
                elif event.kind != "note":
                    raise DlxError(event.value)


def _again(event: Event, jobs: Sequence[dict[str, Any]], tried: Counter, waiting: deque) -> None:
    if event.job is None:
        return
    job = jobs[event.job]
    if tried[event.job] >= _TRIES:
        hint = "Was there enough memory? Fewer workers need less: --workers 1."
        raise DlxError(f"a worker ended {_TRIES} times over {job}: {event.value}", hint=hint)
    print(f"Warning: a worker ended over {job} ({event.value}); it is done again.", file=sys.stderr)
    waiting.append(event.job)


def _share(count: int) -> dict[str, str]:
    """Processors are shared out, and no worker takes all of a GPU's memory."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    each = str(max(1, cores // count))
    wanted = {"TF_NUM_INTRAOP_THREADS": each, "TF_NUM_INTEROP_THREADS": each, "OMP_NUM_THREADS": each,
              "TF_FORCE_GPU_ALLOW_GROWTH": "true"}  # fmt: skip
    return {name: value for name, value in wanted.items() if name not in os.environ}
