"""The copy of runs and searches in MLflow with a real PostgreSQL as its store, started here for the test."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import fake_runs
import mlflow_copy
import pytest

from dlx.search.log import TrialLog
from dlx.search.trial import Trial

pytestmark = [pytest.mark.filterwarnings(rule) for rule in mlflow_copy.QUIET]


def programs() -> Path | None:
    """The folder with ``initdb`` and ``postgres``, wherever the system put the newest."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda file: int(file.parent.parent.name))
    return found[-1].parent if found else Path(place).parent if (place := shutil.which("initdb")) else None


def as_other_user() -> list[str]:
    """PostgreSQL refuses to run as root."""
    return ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if os.geteuid() == 0 else []


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[str]:
    """The URI of a database on loopback that lives as long as these tests."""
    place = programs()
    if place is None:
        pytest.skip("PostgreSQL is not installed (initdb was not found)")
    pytest.importorskip("psycopg", reason="psycopg is not installed (dlx[test])")
    if as_other_user() and shutil.which("setpriv") is None:
        pytest.skip("PostgreSQL refuses to run as root, and there is no setpriv")
    folder = Path(subprocess.run(["mktemp", "-d"], capture_output=True, text=True, check=True).stdout.strip())
    folder.chmod(0o777)
    data, quiet = folder / "data", {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    initdb = [place / "initdb", "-D", data, "-U", "dlx", "--auth=trust", "-E", "UTF8", "--no-sync"]
    subprocess.run([*as_other_user(), *initdb], check=True, **quiet)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ["-c", "listen_addresses=127.0.0.1", "-c", "fsync=off", "-k", str(folder), "-p", str(port)]
    process = subprocess.Popen([*as_other_user(), place / "postgres", "-D", data, *options], **quiet)
    try:
        until = time.monotonic() + 30
        while subprocess.run([place / "pg_isready", "-h", "127.0.0.1", "-p", str(port)], **quiet).returncode:
            assert time.monotonic() < until, "PostgreSQL did not start"
            time.sleep(0.1)
        yield f"postgresql://dlx@127.0.0.1:{port}/postgres"
    finally:
        process.send_signal(signal.SIGINT)  # a fast shutdown; SIGTERM would wait for our own connections
        process.wait(20)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def workplace(server, tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", server)
    return tmp_path


def search_with_trials(count: int):
    run = fake_runs.begin(kind="search")
    log = TrialLog(run)
    log.begin(settings={"strategy": "random", "trials": count}, metric="error", greater_is_better=False)
    for number in range(count):
        child = fake_runs.begin(
            root=run.path / "trials", parent=run.id, trial=number, metric="error", score=0.1 * (number + 1)
        )
        fake_runs.train(child)
        child.finish("complete")
        params = {"train.learning_rate": 10.0**-number}
        log.write(Trial(number, params, status="complete", score=0.1 * (number + 1), run=child.id))
    run.update(score=0.1, metric="error")
    run.finish("complete")
    return run


def test_a_search_is_copied_with_its_trials_one_level_deep_and_twice_changes_nothing(workplace, server) -> None:
    from dlx.tracking import sync

    run = search_with_trials(3)
    assert [row.outcome for row in sync(run.id).rows + sync().rows] == ["sent"] * 4
    client = mlflow_copy.client(server)
    experiment = client.get_experiment_by_name("digits").experiment_id
    runs = client.search_runs([experiment])
    (parent,) = [one for one in runs if "mlflow.parentRunId" not in one.data.tags]
    children = [one for one in runs if one is not parent]
    assert parent.data.tags["dlx.run_id"] == run.id
    assert {one.data.tags["mlflow.parentRunId"] for one in children} == {parent.info.run_id}
    assert sorted(one.info.run_name for one in children) == ["trial 0", "trial 1", "trial 2"]
    assert sorted(one.data.metrics["dev_error"] for one in children) == pytest.approx([0.1, 0.2, 0.3])
    assert parent.data.metrics["trials/complete"] == 3
    assert all(one.data.params["train.optimizer"] == "adam" for one in runs)
    assert [row.outcome for row in sync(all=True).rows] == ["unchanged"] * 4
    assert len(client.search_runs([experiment])) == 4


def test_several_processes_send_at_once_and_nothing_is_doubled(workplace, server) -> None:
    """What broke fresh SQLite stores: many writers from the first moment on."""
    made = [fake_runs.begin(recipe="beside") for _ in range(3)]
    for run in made:
        fake_runs.train(run)
        run.finish("complete")
    order = [sys.executable, "-m", "dlx", "sync"]
    senders = [subprocess.Popen([*order, run.id], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) for run in made]
    for sender in senders:
        said = sender.communicate(timeout=120)[1]
        assert sender.returncode == 0, said
    client = mlflow_copy.client(server)
    found = client.search_runs([client.get_experiment_by_name("beside").experiment_id])
    assert sorted(one.data.tags["dlx.run_id"] for one in found) == sorted(run.id for run in made)
