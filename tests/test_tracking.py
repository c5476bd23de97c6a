"""The copy of a run in MLflow: what goes in, and the process that sends it while the run trains."""

from __future__ import annotations

import math
import os
import subprocess
import sys
import time
from pathlib import Path

import fake_runs
import mlflow_copy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlx import runs, tracking
from dlx.tracking import contents
from dlx.tracking.note import note
from dlx.tracking.store import database, older_store, public_uri, store_uri

pytestmark = [pytest.mark.filterwarnings(rule) for rule in mlflow_copy.QUIET]


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    folder = tmp_path / "a folder with spaces"
    folder.mkdir()
    monkeypatch.chdir(folder)
    for name in ("DLX_RUNS", "DLX_TRACKING", "MLFLOW_TRACKING_URI", "MLFLOW_EXPERIMENT_NAME"):
        monkeypatch.delenv(name, raising=False)
    return folder


# what goes in, without MLflow


def test_the_recipe_is_flattened(here):
    found = contents.params(fake_runs.begin())
    assert found["model.units"] == "[16, 32]"
    assert found["train.learning_rate"] == "0.001"
    assert found["data.sources.web.reader"] == "sklearn"
    assert found["task.threshold"] == "null"
    assert found["human"] == "{}"


def test_long_values_and_strange_keys_fit_mlflows_limits(here):
    run = fake_runs.begin()
    run.write_text("recipe.yaml", f"a@b: 1\na=b: 2\na:b: 3\ntext: {'x' * 7000}\n{'k' * 300}: 4\n")
    found = contents.params(run)
    assert found["a_b"] == "1"
    assert sorted(key for key in found if key.startswith("a:b")) == ["a:b", "a:b-2"]
    assert len(found["text"]) == 6000
    assert max(map(len, found)) == 250


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=300))
def test_any_name_becomes_one_that_mlflow_takes(text):
    from mlflow.utils.validation import _validate_metric_name  # the rule itself, not our reading of it

    _validate_metric_name(contents.metric_name(text))


def test_epochs_leave_out_what_is_not_finite_and_say_where(here):
    run = fake_runs.begin()
    fake_runs.train(run)
    points, wrong = contents.epochs(run.read_lines("history.jsonl"), run)
    assert [(p.key, p.step) for p in points] == [("loss", 1), ("val_loss", 1), ("loss", 2), ("loss", 3)]
    assert wrong == "val_loss is nan at epoch 2"
    assert all(abs(p.timestamp / 1000 - time.time()) < 60 for p in points)


def test_measures_are_scores_rungs_and_gaps(here):
    found = {point.key: point.value for point in contents.measures(fake_runs.complete())}
    assert found["dev_error"] == 0.1
    assert (found["intervals/dev_error.low"], found["intervals/dev_error.high"]) == (0.05, 0.2)
    assert found["baseline/dev_error"] == 0.5
    assert found["slices/dev_error.class:a_b"] == 0.2
    assert found["ladder/gap.variance"] == 0.08
    assert found["ladder/gap.variance.p_largest"] == 0.97
    assert found["ladder/rung.human"] == 0.01
    assert "dev_auc" not in found  # NaN
    assert all(math.isfinite(value) for value in found.values())


def test_the_note_says_the_verdict_in_words(here):
    text = note(fake_runs.complete())
    assert text.startswith("### Work on variance\n\nVariance is the largest gap.")
    assert "| dev | 10 % | 5 % to 20 % | 200 |" in text
    assert "| human | 1 % | – | – |" in text
    assert "dlx train digits -s model.dropout=0.5" in text


def test_the_note_of_a_run_that_failed_says_why(here):
    run = fake_runs.begin()
    run.finish("failed", error="the loss diverged at epoch 2")
    assert note(run).startswith("**Failed.** the loss diverged at epoch 2")


def test_looks_at_the_test_set_become_a_tag(here):
    run = fake_runs.complete()
    assert "dlx.test_looks" not in contents.tags(run)
    for who in (run.id, "another", run.id):
        runs.record_look("one", who)
    runs.record_look("two", "another")
    assert contents.tags(run)["dlx.test_looks"] == "3"


def test_model_checkpoint_and_locks_stay(here):
    run = fake_runs.complete()
    fake_runs.complete(run.path / "trials", parent=run.id)
    run.write_text(".lock", "")
    assert contents.files(run) == [
        "diagnosis.json",
        "history.jsonl",
        "predictions.parquet",
        "recipe.yaml",
        "report.html",
        "run.json",
        "scores.parquet",
        "split.parquet",
        "targets.json",
    ]


