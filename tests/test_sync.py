"""``dlx sync``: sending later, twice, after a kill, and fetching from another machine."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import fake_runs
import mlflow_copy
import pytest
from typer.testing import CliRunner

from dlx import housekeeping, runs, tracking
from dlx.cli.app import app
from dlx.errors import UserError
from dlx.tracking.store import UnreachableError

pytestmark = [pytest.mark.filterwarnings(rule) for rule in mlflow_copy.QUIET]


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("DLX_RUNS", "DLX_TRACKING", "MLFLOW_TRACKING_URI", "MLFLOW_EXPERIMENT_NAME"):
        monkeypatch.delenv(name, raising=False)
    mlflow_copy.make_store(tmp_path)
    return tmp_path


def outcomes(result):
    return {row.run: row.outcome for row in result.rows}


def test_sending_twice_changes_nothing(here):
    run = fake_runs.complete()
    assert outcomes(tracking.sync()) == {run.id: "sent"}
    before, record = mlflow_copy.snapshot(run.id), run.read_text("mlflow.json")
    assert outcomes(tracking.sync()) == {}
    assert outcomes(tracking.sync(all=True)) == {run.id: "unchanged"}
    assert mlflow_copy.snapshot(run.id) == before
    assert run.read_text("mlflow.json") == record
    run.file("mlflow.json").unlink()  # even if what was sent has been forgotten
    assert outcomes(tracking.sync()) == {run.id: "sent"}
    assert mlflow_copy.snapshot(run.id) == before


def test_a_follower_killed_in_the_middle_is_completed(here):
    run = fake_runs.begin()
    follower = tracking.follow(run)
    fake_runs.train(run, 1)
    end = time.monotonic() + 40
    while not (mlflow_copy.copies(run.id) and mlflow_copy.copies(run.id)[0].data.metrics):
        assert time.monotonic() < end
        time.sleep(0.1)
    follower.process.kill()
    follower.process.wait()
    run.append("history.jsonl", {"epoch": 2, "time": time.time(), "loss": 0.25})
    fake_runs.judge(run)
    run.finish()
    assert outcomes(tracking.sync()) == {run.id: "sent"}
    found = mlflow_copy.snapshot(run.id)
    assert found["info"][2] == "FINISHED"
    assert [(step, value) for step, _, value in found["metrics"]["loss"]] == [(1, 1.0), (2, 0.25)]
    assert found["tags"]["dlx.verdict"] == "decided"


def test_a_model_whose_upload_was_cut_off_is_sent_again(here):
    run = fake_runs.complete()
    tracking.sync()
    asked, (one,) = mlflow_copy.client(), mlflow_copy.copies(run.id)
    for model, _ in mlflow_copy.snapshot(run.id)["models"]:
        asked.delete_logged_model(model)
    torn = asked.create_logged_model(one.info.experiment_id, name="model", source_run_id=one.info.run_id)
    tracking.sync(all=True)
    ((model, status),) = mlflow_copy.snapshot(run.id)["models"]
    assert (model != torn.model_id, status) == (True, "READY")


def test_what_changed_since_is_sent(here):
    run = fake_runs.complete()
    tracking.sync()
    housekeeping.rename(run, "my best")
    housekeeping.annotate(run, "wider layers")
    changed = {**fake_runs.DIAGNOSIS, "gaps": [{"name": "variance", "value": 0.05}]}
    run.write_json("diagnosis.json", changed)  # evaluated anew
    os.utime(run.file("diagnosis.json"), (time.time() + 5, time.time() + 5))
    assert outcomes(tracking.sync()) == {run.id: "sent"}
    found = mlflow_copy.snapshot(run.id)
    assert found["info"][1] == "my best"
    assert "wider layers" in found["tags"]["mlflow.note.content"]
    assert mlflow_copy.copies(run.id)[0].data.metrics["ladder/gap.variance"] == 0.05
    assert outcomes(tracking.sync(all=True)) == {run.id: "unchanged"}


def test_a_resumed_run_goes_on_in_its_copy(here):
    run = fake_runs.begin()
    fake_runs.train(run, 1)
    run.finish("failed", error="the disk is full")
    tracking.sync()
    assert mlflow_copy.snapshot(run.id)["tags"]["dlx.error"] == "the disk is full"
    run.resume()
    fake_runs.judge(run)
    run.finish()
    tracking.sync()
    found = mlflow_copy.snapshot(run.id)
    assert found["info"][2] == "FINISHED"
    assert "dlx.error" not in found["tags"]


def test_a_running_run_is_left_to_its_follower(here):
    run = fake_runs.begin()
    assert outcomes(tracking.sync()) == {run.id: "skipped"}


def test_trials_become_children_of_their_search(here):
    search = fake_runs.complete()
    trial = fake_runs.complete(search.path / "trials", parent=search.id)
    assert set(outcomes(tracking.sync())) == {search.id, trial.id}
    found, above = mlflow_copy.snapshot(trial.id), mlflow_copy.snapshot(search.id)
    assert found["tags"]["mlflow.parentRunId"] == above["info"][0]
    assert found["info"][5] == above["info"][5]
    assert "mlflow.parentRunId" not in above["tags"]


def test_what_was_deleted_in_mlflow_stays_deleted(here):
    gone, other = fake_runs.complete(), fake_runs.complete()
    tracking.sync()
    mlflow_copy.client().delete_run(mlflow_copy.snapshot(gone.id)["info"][0])
    result = tracking.sync(all=True)
    assert outcomes(result) == {gone.id: "skipped", other.id: "unchanged"}
    assert "mlflow runs restore" in result.rows[0].reason


def test_a_run_that_is_only_in_mlflow_is_fetched(here):
    run = fake_runs.complete()
    tracking.sync()
    away = here / "away" / run.id
    away.parent.mkdir()
    shutil.move(run.path, away)
    assert outcomes(tracking.sync(run.id)) == {run.id: "fetched"}
    kept = {file.name for file in away.iterdir() if file.name[0] != "."} - {"checkpoint.npz"}
    assert {file.name for file in run.path.iterdir()} == kept
    assert all((run.path / name).read_bytes() == (away / name).read_bytes() for name in kept - {"mlflow.json"})
    before = mlflow_copy.snapshot(run.id)
    assert outcomes(tracking.sync()) == {}
    assert outcomes(tracking.sync(all=True)) == {run.id: "unchanged"}
    assert mlflow_copy.snapshot(run.id) == before


def test_find_fetches_by_id(here):
    run = fake_runs.complete()
    tracking.sync()
    shutil.rmtree(run.path)
    assert runs.find(run.id) == run
    assert run.file("model.keras").read_bytes() == b"not a real model"


def test_fetching_what_nobody_has(here):
    with pytest.raises(UserError, match="neither here nor in MLflow"):
        tracking.sync("zebra")


def test_the_callers_own_use_of_mlflow_is_left_alone(here):
    import mlflow

    fake_runs.complete()
    with mlflow.start_run(experiment_id="0") as mine:
        tracking.sync()
        assert mlflow.active_run().info.run_id == mine.info.run_id
    assert "MLFLOW_TRACKING_URI" not in os.environ


def test_the_command(here):
    run = fake_runs.complete()
    invoke = CliRunner().invoke
    said = invoke(app, ["sync", "--json"], catch_exceptions=False)
    assert json.loads(said.stdout)["runs"] == [{"run": run.id, "outcome": "sent", "reason": ""}]
    assert invoke(app, ["sync"]).stdout.startswith("Nothing to send: sqlite:///")


def test_a_server_that_is_down_is_one_message_and_exit_code_1(here, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://127.0.0.1:{mlflow_copy.free_port()}")
    run = fake_runs.complete()
    began = time.monotonic()
    with pytest.raises(UnreachableError, match="Nothing is lost") as caught:
        tracking.sync(run.id)
    assert caught.value.exit_code == 1
    assert time.monotonic() - began < 10


@pytest.mark.slow
def test_a_real_server_gets_what_it_missed(here, monkeypatch):
    port = mlflow_copy.free_port()
    uri = f"http://127.0.0.1:{port}"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    monkeypatch.setenv("MLFLOW_SERVER_ENABLE_JOB_EXECUTION", "false")
    run = fake_runs.begin()
    follower = tracking.follow(run)
    fake_runs.train(run)
    fake_runs.judge(run)
    run.finish()
    assert follower.wait().startswith("not copied yet")
    order = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    environment = {key: value for key, value in os.environ.items() if key != "MLFLOW_TRACKING_URI"}
    with Path(here / "server.log").open("wb") as log:
        server = subprocess.Popen(order, stdout=log, stderr=log, env=environment, start_new_session=True)
    try:
        _answers(f"{uri}/health")
        assert outcomes(tracking.sync()) == {run.id: "sent"}
        before = mlflow_copy.snapshot(run.id)
        assert before["info"][2] == "FINISHED"
        run.file("mlflow.json").unlink()
        tracking.sync()
        assert mlflow_copy.snapshot(run.id) == before
        with urllib.request.urlopen(f"{uri}/get-artifact?path=report.html&run_uuid={before['info'][0]}") as page:
            assert page.read() == run.file("report.html").read_bytes()
        shutil.rmtree(run.path)
        assert runs.find(run.id).file("model.keras").read_bytes() == b"not a real model"
    finally:
        server.terminate()
        server.wait()


def _answers(url: str) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            urllib.request.urlopen(url).close()
            return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.3)
    raise AssertionError("the server does not answer")


def test_a_search_that_is_named_goes_with_its_trials(here):
    run = fake_runs.begin(kind="search")
    trial = fake_runs.begin(root=run.path / "trials", parent=run.id, trial=0)
    for each in (trial, run):
        each.finish()
    assert outcomes(tracking.sync(run.id)) == {run.id: "sent", trial.id: "sent"}
    parent, child = (mlflow_copy.copies(each.id)[0] for each in (run, trial))
    assert child.data.tags["mlflow.parentRunId"] == parent.info.run_id
