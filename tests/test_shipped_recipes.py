"""The recipes that come along tell the story that their comments promise."""

from __future__ import annotations

from pathlib import Path

import pytest

import dlx
from dlx.recipe import load

pytestmark = pytest.mark.tf
RECIPES = sorted(path.stem for path in (Path(__file__).parents[1] / "recipes").glob("*.yaml"))


@pytest.fixture(autouse=True)
def _own_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DLX_TRACKING", "off")


@pytest.fixture
def data(monkeypatch, shared_data):
    monkeypatch.setenv("DLX_DATA", str(shared_data))


@pytest.mark.parametrize("name", [name for name in RECIPES if not name.startswith(("wine", "groceries", "cifar"))])
def test_every_recipe_ends_in_a_verdict(name):
    result = dlx.train(name, ["train.epochs=2"])
    document = result.to_dict()
    assert {"train", "dev"} <= {rung["name"] for rung in document["rungs"]}
    assert document["verdict"]["status"]
    assert document["actions"]
    assert result.run.file("report.html").stat().st_size > 10_000
    assert load(result.run.file("recipe.yaml")).hash() == result.run.info["recipe_hash"]


def test_wine_shift_is_no_better_than_the_baseline_on_red(data):
    result = dlx.train("wine-shift")
    findings = {finding["code"]: finding["status"] for finding in result.to_dict()["findings"]}
    assert findings["worse_than_baseline"] == "issue"
    assert "data_mismatch" in result.diagnosis.ladder.verdict.focus


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (1, 2, 3, 4))])
def test_digits_shift_names_data_mismatch(seed):
    verdict = dlx.train("digits-shift", seed=seed).diagnosis.ladder.verdict
    assert (verdict.status, verdict.focus) == ("decided", ("data_mismatch",))


@pytest.mark.slow
def test_the_advice_of_digits_shift_closes_the_gap():
    before = dlx.train("digits-shift").diagnosis
    knob = next(action for action in before.actions if action.knob == "data.target_in_train")
    after = dlx.train("digits-shift", [knob.command.split()[-1]]).diagnosis
    assert after.ladder.rung("dev").high < before.ladder.rung("dev").low / 4


def test_hidden_labels_of_digits_attributes_stay_out_of_the_scores():
    result = dlx.train("digits-attributes", ["train.epochs=1"])
    table = result.diagnosis.predictions.table
    share = table[table["predictor"] == "model"]["size"].mean() / 4
    assert 0.65 < share < 0.75  # 30 % of the labels are hidden


def test_groceries_keep_the_division_by_shop(data):
    result = dlx.train("groceries", ["train.epochs=1", "data.sources.photos.size=[32, 32]"])
    rungs = {rung["name"]: rung for rung in result.to_dict()["rungs"]}
    assert (rungs["train"]["n"], rungs["dev"]["n"]) == (2640, 296)
    findings = {finding["code"]: finding["status"] for finding in result.to_dict()["findings"]}
    assert findings["no_test_set"] in ("issue", "tip")


@pytest.mark.slow
def test_groceries_shift_names_the_mismatch_of_the_shops(data):
    verdict = dlx.train("groceries-shift", ["data.target_in_train=1"]).diagnosis.ladder.verdict
    assert (verdict.status, verdict.focus) == ("decided", ("data_mismatch",))
