"""``dlx train --folds``: every example judged by a model that has not seen it, in one run, resumable."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import dlx
from dlx import runs
from dlx.errors import UserError

TINY = ["model={builder: linear}", "train.epochs=3", "train.batch_size=64", "train.learning_rate=0.03"]


@pytest.fixture(autouse=True)
def workplace(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DLX_TRACKING", "off")
    return tmp_path


def rows(run, predictor="model") -> pd.DataFrame:
    table = pd.read_parquet(run.predictions)
    return table[table["predictor"] == predictor]


@pytest.fixture(scope="module")
def straight(tmp_path_factory):
    """A run of three folds that nobody disturbed, and its rows before its test set was opened."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("straight"))
        patch.setenv("DLX_TRACKING", "off")
        result = dlx.train("digits", TINY, folds=3)
        return result, rows(result.run)


@pytest.mark.tf
def test_the_out_of_fold_rows_are_the_dev_split_of_one_run(straight):
    result, found = straight
    run = result.run
    split = pd.read_parquet(run.file("split.parquet"))
    pooled = split[split["split"].isin(["train", "dev"])]
    dev, train = (found[found["split"] == name] for name in ("dev", "train"))
    assert sorted(dev["id"].astype(str)) == sorted(pooled["id"])
    # each example is a train row once more, of the model of the next fold
    assert sorted(train["id"].astype(str)) == sorted("train:" + pooled["id"])
    fold = dev.set_index(dev["id"].astype(str))["meta_fold"]
    asked = train.set_index(train["id"].astype(str).str.removeprefix("train:"))["meta_fold"].reindex(fold.index)
    assert (asked == fold % 3 + 1).all()
    assert not (found["split"] == "test").any()
    assert "This is the error of the recipe, not of one model" in " ".join(result.diagnosis.note.split())
    history = run.read_lines("history.jsonl")
    of_folds = pd.DataFrame(run.read_lines("folds.jsonl"))
    assert [record["epoch"] for record in history] == [1, 2, 3]
    assert history[-1]["val_error"] == pytest.approx(of_folds[of_folds["epoch"] == 3]["val_error"].mean())
    assert not run.has("folds")
    # the model that is kept opens the test set
    opened = dlx.evaluate(run.path)
    assert opened.looks == 1
    assert "the error of the recipe" in opened.diagnosis.note
    assert set(rows(run)["split"]) == {"train", "dev", "test"}


@pytest.mark.tf
def test_a_killed_run_of_folds_ends_with_the_same_answers(straight):
    order = [sys.executable, "-m", "dlx", "train", "digits", "--folds", "3"]
    order += [word for override in TINY for word in ("-s", override)]
    process = subprocess.Popen(order, stderr=subprocess.PIPE, text=True)
    end = time.monotonic() + 90
    while time.monotonic() < end and process.poll() is None:
        if list(Path("runs").glob("*/folds/fold-2/history.jsonl")):
            break
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    (killed,) = runs.all_runs()
    assert killed.has("folds/fold-1/answers.npz")
    assert not killed.has("predictions.parquet"), "it was not hit in the middle"
    resumed = dlx.train(resume=killed.id).run
    undisturbed, found = straight
    pd.testing.assert_frame_equal(rows(resumed).reset_index(drop=True), found.reset_index(drop=True))
    pair = dlx.compare(undisturbed.run, resumed).pairs[0]
    assert (pair.method, pair.difference, pair.p) == ("corrected t over 3 folds", 0, 1)
    with pytest.raises(UserError, match="a run of folds has several models"):
        dlx.train("digits", TINY, continues=resumed.id)


@pytest.mark.tf
def test_out_of_fold_predictions_of_any_parts(tmp_path):
    from dlx.pipeline.folds import out_of_fold
    from dlx.recipe import load

    recipe = load("digits", TINY)
    with pytest.raises(UserError, match="need a folder"):
        out_of_fold(recipe)
    found = out_of_fold(recipe, folds=2, parts=("train", "dev", "test"), folder=tmp_path / "kept")
    table = found.table
    assert len(table) == 1797
    assert set(table["split"].astype(str)) == {"train", "dev", "test"}
    assert set(table["meta_fold"]) == {1, 2}
    proba = table[[f"proba_{c}" for c in found.classes]].to_numpy()
    assert np.allclose(proba.sum(axis=1), 1, atol=1e-4)
    assert table["error"].mean() < 0.5
    again = out_of_fold(recipe, folds=2, parts=("train", "dev", "test"), folder=tmp_path / "kept")
    pd.testing.assert_frame_equal(again.table, table)
    with pytest.raises(UserError, match="folds of another recipe, data or number"):
        out_of_fold(recipe, folds=3, parts=("train", "dev", "test"), folder=tmp_path / "kept")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"folds": 1}, "at least 2 folds"),
        ({"folds": 100_000}, "100000 folds need"),
        ({"folds": 3, "continues": "last"}, "exclude each other"),
    ],
)
def test_folds_are_refused_before_a_run_exists(given, message):
    with pytest.raises(UserError, match=message):
        dlx.train("digits", TINY, **given)
    assert not Path("runs").exists()


def test_folds_would_train_on_the_future():
    pd.DataFrame(
        {"x": range(60), "when": pd.date_range("2020-01-01", periods=60).astype(str), "y": ["a", "b"] * 30}
    ).to_csv("t.csv", index=False)
    source = "{t: {reader: csv, path: t.csv, label: y, time: when}}"
    recipe = f"task: classification\ndata:\n  split_by: time\n  sources: {source}\nmodel: {{builder: linear}}\n"
    Path("t.yaml").write_text(recipe)
    with pytest.raises(UserError, match="train on the future"):
        dlx.train("t.yaml", folds=3)
