"""``dlx ensemble`` on trained runs: the model that is kept, its answers, the runs that cannot be joined, the screen."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from command_line import command

import dlx
from dlx import predicting, runs
from dlx.errors import UserError

TINY = ["model={builder: mlp, units: [12]}", "train.epochs=3", "train.batch_size=64", "train.learning_rate=0.01"]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Three tiny runs of digits, in a folder of their own."""
    folder = tmp_path_factory.mktemp("ensemble")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("DLX_TRACKING", "off")
        made = [dlx.train("digits", TINY, seed=seed).run for seed in range(3)]
    return folder, made


@pytest.fixture
def members(trained, monkeypatch):
    folder, made = trained
    monkeypatch.chdir(folder)
    monkeypatch.setenv("DLX_TRACKING", "off")
    return made


def pictures(n: int = 7) -> np.ndarray:
    """Raw pictures with values from 0 to 16; the model takes them in 0–1."""
    from sklearn.datasets import load_digits

    return load_digits().images[-n:, ..., None].astype("float32")


@pytest.mark.tf
class TestKept:
    def test_its_outputs_are_the_average(self, members):
        found = dlx.ensemble(*members, save="team", satisfice=["latency_ms <= 10000"])
        run = runs.find("team")
        images = {"image": pictures() / 16}
        expected = np.mean([np.asarray(predicting.load(m.path).model(images)) for m in members], axis=0)
        np.testing.assert_allclose(np.asarray(predicting.load(run.path).model(images)), expected, atol=1e-6)
        # its table was made by the joined model, the judgement from the members' tables
        table = pd.read_parquet(run.predictions)
        dev = table[(table["split"] == "dev") & (table["predictor"] == "model")]
        assert dev["error"].mean() == found.option("ensemble of 3").value
        assert set(table["split"]) == {"train", "dev"}
        assert (run.info["kind"], run.info["members"]) == ("ensemble", [m.id for m in members])
        price = found.option("ensemble of 3").price
        assert 0 < price.median <= price.p95
        assert price.parameters == sum(m.info["parameters"] for m in members) == run.info["parameters"]
        assert found.options[0].checks[0].feasible is True
        assert run.info["latency_ms"]["median"] == price.median

    def test_it_is_a_run_like_any_other(self, members, tmp_path):
        if not any(each.name == "mirrored" for each in runs.all_runs()):
            dlx.ensemble(*members[:2], views="flips", save="mirrored", price=False)
        run = runs.find("mirrored")
        np.save(tmp_path / "x.npy", pictures())
        answers = dlx.predict("mirrored", tmp_path / "x.npy")
        both = [predicting.load(m.path).model for m in members[:2]]
        x = pictures() / 16
        expected = np.mean([np.asarray(m({"image": v})) for m in both for v in (x, x[:, :, ::-1])], axis=0)
        np.testing.assert_allclose(answers.filter(like="proba_").to_numpy(), expected, atol=1e-6)
        assert dlx.diagnose("mirrored").ladder is not None
        assert dlx.evaluate("mirrored", on="test").looks >= 1
        assert dlx.export("mirrored", out=tmp_path / "m.keras").exists()
        assert run.has("report.html")
        assert dlx.compare("mirrored", members[0]).n == dlx.ensemble(*members, price=False).n
        with pytest.raises(UserError, match="an ensemble is not trained"):
            dlx.train(resume=run.id)
        from dlx.tracking.contents import tags

        assert tags(run)["dlx.members"] == f"{members[0].id}, {members[1].id}"
        assert tags(run)["dlx.views"] == "flips"

    def test_a_name_that_is_taken_costs_no_work(self, members):
        members[2].update(name="taken")
        with pytest.raises(UserError, match="the name is taken"):
            dlx.ensemble(*members, save="taken")

    def test_nothing_is_left_of_one_that_could_not_be_written(self, members, monkeypatch):
        from dlx.errors import DlxError
        from dlx.pipeline import judging

        def full(*_):
            raise DlxError("the disk is full")

        monkeypatch.setattr(judging, "write_predictions", full)
        before = {run.id for run in runs.all_runs()}
        with pytest.raises(DlxError, match="disk is full"):
            dlx.ensemble(*members[:2], save="other", price=False)
        assert {run.id for run in runs.all_runs()} == before


@pytest.mark.tf
def test_one_run_on_ten_views(members):
    found = dlx.ensemble(members[0], views="ten-crop", crop=0.75, price=False)
    assert [(each.passes, each.views) for each in found.options] == [(1, 1), (10, 10)]
    assert found.sizes == ()
    assert found.crop == 0.75


@pytest.mark.tf
def test_the_screen_and_the_document(members, monkeypatch):
    names = [m.id for m in members]
    code, out, err = command("ensemble", *names, "--no-price")
    assert code == 0
    assert "The average of 3 models, all weighted alike" in out
    assert names[0] in out
    code, out, err = command("ensemble", *names, "--no-price", "--json")
    assert (code, err) == (0, "")
    assert {"use", "reason", "options", "gains", "sizes"} <= json.loads(out).keys()
    code, _, err = command("ensemble", names[0])
    assert code == 2
    assert "one model is no ensemble" in err
