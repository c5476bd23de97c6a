"""Run folders: names, states, and which run a word means."""

from __future__ import annotations

import errno
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import fake_runs
import pytest

from dlx import run as run_module
from dlx import runs
from dlx.errors import DlxError, UserError


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DLX_RUNS", raising=False)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return tmp_path


def test_create_names_the_folder_by_recipe_time_and_letters(here):
    run = runs.create("digits-shift", seed=3)
    assert run.path.parent == here / "runs"
    assert re.fullmatch(r"digits-shift-\d{8}-\d{6}-[a-z]{4}", run.id)
    assert run.info["seed"] == 3
    assert run.info["pid"] == os.getpid()
    assert {"id", "recipe", "started", "status", "host", "dlx_version", "python", "git_commit"} <= set(run.info)
    assert run.state() == "running"


def test_create_never_gives_a_name_twice(monkeypatch):
    drawn = iter("bbbb" + "bbbb" + "cccc" + "bbbbcccc" * 50)
    monkeypatch.setattr(runs.secrets, "choice", lambda letters: next(drawn))
    assert runs.create("a").path != runs.create("a").path


@pytest.mark.parametrize(("name", "stem"), [("cat's eye/β", "cat-s-eye"), ("..", "run"), ("x" * 200, "x" * 60)])
def test_create_makes_any_recipe_name_a_file_name(name, stem):
    run = runs.create(name)
    assert run.id.rsplit("-", 3)[0] == stem
    assert run.info["recipe"] == name


def test_create_leaves_nothing_when_the_disk_is_full(here, monkeypatch):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(run_module.Path, "write_bytes", full)
    with pytest.raises(DlxError, match="disk is full"):
        runs.create("digits")
    assert list((here / "runs").iterdir()) == []


def test_dlx_runs_is_respected(here, monkeypatch):
    monkeypatch.setenv("DLX_RUNS", str(here / "else where"))
    assert runs.create("a").path.parent == here / "else where"


def test_states():
    run = runs.create("a")
    for status in ("complete", "failed", "interrupted"):
        run.finish(status)
        assert run.state() == status
        assert run.info["finished"] > run.info["started"]
    run.resume()
    assert run.state() == "running"
    assert run.info["finished"] is None
    with pytest.raises(ValueError, match="not 'done'"):
        run.finish("done")


def test_a_killed_run_is_dead_and_can_be_resumed(here):
    run = fake_runs.killed(here / "runs")
    assert run.state() == "dead"
    run.resume()
    assert run.state() == "running"


def test_a_run_of_another_process_cannot_be_resumed(here):
    process = fake_runs.elsewhere(here / "runs", "print(run.path, flush=True); time.sleep(60)")
    run = runs.Run(Path(process.stdout.readline().strip()))
    try:
        assert run.state() == "running"
        with pytest.raises(UserError, match="still running"):
            run.resume()
    finally:
        process.kill()
        process.communicate()


def test_a_reused_process_number_and_another_host_are_told_apart():
    run = runs.create("a")
    run.update(pid_started="1")
    assert run.state() == ("dead" if Path("/proc/self/stat").exists() else "running")
    run.update(host="elsewhere")
    assert run.state() == "running"


def test_two_processes_that_update_at_once_lose_nothing(here):
    run = runs.create("a")
    code = "import sys; from dlx.run import Run; from pathlib import Path\n"
    code += "for i in range(20): Run(Path(sys.argv[1])).update(**{f'{sys.argv[2]}{i}': i})"
    both = [subprocess.Popen([sys.executable, "-c", code, str(run.path), name]) for name in ("a", "b")]
    assert [process.wait() for process in both] == [0, 0]
    assert all(run.info[f"{name}{i}"] == i for name in ("a", "b") for i in range(20))


