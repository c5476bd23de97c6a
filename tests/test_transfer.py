"""``dlx transfer`` and runs that begin from a run: what is asked first, what is compared, and the lineage."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import dlx
from dlx.errors import UserError

pytestmark = pytest.mark.tf
A = ["model={builder: convnet, filters: [16, 32], units: [64]}", "train.epochs=20", "train.batch_size=32"]
FEW = ["data.split={train: 100, dev: 500, test: 0}", "train.batch_size=25", "train.epochs=25"]
FEW += ["train.learning_rate=1e-2"]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with one run on many digits."""
    folder = tmp_path_factory.mktemp("transfer")
    patch = pytest.MonkeyPatch()
    patch.chdir(folder)
    patch.setenv("DLX_TRACKING", "off")
    patch.setenv("DLX_CACHE", str(folder / "cache"))
    dlx.train("digits", [*A, "name=many"])
    yield folder
    patch.undo()


def test_a_run_on_many_digits_helps_where_there_are_few(place):
    result = dlx.transfer_learning("digits", FEW, source="run:many", track=False)
    assert result.sensible is True
    assert [c.holds for c in result.conditions] == ["yes", "yes", "yes"]
    before, after = (result.runs[name] for name in ("from scratch", "transfer"))
    assert before.info.get("transfer") is None
    source = after.info["transfer"]["run"]
    assert source.startswith("many-")
    assert f"from: run:{source}" in after.read_text("recipe.yaml")  # not run:many, which may be another one tomorrow
    pair = result.comparison.pair("transfer", "from scratch")
    assert pair.high < 0
    kept = json.loads(after.read_text("transfer.json"))
    assert kept["runs"]["transfer"]["run"] == after.id
    assert after.file("transfer.html").exists()
    dlx.train("digits", FEW, continues=before.id)  # the same recipe, but twice its epochs
    again = dlx.transfer_learning("digits", FEW, source="run:many", track=False)  # nothing is trained twice
    assert {name: run.id for name, run in again.runs.items()} == {"from scratch": before.id, "transfer": after.id}


def test_the_lineage_is_told_to_mlflow(place):
    from dlx import runs
    from dlx.tracking.contents import tags

    told = tags(next(run for run in runs.all_runs() if run.info.get("transfer")))
    assert told["dlx.transfer_run"].startswith("many-")
    assert "a new head" in told["dlx.transfer_depth"]


def test_as_much_data_here_as_there_makes_no_sense_and_nothing_is_trained(place):
    before = set(Path("runs").iterdir())
    result = dlx.transfer_learning("digits", ["train.epochs=2"], source="run:many", track=False)
    assert result.sensible is False
    assert result.runs == {}
    assert set(Path("runs").iterdir()) == before


def test_what_is_saved_takes_raw_pictures_and_answers_as_the_table_says(place):
    from dlx import loading, predicting, predictions, runs
    from dlx.recipe import load

    run = next(run for run in runs.all_runs() if run.info.get("transfer"))
    rows = predictions.read(run.predictions).rows("model", "dev").head(200)
    data = loading.load(load(run.file("recipe.yaml")))
    place_of = {key: i for i, key in enumerate(data.examples["id"])}
    raw = data.payload.take(np.array([place_of[key] for key in rows["id"]]))
    said = predicting.load(run.path).predict(raw)["prediction"]
    assert (said.to_numpy() == rows["y_pred"].to_numpy()).mean() > 0.99  # a tie may fall either way


def test_a_table_goes_on_only_from_the_same_columns(place):
    first = dlx.train("breast-cancer", ["train.epochs=5", "model={builder: mlp, units: [8]}", "name=tumours"]).run
    small = ["data.split={train: 30, dev: 300, test: 0}", "train.epochs=3", f"transfer.from=run:{first.id}"]
    found = dlx.train("breast-cancer", small)
    assert found.run.info["transfer"]["run"] == first.id
    with pytest.raises(UserError, match="takes other columns: this table"):
        dlx.train("diabetes", [f"transfer.from=run:{first.id}"])
    with pytest.raises(UserError, match="shape"):
        dlx.train("digits", [f"transfer.from=run:{first.id}"])
    with pytest.raises(UserError, match="no such run"):
        dlx.train("digits", ["transfer.from=run:nowhere"])


def test_trials_over_a_frozen_source_never_build_it(place, monkeypatch):
    """Head training and tuning run on features from the disk."""
    from dlx.pipeline import trial
    from dlx.recipe import load
    from dlx.transfer import _saved

    run = dlx.train("digits", [*FEW, "transfer.from=run:many", "transfer.depth=head", "name=frozen"]).run
    assert load(run.file("recipe.yaml")).transfer["depth"] == "head"
    bench = trial.open_bench(str(run.path), 2)
    monkeypatch.setattr(_saved, "_network", lambda *a: pytest.fail("the source was built"))
    done = trial.carry_out(
        bench, {"number": 1, "overrides": ["transfer.dropout=0.3", "train.epochs=2"]}, lambda note: None
    )
    assert done["status"] == "complete"


def test_weights_of_the_source_are_counted_and_a_fine_tuned_run_is_gone_on_with(place):
    from dlx import predicting, runs

    frozen = next(run for run in runs.all_runs() if run.info["recipe"] == "frozen")
    assert frozen.info["parameters"] == predicting.load_model(frozen.file("model.keras")).count_params()
    tune = ["transfer.from=run:many", "transfer.depth=all", "name=tuned"]
    first = dlx.train("digits", [*FEW, *tune, "train.epochs=4"]).run
    slower = [*FEW, *tune, "train.epochs=2", "transfer.learning_rate=1e-4"]
    second = dlx.train("digits", slower, continues=first.id).run
    history = second.read_lines("history.jsonl")
    assert [round(record["learning_rate"], 6) for record in history] == [0.01] + [0.001] * 3 + [0.0001] * 2
    assert history[:4] == first.read_lines("history.jsonl")
    with pytest.raises(UserError, match="the trained network differs from that run's"):
        dlx.train("digits", [*FEW, "transfer.from=run:many", "transfer.depth=1", "name=tuned"], continues=first.id)


def test_folds_and_learning_curves_begin_from_it_too(place):
    found = dlx.train("digits", [*FEW, "transfer.from=run:many", "name=folded"], folds=3)
    assert found.run.info["transfer"]["run"].startswith("many-")
    assert found.run.read_json("diagnosis.json")["rungs"][-1]["error"] < 0.5
