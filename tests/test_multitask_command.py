"""``dlx multitask``: both ways trained and kept, gone on with after a kill, and refused with the reason."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from command_line import command

import dlx
from dlx import runs
from dlx.errors import UserError
from dlx.recipe import load

SMALL = ["model={builder: mlp, units: [8]}", "train.epochs=3"]


@pytest.fixture(autouse=True)
def workplace(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DLX_TRACKING", "off")
    return tmp_path


def options(overrides=SMALL) -> list[str]:
    return [word for override in overrides for word in ("-s", override)]


@pytest.mark.tf
def test_a_killed_comparison_goes_on_and_trains_nothing_twice():
    order = [sys.executable, "-m", "dlx", "multitask", "digits-tasks", *options()]
    process = subprocess.Popen(order, stderr=subprocess.PIPE, text=True)
    end = time.monotonic() + 120
    while time.monotonic() < end and process.poll() is None:
        ended = [file for file in Path("runs").glob("*/trials/*/run.json") if '"complete"' in file.read_text()]
        if ended:
            break
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    (killed,) = runs.all_runs()
    assert not killed.has("multitask.json"), "it was not hit in the middle"
    first = ended[0].parent
    before = (first / "predictions.parquet").stat().st_mtime_ns
    found = dlx.multitask(killed.id, track=False).to_dict()
    assert found["run"] == killed.id
    assert set(found["separate"]) == {"digit", "loops", "size"}
    assert (first / "predictions.parquet").stat().st_mtime_ns == before
    assert sorted(run.id for run in runs.all_runs(trials=True)) == sorted([killed.id, *found["separate"].values()])
    known = {row["name"]: row["n_train"] for row in found["tasks"]}
    assert known["digit"] < known["loops"] == known["size"]
    assert found["network"]["parameters"] == 64 * 8 + 8 + 9 * (10 + 3 + 3)
    assert found["alone"]["loops"]["parameters"] == 64 * 8 + 8 + 9 * 3
    assert "One network for all tasks, or one for each?" in killed.file("report.html").read_text()
    alone = runs.find(found["separate"]["digit"])
    assert alone.name == "digit alone"
    assert alone.info["parent"] == killed.id
    assert load(alone.file("recipe.yaml")).task["only"] == ["digit"]
    assert runs.find("last").id == killed.id
    code, out, err = command("multitask", killed.id, "--json")  # nothing is left to train
    assert (code, json.loads(out)["tasks"]) == (0, found["tasks"]), err


@pytest.mark.tf
def test_yes_no_labels_are_tasks_too():
    found = dlx.multitask("digits-attributes", [*SMALL, "task.only=[even, prime]"], track=False)
    assert set(found.separate) == {"even", "prime"}
    assert [row.name for row in found.sharing.tasks] == ["even", "prime"]


@pytest.mark.parametrize(
    ("source", "overrides", "rule"),
    [
        ("digits", [], "several tasks: the recipe's task is multitask or multilabel.*'classification'"),
        ("digits-tasks", ["task.only=[digit]"], "two tasks or more"),
        ("digit-tasks", [], "Did you mean 'digits-tasks'"),
    ],
)
def test_what_cannot_be_shared_is_refused_before_training(source, overrides, rule):
    with pytest.raises(UserError, match=rule):
        dlx.multitask(source, overrides)
    assert not Path("runs").exists()


def test_a_run_goes_on_with_its_own_recipe():
    run = runs.create("digits-tasks")
    with pytest.raises(UserError, match="its own recipe"):
        dlx.multitask(run, ["train.epochs=1"])
    run.update(folds=5)
    with pytest.raises(UserError, match="cross-validated"):
        dlx.multitask(run)
