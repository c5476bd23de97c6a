"""Laws of the worker processes: they stay, may die, tell what happened, and never outlive their parent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from dlx.search.pool import Event, Pool

HERE = str(Path(__file__).parent)


@pytest.fixture(autouse=True)
def _importable(monkeypatch):
    monkeypatch.syspath_prepend(HERE)


def pool(workers: int = 1, start: str = "start", setup: dict | None = None, **options) -> Pool:
    setup = {"first": 10} if setup is None else setup
    return Pool(f"pool_jobs:{start}", "pool_jobs:work", setup, workers=workers, **options)


def ended(made: Pool, count: int, seconds: float = 30) -> list[Event]:
    """Events until so many jobs have ended, notes among them."""
    events: list[Event] = []
    until = time.monotonic() + seconds
    while sum(event.kind != "note" for event in events) < count:
        assert time.monotonic() < until, events
        events += made.wait(1)
    return events


def test_a_worker_stays_and_keeps_what_it_loaded() -> None:
    with pool() as made:
        answers = []
        for n in range(3):
            made.submit(n, {"n": n})
            answers += ended(made, 1)
    assert [(event.job, event.value["sum"], event.value["jobs"]) for event in answers] == [
        (0, 10, 1),
        (1, 11, 2),
        (2, 12, 3),
    ]
    assert len({event.value["pid"] for event in answers}) == 1


def test_two_workers_work_beside_one_another() -> None:
    with pool(2) as made:
        for n in range(2):
            made.submit(n, {"n": n, "sleep": 1})
        assert made.free == 0
        assert sorted(made.busy) == [0, 1]
        answers = ended(made, 2)
        assert made.free == 2
    assert len({event.value["pid"] for event in answers}) == 2


def test_notes_come_before_the_result_and_name_the_job() -> None:
    with pool() as made:
        made.submit("a", {"n": 0, "note": {"epoch": 1}})
        assert [(event.kind, event.job) for event in ended(made, 1)] == [("note", "a"), ("done", "a")]


def test_an_exception_ends_the_job_and_not_the_worker() -> None:
    with pool() as made:
        made.submit(0, {"n": 0, "raise": "no such thing"})
        (error,) = ended(made, 1)
        made.submit(1, {"n": 1})
        (after,) = ended(made, 1)
    assert error.kind == "error"
    assert error.value.strip().endswith("ValueError: no such thing")
    assert after.value["jobs"] == 2


def test_a_worker_that_is_killed_is_replaced_and_the_others_go_on() -> None:
    with pool(2) as made:
        made.submit("dies", {"n": 0, "die": True})
        made.submit("lives", {"n": 1, "sleep": 0.5})
        kinds = {event.job: event for event in ended(made, 2)}
        assert kinds["dies"].kind == "died"
        assert "SIGKILL" in kinds["dies"].value
        assert kinds["lives"].kind == "done"
        made.submit("again", {"n": 2})
        assert [event.kind for event in ended(made, 1)] == ["done"]


def test_workers_that_cannot_start_say_why_once() -> None:
    with pool(start="cannot_start", setup={}) as made:
        made.submit(0, {"n": 0})
        (event,) = ended(made, 1)
    assert (event.kind, "the data are gone" in event.value) == ("broken", True)


def test_a_process_for_each_job_when_asked() -> None:
    with pool(jobs=1) as made:
        answers = []
        for n in range(2):
            made.submit(n, {"n": n})
            answers += ended(made, 1)
    assert len({event.value["pid"] for event in answers}) == 2
    assert [event.value["jobs"] for event in answers] == [1, 1]


def test_what_a_worker_prints_is_not_on_stdout(capfd) -> None:
    with pool() as made:
        made.submit(0, {"n": 0, "print": True})
        ended(made, 1)
    out, err = capfd.readouterr()
    assert out == ""
    assert "this is not a result" in err


def test_workers_end_with_a_parent_that_is_killed(tmp_path) -> None:
    """And the parent's own script, without a guard, is not run again in its workers."""
    marks = tmp_path / "pids"
    script = tmp_path / "search.py"
    script.write_text(
        textwrap.dedent(f"""
            import sys
            sys.path.insert(0, {HERE!r})
            from dlx.search.pool import Pool
            print("parent", flush=True)
            made = Pool("pool_jobs:start", "pool_jobs:work", {{"first": 1}}, workers=2)
            for n in range(2):
                made.submit(n, {{"n": n, "file": {str(marks)!r}, "sleep": 60}})
            while True:
                made.wait(1)
        """)
    )
    parent = subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True)
    try:
        until = time.monotonic() + 30
        while not (marks.exists() and len(marks.read_text().split()) == 2):
            assert time.monotonic() < until
            time.sleep(0.05)
        parent.send_signal(signal.SIGKILL)
        assert parent.communicate()[0].count("parent") == 1
        pids = [int(pid) for pid in marks.read_text().split()]
        while any(_alive(pid) for pid in pids):
            assert time.monotonic() < until, "a worker outlived its parent"
            time.sleep(0.05)
    finally:
        parent.kill()
        parent.wait()


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat")
    return not (state.exists() and state.read_text().rpartition(")")[2].split()[0] in "ZX")


def test_workers_have_environments_of_their_own() -> None:
    with pool(2, environments=[{"DLX_TEST_DEVICE": "a"}, {"DLX_TEST_DEVICE": "b"}]) as made:
        for n in range(2):
            made.submit(n, {"n": n, "sleep": 0.5, "variable": "DLX_TEST_DEVICE"})
        assert sorted(event.value["variable"] for event in ended(made, 2)) == ["a", "b"]
