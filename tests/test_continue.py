"""``dlx train --continue``: one model babysat, with a knob changed on the way (rule P37)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import dlx
from dlx.errors import UserError

SMALL = ["model={builder: mlp, units: [16], dropout: 0.2}", "train.batch_size=64", "train.momentum=0.9"]


@pytest.fixture(autouse=True)
def workplace(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DLX_TRACKING", "off")
    return tmp_path


def weights(run) -> list[np.ndarray]:
    import keras

    return keras.saving.load_model(run.file("model.keras"), compile=False).get_weights()


@pytest.mark.tf
def test_going_on_with_nothing_changed_is_one_long_fit_and_a_changed_knob_is_not():
    first = dlx.train("digits", [*SMALL, "train.epochs=3"]).run
    second = dlx.train("digits", [*SMALL, "train.epochs=4"], continues=first.id).run
    long = dlx.train("digits", [*SMALL, "train.epochs=7"]).run
    assert all(np.array_equal(a, b) for a, b in zip(weights(second), weights(long), strict=True))
    assert [record["epoch"] for record in second.read_lines("history.jsonl")] == list(range(1, 8))
    assert second.read_lines("history.jsonl")[:3] == first.read_lines("history.jsonl")
    assert second.info["continues"] == first.id

    turned = ["train.epochs=2", "train.learning_rate=1e-4", "model.dropout=0.4", "augment=[rotation]"]
    slower = dlx.train("digits", [*SMALL, *turned], continues=second.id)
    stages = slower.run.info["stages"]
    assert [stage["run"] for stage in stages] == [first.id, second.id]
    assert stages[1]["epoch"] == 7
    assert stages[1]["changes"] == {
        "augment": ["none", "[rotation]"], "model.dropout": [0.2, 0.4], "train.epochs": [4, 2],
        "train.learning_rate": [0.001, 0.0001],
    }  # fmt: skip
    history = slower.run.read_lines("history.jsonl")
    assert [round(record["learning_rate"], 6) for record in history] == [0.001] * 7 + [0.0001] * 2
    page = slower.run.file("report.html").read_text()
    assert "dropout 0.2 → 0.4" in page
    assert "--continue" not in " ".join(action.command for action in slower.diagnosis.actions)
    remarks = " ".join(dlx.compare(second, slower.run).remarks)
    assert f"goes on from {second.id} after 7 epochs: its train.epochs are further ones" in remarks

    # another optimiser starts with no state of its own, from the same weights
    other = dlx.train("digits", [*SMALL, "train.epochs=1", "train.optimizer=sgd"], continues=first.id)
    assert other.run.read_lines("history.jsonl")[-1]["loss"] < first.read_lines("history.jsonl")[0]["loss"]
    for changed, message in [
        ("model.units=[32]", r"the model differs.*model.units was \[16\], is \[32\]"),
        ("data.normalize=none", "the data differs"),
        ("data.split={dev: 0.3}", "the data differs"),
    ]:
        with pytest.raises(UserError, match=message):
            dlx.train("digits", [*SMALL, changed], continues=first.id)
    assert len(list(Path("runs").iterdir())) == 5


@pytest.mark.tf
def test_a_killed_continuation_is_resumed_from_where_it_began_or_was(monkeypatch):
    from dlx import fit, runs

    first = dlx.train("digits", [*SMALL, "train.epochs=2"]).run
    whole = dlx.train("digits", [*SMALL, "train.epochs=3", "train.learning_rate=1e-4"], continues=first.id).run
    before = fit.fit

    def killed(*args, **kwargs):
        fitted = before(*args, **kwargs)
        raise KeyboardInterrupt if fitted else AssertionError

    with monkeypatch.context() as patch:
        patch.setattr(fit, "fit", killed)
        with pytest.raises(KeyboardInterrupt):
            dlx.train("digits", [*SMALL, "train.epochs=3", "train.learning_rate=1e-4"], continues=first.id)
    broken = runs.all_runs()[-1]
    broken.file("checkpoint.npz").unlink()  # as if it had been killed before its first checkpoint
    resumed = dlx.train(resume=broken.id).run
    assert all(np.array_equal(a, b) for a, b in zip(weights(resumed), weights(whole), strict=True))
    assert [record["epoch"] for record in resumed.read_lines("history.jsonl")] == [1, 2, 3, 4, 5]


def test_there_is_nothing_to_go_on_from():
    from dlx import runs

    run = runs.create("digits", command="dlx train digits")
    run.write_text("recipe.yaml", dlx.load_recipe("digits").to_yaml())
    run.finish()
    with pytest.raises(UserError, match="kept no checkpoint"):
        dlx.train("digits", continues=run.id)
    with pytest.raises(UserError, match="no such run"):
        dlx.train("digits", continues="nothing")
