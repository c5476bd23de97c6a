"""``dlx labels`` of a run: out of fold, without a look at test; corrections, training on them, and data that moved."""

from __future__ import annotations

import json

import numpy as np
import pytest
from command_line import command

import dlx
from dlx import runs
from dlx.errors import UserError
from dlx.pipeline import folds, labels
from dlx.tagging.votes import VoteLog

pytestmark = pytest.mark.tf

RECIPE = """\
name: rings
task: classification
data: {sources: {all: {reader: csv, path: rings.csv, label: label, id: key}}, split: {dev: 0.3, test: 0.3}}
model: {builder: mlp, units: [16]}
train: {epochs: 15, learning_rate: 0.02, batch_size: 32}
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Three clear classes, 240 rows, every tenth label wrong; one run."""
    folder = tmp_path_factory.mktemp("labels")
    random = np.random.default_rng(0)
    truth = random.integers(0, 3, 240)
    given = np.where(np.arange(240) % 10 == 0, (truth + 1) % 3, truth)
    x = random.normal(size=(240, 2)) * 0.3 + np.array([[0, 2], [2, -1], [-2, -1]])[truth]
    names = np.array(["red", "green", "blue"])
    rows = [f"k{i},{a:.3f},{b:.3f},{names[y]}" for i, ((a, b), y) in enumerate(zip(x, given, strict=True))]
    (folder / "rings.csv").write_text("\n".join(["key,a,b,label", *rows]) + "\n")
    (folder / "rings.yaml").write_text(RECIPE)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("DLX_TRACKING", "off")
        run = dlx.train("rings.yaml").run
    return folder, run, dict(zip([f"k{i}" for i in range(240)], names[truth], strict=True))


@pytest.fixture(autouse=True)
def _there(place, monkeypatch):
    monkeypatch.chdir(place[0])
    monkeypatch.setenv("DLX_TRACKING", "off")


def test_from_the_run_to_a_better_run(place, monkeypatch):
    folder, run, truth = place
    found = labels.labels(run, folds=2)
    table = found.ranking.table
    wrong = {f"k{i}" for i in range(0, 240, 10)}
    flagged = set(table.loc[table["rank"] >= 0, "id"])
    ranked = set(found.ranking.judged["id"])
    assert len(flagged & wrong) >= 0.8 * len(wrong & ranked)
    assert len(flagged - wrong) <= 0.05 * len(ranked)
    # test is asked about, but nothing is predicted there and nobody looked
    assert table.loc[table["split"] == "test", ["y_pred", "confidence"]].isna().all().all()
    assert runs.looks() == []
    assert set(found.ranking.judged["split"]) == {"train", "dev"}

    def never(*_, **__):
        raise AssertionError("folds are trained once")

    monkeypatch.setattr(folds, "out_of_fold", never)
    again = labels.labels(run, relabel=True, flagged=100)
    log = VoteLog(again.log)
    for example in again.audit.order:
        log.write(example, str(truth[example]), person="ann")
    found = labels.labels(run, apply=True)
    assert found.judgement.labels.worth_relabelling is True
    assert found.overlay.written.keys() == {"train", "dev", "test"}
    code, _, err = command("train", "rings.yaml")
    assert (code, "labels corrected by annotations/rings/corrections.jsonl" in err) == (0, True)
    better = runs.find("last")
    same = ("data_digest", "split_digest", "recipe_hash")
    assert [better.info[key] for key in same] == [run.info[key] for key in same]
    assert run.info["label_overlay"] is None
    assert better.info["label_overlay"] == better.read_json("labels_overlay.json")["digest"]
    assert "Trained and scored with" in dlx.diagnose(better).note
    assert "due to wrong labels" in dlx.diagnose(run).note
    rungs = [{r.name: r.error for r in dlx.diagnose(r).ladder.rungs}["dev"] for r in (run, better)]
    assert rungs[1] < rungs[0] - 0.05
    (folder / "annotations/rings/corrections.jsonl").write_text("")  # a run keeps its own copy
    dlx.evaluate(run.id)
    assert dlx.evaluate(better.id).looks == 2  # corrected labels make no new test set
    test = dlx.diagnose(better).predictions.rows("model", "test")
    assert all(truth[i] == y for i, y in zip(test["id"], test["y_true"].astype(str), strict=True))
    assert len(json.loads(command("labels", better.id, "--from-run", "--json")[1])["contradictory"]) == 0


def test_numbers_are_refused_before_anything_is_trained(place, monkeypatch):
    monkeypatch.setattr(folds, "out_of_fold", None)
    run = dlx.train("rings.yaml", ["task=regression", "data.sources.all.label=a", "train.epochs=1", "name=r"]).run
    with pytest.raises(UserError, match="among classes"):
        labels.labels(run)


def test_data_that_moved(place):
    folder = place[0]
    text = (folder / "rings.csv").read_text()
    fresh = dlx.train("rings.yaml", ["train.epochs=1", "data.corrections=false"]).run
    (folder / "rings.csv").write_text(text.replace("k1,", "k1000,", 1))
    try:
        with pytest.raises(UserError, match="data changed"):
            labels.labels(fresh, from_run=True)
    finally:
        (folder / "rings.csv").write_text(text)