# which store


def test_the_default_store_is_in_the_working_directory(here, monkeypatch):
    assert database(store_uri()) == here / "mlflow.db"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:1")
    assert store_uri() == "http://127.0.0.1:1"


def test_the_default_store_is_the_one_that_plain_mlflow_opens(here):
    import mlflow

    assert store_uri() == mlflow.get_tracking_uri()


def test_passwords_are_not_shown():
    assert public_uri("https://ann:s3cret@example.org/ml") == "https://example.org/ml"
    assert public_uri("postgresql://ann:s3@cret@db/x") == "postgresql://db/x"
    assert public_uri("sqlite:////tmp/a%20b/mlflow.db") == "sqlite:////tmp/a%20b/mlflow.db"


def test_an_older_store_in_the_folder_is_said(here, monkeypatch):
    (here / "mlruns" / "1" / "abc").mkdir(parents=True)  # artifacts of a database store look like this
    assert older_store() is None
    (here / "mlruns" / "1" / "meta.yaml").touch()
    assert "older MLflow store" in older_store()
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:1")
    assert older_store() is None


def test_the_line_after_a_run(here, monkeypatch):
    run = fake_runs.complete()
    assert tracking.ui_line(run).startswith("dlx ui ")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://u:p@127.0.0.1:1/")
    run.write_json("mlflow.json", {"store": public_uri(store_uri()), "experiment_id": "7", "run_id": "abc"})
    page = "http://127.0.0.1:1/#/experiments/7/runs/abc?workflowType=machine_learning"
    assert tracking.ui_line(run) == page
    assert tracking.ui(run=run).url == page
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///else where.db")
    assert tracking.ui_line().startswith("MLFLOW_TRACKING_URI='sqlite:///else where.db' dlx ui ")


def test_ui_without_a_store_says_what_to_do(here):
    from dlx.errors import UserError

    with pytest.raises(UserError, match="dlx train digits"):
        tracking.ui(serve=False)


def test_ui_takes_the_next_free_port(here):
    import socket

    mlflow_copy.make_store(here)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        address = tracking.ui(port, serve=False)
    assert not address.url.startswith(f"http://127.0.0.1:{port}/")
    assert address.url.startswith("http://127.0.0.1:")
    assert address.command[-4:-2] == ("--port", address.url.split(":")[2].partition("/")[0])


# the process that follows a run


def test_training_and_commands_never_import_mlflow():
    code = "import sys, dlx.tracking, dlx.runs, dlx.housekeeping, dlx.cli.app\n"
    code += "print([m for m in ('mlflow', 'pandas', 'tensorflow', 'keras', 'filelock') if m in sys.modules])"
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "[]\n"


def test_a_run_is_in_mlflow_when_it_ends(here, capsys):
    mlflow_copy.make_store(here)
    run = fake_runs.begin()
    follower = tracking.follow(run)
    fake_runs.train(run)
    fake_runs.judge(run)
    run.finish()
    said = follower.wait()
    assert said.startswith("dlx ui ")
    assert capsys.readouterr().err == ""
    found = mlflow_copy.snapshot(run.id)
    assert found["info"][1:3] == (run.id, "FINISHED")
    assert found["info"][3] == contents.milliseconds(run.info["started"])
    assert found["info"][4] == contents.milliseconds(run.info["finished"])
    assert found["params"]["model.units"] == "[16, 32]"
    assert [step for step, _, _ in found["metrics"]["loss"]] == [1, 2, 3]
    assert found["metrics"]["dev_error"][0][2] == 0.1
    assert found["tags"]["dlx.focus"] == "variance"
    assert found["tags"]["mlflow.note.content"].startswith("### Work on variance")
    assert found["tags"]["dlx.not_finite"] == "val_loss is nan at epoch 2"
    assert [(name, context) for name, _, context in found["inputs"]] == [("digits", "train"), ("digits", "dev")]
    assert found["files"] == contents.files(run)
    assert [status for _, status in found["models"]] == ["READY"]
    assert not run.has("mlflow.log")