def test_files_of_a_run():
    run = runs.create("a")
    with pytest.raises(UserError, match=r"holds no recipe\.yaml"):
        run.read_text("recipe.yaml")
    assert run.read_json("data.json", default={}) == {}
    run.write_text("data.json", "{not json")
    with pytest.raises(DlxError, match=r"data\.json is not JSON"):
        run.read_json("data.json", default={})
    run.discard()
    assert not run.path.exists()
    assert list(run.path.parent.iterdir()) == []


def test_last_is_the_latest_started_top_level_run_with_a_table(here, capsys):
    first, second = fake_runs.complete(here / "runs"), fake_runs.complete(here / "runs")
    first.update(note="finished later than the second")
    fake_runs.complete(second.path / "trials", parent=second.id)
    fake_runs.complete(here / "runs", parent=second.id)
    assert runs.find("last") == second
    assert capsys.readouterr().err == ""
    failed, newest = fake_runs.begin(here / "runs"), fake_runs.begin(here / "runs")
    failed.finish("failed")
    assert runs.find() == second
    told = capsys.readouterr().err.splitlines()
    assert told == [
        f"Newer, without predictions: {failed.id} (failed).",
        f"Newer, without predictions: {newest.id} (running).",
    ]


def test_last_without_any_says_what_to_do(here):
    with pytest.raises(UserError, match="dlx train digits"):
        runs.find("last")
    run = fake_runs.killed(here / "runs")
    with pytest.raises(UserError, match=f"dlx train --resume {run.id}"):
        runs.find("last")


def test_a_run_is_found_by_id_name_beginning_path_or_itself(here, monkeypatch):
    one, other = fake_runs.complete(here / "runs", "cats"), fake_runs.complete(here / "runs", "dogs")
    one.update(name="my best")
    for word in (one.id, "my best", "cats", one.id[:-2], str(one.path), one.path, one, f"runs/{one.id}"):
        assert runs.find(word) == one
    monkeypatch.setenv("DLX_RUNS", "nowhere")
    assert runs.find(other.path) == other


def test_a_beginning_that_fits_several_is_refused_with_their_names(here):
    both = [fake_runs.complete(here / "runs") for _ in range(2)]
    with pytest.raises(UserError, match="2 runs begin like this") as caught:
        runs.find("digits")
    assert all(run.id in str(caught.value) for run in both)


def test_an_unknown_run_names_the_nearest(here):
    run = fake_runs.complete(here / "runs")
    wrong = run.id.replace("digits", "digist")
    with pytest.raises(UserError, match=f"Did you mean '{run.id}'"):
        runs.find(wrong[:-1])
    with pytest.raises(UserError, match="The latest are"):
        runs.find("zebra")


def test_only_a_whole_id_is_looked_for_in_mlflow(here, monkeypatch):
    asked = []

    def ask(order, **_):
        asked.append(order[-3])
        return subprocess.CompletedProcess(order, 2, stdout="")

    monkeypatch.setattr(runs.subprocess, "run", ask)
    for word in ("zebra", "digits-20261120-101010-bcdf"):
        with pytest.raises(UserError, match="no such run"):
            runs.find(word)
    assert asked == ["digits-20261120-101010-bcdf"]


def test_looks_are_counted_per_test_set_over_all_runs():
    assert runs.record_look("one", "run-a") == 1
    assert runs.record_look("two", "run-a") == 1
    assert runs.record_look("one", "run-b") == 2
    assert [look["run"] for look in runs.looks("one")] == ["run-a", "run-b"]


def test_looks_of_several_processes_at_once_all_count(here):
    code = "from dlx.runs import record_look\nprint([record_look('one', 'r') for _ in range(25)])"
    order = [sys.executable, "-c", code]
    all_four = [subprocess.Popen(order, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    counts = [count for process in all_four for count in json.loads(process.communicate()[0])]
    assert sorted(counts) == list(range(1, 101))


def test_a_look_survives_a_writer_that_was_killed_in_the_middle():
    runs.record_look("one", "a")
    with (runs.runs_folder() / "looks.jsonl").open("a") as file:
        file.write('{"digest": "one", "ru')
    assert runs.record_look("one", "b") == 2
