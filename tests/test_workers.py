"""Jobs on several processes: all are done, what dies is done again, and nothing outlives its parent."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from dlx.errors import DlxError
from dlx.pipeline.workers import spread

WORKER = """
    import os, pathlib, time
    from dlx.errors import UserError

    def start(folder):
        return pathlib.Path(folder)

    def work(folder, job, say):
        print("libraries print to stdout")
        if job.get("dies") and not (folder / job["dies"]).exists():
            (folder / job["dies"]).touch()
            os._exit(9)
        if job.get("always"):
            os._exit(9)
        if job.get("wrong"):
            raise UserError("this job is wrong", value=job["wrong"])
        time.sleep(job.get("sleep", 0))
        return {"pid": os.getpid(), "square": job.get("x", 0) ** 2}
"""
ORDER = ("squares:start", "squares:work")


@pytest.fixture(autouse=True)
def _worker(tmp_path, monkeypatch):
    (tmp_path / "squares.py").write_text(textwrap.dedent(WORKER), encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))


def done(tmp_path, jobs, workers=2):
    return list(spread(*ORDER, {"folder": str(tmp_path)}, jobs, workers=workers))


def test_every_job_is_done_once_by_processes_that_stay(tmp_path):
    found = done(tmp_path, [{"x": x, "sleep": 0.01} for x in range(20)])
    assert sorted(result["square"] for _, result in found) == [x * x for x in range(20)]
    assert all(result["square"] == job["x"] ** 2 for job, result in found)
    assert len({result["pid"] for _, result in found}) <= 2


def test_what_a_worker_died_of_is_done_again(tmp_path, capsys):
    found = done(tmp_path, [{"x": 1}, {"x": 2, "dies": "once"}, {"x": 3}])
    assert sorted(result["square"] for _, result in found) == [1, 4, 9]
    assert "it is done again" in capsys.readouterr().err


def test_a_job_that_always_kills_its_worker_ends_it_all(tmp_path):
    with pytest.raises(DlxError, match=r"a worker ended 3 times.*--workers 1"):
        done(tmp_path, [{"always": True}])


def test_a_clear_fault_is_not_tried_again(tmp_path):
    with pytest.raises(DlxError, match=r"^this job is wrong"):
        done(tmp_path, [{"wrong": "yes"}])


@pytest.mark.skipif(not Path("/proc").exists(), reason="needs /proc")
def test_workers_end_with_a_parent_that_is_killed(tmp_path):
    body = f"""
        import sys
        sys.path.insert(0, {str(tmp_path)!r})
        from dlx.pipeline.workers import spread
        jobs = [{{"x": 1}}, *[{{"sleep": 60}}] * 2]
        for job, result in spread(*{ORDER!r}, {{"folder": {str(tmp_path)!r}}}, jobs, workers=1):
            print(result["pid"], flush=True)
    """
    parent = subprocess.Popen([sys.executable, "-c", textwrap.dedent(body)], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    assert Path(f"/proc/{pid}").exists()
    parent.kill()
    parent.communicate()
    end = time.monotonic() + 10
    while Path(f"/proc/{pid}").exists() and time.monotonic() < end:
        if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
            break  # ended; only its new parent has not asked yet
        time.sleep(0.05)
    else:
        assert not Path(f"/proc/{pid}").exists()