def test_epochs_arrive_while_the_run_trains(here):
    mlflow_copy.make_store(here)
    run = fake_runs.begin()
    follower = tracking.follow(run)
    fake_runs.train(run, epochs=2)
    _until(lambda: mlflow_copy.copies(run.id) and "loss" in mlflow_copy.copies(run.id)[0].data.metrics)
    assert mlflow_copy.snapshot(run.id)["info"][2] == "RUNNING"
    run.append("history.jsonl", {"epoch": 2, "time": time.time(), "loss": 0.5})  # done again after kill -9
    run.finish("interrupted")
    follower.wait()
    found = mlflow_copy.snapshot(run.id)
    assert found["info"][2] == "KILLED"
    assert [step for step, _, _ in found["metrics"]["loss"]] == [1, 2]


def test_a_training_that_was_killed_is_copied_all_the_same(here):
    mlflow_copy.make_store(here)
    body = (
        "from dlx import tracking\nf = tracking.follow(run)\nfake_runs.train(run, 2)\nprint(f.process.pid, flush=True)"
    )
    process = fake_runs.elsewhere(here / "runs", body + "\nprint(run.path, flush=True); time.sleep(60)")
    follower = int(process.stdout.readline())
    run = runs.Run(Path(process.stdout.readline().strip()))
    process.kill()
    process.communicate()
    _until(lambda: run.has("mlflow.json"))
    _until(lambda: not _running(follower))
    found = mlflow_copy.snapshot(run.id)
    assert found["info"][2] == "KILLED"
    assert [step for step, _, _ in found["metrics"]["loss"]] == [1, 2]
    assert found["tags"]["dlx.state"] == "dead"


def test_a_run_that_is_discarded_leaves_nothing_in_mlflow(here):
    mlflow_copy.make_store(here)
    run = fake_runs.begin()
    follower = tracking.follow(run)
    _until(lambda: mlflow_copy.copies(run.id))
    run.discard()
    assert follower.wait() == "nothing to copy"
    (one,) = mlflow_copy.copies(run.id)
    assert one.info.lifecycle_stage == "deleted"
    assert list(run.path.parent.iterdir()) == []


def test_server_down_is_one_warning_and_nothing_is_lost(here, monkeypatch, capsys):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://127.0.0.1:{mlflow_copy.free_port()}")
    run = fake_runs.begin()
    follower = tracking.follow(run)
    fake_runs.train(run)
    fake_runs.judge(run)
    run.finish()
    said = follower.wait()
    assert said == f"not copied yet; `dlx sync {run.id}` does it later"
    (warning,) = capsys.readouterr().err.splitlines()
    assert warning.startswith("Warning: MLflow cannot be used now")
    assert "dlx sync" in warning
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    mlflow_copy.make_store(here)
    assert [row.outcome for row in tracking.sync().rows] == ["sent"]
    assert mlflow_copy.snapshot(run.id)["info"][2] == "FINISHED"
    assert run.read_json("mlflow.json")["complete"] is True


def test_tracking_can_be_switched_off(here, monkeypatch):
    monkeypatch.setenv("DLX_TRACKING", "off")
    run = fake_runs.complete()
    assert "dlx sync" in tracking.follow(run).wait()
    assert not (here / "mlflow.db").exists()


def test_telemetry_is_off_and_the_experiment_can_be_named(here, monkeypatch):
    mlflow_copy.make_store(here)
    monkeypatch.setenv("MLFLOW_EXPERIMENT_NAME", "my own")
    run = fake_runs.complete()
    code = "import os, dlx.tracking as t; t.sync(); print(os.environ['MLFLOW_DISABLE_TELEMETRY'])"
    environment = {key: value for key, value in os.environ.items() if key != "MLFLOW_DISABLE_TELEMETRY"}
    assert subprocess.check_output([sys.executable, "-c", code], text=True, env=environment) == "true\n"
    experiment = mlflow_copy.client().get_experiment_by_name("my own")
    assert mlflow_copy.snapshot(run.id)["info"][5] == experiment.experiment_id


@pytest.mark.slow
def test_several_processes_that_make_a_store_at_once(here):
    made = [fake_runs.complete() for _ in range(4)]
    followers = [tracking.follow(run) for run in made]
    assert [follower.process.wait(120) for follower in followers] == [0] * 4
    found = [mlflow_copy.snapshot(run.id) for run in made]
    assert [copy["info"][2] for copy in found] == ["FINISHED"] * 4
    assert len({copy["info"][5] for copy in found}) == 1


def _until(question, seconds: float = 40.0) -> None:
    end = time.monotonic() + seconds
    while not question():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.1)


def _running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")
    return not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] != "Z"
