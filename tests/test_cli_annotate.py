"""``dlx analyze-errors`` with its page: the command from its address to its table, and what is refused."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import subprocess
import sys

import openpyxl
import pandas as pd
import pytest

import dlx
from dlx import loading, predictions, runs
from dlx.errors import UserError
from dlx.pipeline.annotate import desk_of
from dlx.recipe import load
from dlx.tagging.log import TagLog

RECIPE = """\
name: digits
task: classification
data: {sources: {web: {reader: sklearn, name: digits}}, split: auto}
model: {builder: mlp}
"""


@pytest.fixture(autouse=True)
def _desk(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DLX_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def preds(tmp_path):
    frame = pd.DataFrame({"id": [f"e{i}" for i in range(100)], "split": "dev", "y_true": "cat", "y_pred": "cat"})
    frame.loc[:29, "y_pred"] = "dog"
    frame["proba_cat"], frame["proba_dog"] = 0.25, 0.75
    frame.to_csv(tmp_path / "preds.csv", index=False)
    return "preds.csv"


def started(*words):
    """The command in a process of its own, once it has said its address: process, host, secret."""
    command = [sys.executable, "-m", "dlx", "analyze-errors", *words]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    for line in process.stderr:
        if found := re.search(r"http://([\d.:]+)/(\S+)/", line):
            return process, *found.groups()
    raise AssertionError(process.communicate())


def post(host, secret, path, body):
    connection = http.client.HTTPConnection(host, timeout=10)
    connection.request("POST", f"/{secret}/{path}", json.dumps(body), {"Content-Type": "application/json"})
    said = json.loads(connection.getresponse().read())
    connection.close()
    return said


@pytest.mark.parametrize("end", ["finish", "ctrl-c"])
def test_from_the_address_to_the_table(preds, tmp_path, end):
    process, host, secret = started(preds, "--no-browser", "--reviewer", "ann")
    said = post(
        host, secret, "act", {"ticket": "ticket-1", "items": ["e1", "e2"], "do": {"tag": "fog"}, "seconds": 2.5}
    )
    assert said["progress"]["done"] == 2
    records = TagLog(tmp_path / "annotations" / "preds" / "tags.jsonl").records()
    assert {(r["id"], r["reviewer"], r["source"]) for r in records} == {("e1", "ann", "page"), ("e2", "ann", "page")}
    if end == "finish":
        post(host, secret, "finish", {})
    else:
        process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert process.returncode == 0
    assert "Traceback" not in err
    assert re.search(r"^fog +2 +100\.0", out, re.MULTILINE)
    assert "tagged: 2" in out


def test_without_a_terminal_nothing_is_served_unless_asked(preds):
    done = subprocess.run(
        [sys.executable, "-m", "dlx", "analyze-errors", preds], capture_output=True, text=True, timeout=60, check=True
    )  # fmt: skip
    assert "http://" not in done.stdout + done.stderr
    assert "30 errors among 100 dev examples" in done.stdout


@pytest.mark.parametrize("answers", [["--json"], ["--report"], ["--export", "e.csv"]])
def test_a_desk_and_an_answer_at_once_are_refused(preds, answers, monkeypatch, capsys):
    from dlx.cli import app

    monkeypatch.setattr(sys, "argv", ["dlx", "analyze-errors", preds, "--no-browser", *answers])
    with pytest.raises(SystemExit, match="2"):
        app.main()
    assert "open a desk" in capsys.readouterr().err
    assert not os.path.exists("annotations")


def test_a_folder_that_is_not_there_is_said_before_anything_is_served(preds):
    with pytest.raises(UserError, match="photos"):
        dlx.annotate_errors(preds, images="photos", open_browser=False)


@pytest.fixture
def run(tmp_path):
    """A run of 8 × 8 digits of which each dev example is wrong."""
    (tmp_path / "digits.yaml").write_text(RECIPE)
    recipe = load(tmp_path / "digits.yaml")
    data, split = loading.load_and_split(recipe)
    examples = data.subset(split.index("dev")).examples
    run = runs.create("digits", root=tmp_path / "runs")
    run.write_text("recipe.yaml", recipe.to_yaml())
    rows = pd.DataFrame({"id": examples["id"], "split": "dev", "y_true": examples["y"], "y_pred": "x"})
    predictions.write(predictions.read(rows), run.predictions)
    return run


def test_all_errors_of_a_run_can_be_seen_on_the_desk_and_in_the_workbook(run, tmp_path):
    found = dlx.analyze_errors(run, n=20, export_sheet="e.xlsx")
    assert len(openpyxl.load_workbook("e.xlsx")["errors"]._images) == 20
    desk = desk_of(found, run, "ann")
    assert {desk.exhibits.example(item.example).kind for item in desk.items} == {"image"}


def test_a_workbook_says_which_pictures_it_lacks(run):
    text = run.read_text("recipe.yaml").replace("reader: sklearn", "reader: sklearn, subset: none-such")
    run.write_text("recipe.yaml", text.replace("name: digits}", "name: iris}"))
    found = dlx.analyze_errors(run, n=20, export_sheet="e.xlsx")
    assert "Without a picture: 20 examples." in found.notes[-1]


def test_the_desk_shows_what_the_model_thought(preds):
    desk = desk_of(dlx.analyze_errors(preds), preds, "ann")
    assert desk.items[0].proba == (("dog", 0.75), ("cat", 0.25))


def test_only_what_is_new_may_be_on_the_desk(preds):
    desk = desk_of(dlx.analyze_errors(preds), preds, "ann", new=["e3", "e1"])
    assert {item.id for item in desk.items} == {"e1", "e3"}


def test_several_labels_are_named(tmp_path):
    frame = pd.DataFrame(
        {"id": ["a", "b"], "split": "dev", "y_true": ["[1, 0]", "[0, 1]"], "y_pred": ["[0, 1]", "[0, 1]"]}
    )
    frame["proba_even"], frame["proba_prime"] = 0.2, 0.9
    frame.to_csv(tmp_path / "m.csv", index=False)
    item = desk_of(dlx.analyze_errors("m.csv", task="multilabel"), "m.csv", "ann").items[0]
    assert (item.id, item.y_true, item.y_pred) == ("a", "even", "prime")
