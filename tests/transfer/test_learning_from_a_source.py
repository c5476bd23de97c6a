"""Training on a source: what is frozen stays, features are computed once, a killed fit goes on to the same weights."""

from __future__ import annotations

import numpy as np
import pytest
from sources import convnet, photos, recipe

from dlx import learning
from dlx.errors import UserError
from dlx.tasks.classification import Classification
from dlx.transfer import Features, source

pytestmark = pytest.mark.tf


@pytest.fixture(autouse=True)
def foreign(tmp_path, monkeypatch) -> str:
    """A network's file, and a cache of its own."""
    monkeypatch.setenv("DLX_CACHE", str(tmp_path / "cache"))
    model = convnet()
    rng = np.random.default_rng(1)  # statistics that were learned
    model.set_weights([w + rng.uniform(0.05, 0.2, w.shape).astype("float32") for w in model.get_weights()])
    model.save(tmp_path / "foreign.keras")
    return str(tmp_path / "foreign.keras")


def learn(values: dict, folder=None, resume=False, **hooks):
    task, data, dev = Classification(), photos(24, 12), photos(10, 12, seed=1)
    learner = learning.prepare(values, task, data)
    learned = learner.fit(data, dev, folder=folder, resume=resume, **hooks)
    return learner, learned, dev


def by_name(model) -> dict[str, list[np.ndarray]]:
    return {
        layer.name: layer.get_weights()
        for layer in model._flatten_layers()
        if layer.weights and not hasattr(layer, "layers")
    }


def changed(model, path: str) -> set[str]:
    """Layers of the source whose weights are not what they were."""
    import keras

    before, after = by_name(keras.saving.load_model(path)), by_name(model)
    names = {n: n if n in after else f"source_{n}" for n in before if n != "classes"}
    return {
        n for n, there in names.items() if any((a != b).any() for a, b in zip(before[n], after[there], strict=True))
    }


def test_a_frozen_source_stays_and_the_whole_model_answers_as_the_head_on_features(foreign):
    learner, learned, dev = learn(recipe(foreign, transfer={"depth": "head", "dropout": 0.2, "units": [6]}))
    on_features = learned.decode(Classification(), dev, learner.targets, batch_size=8)
    whole = learned.model.predict({"image": dev.payload.arrays["image"]}, verbose=0)
    np.testing.assert_allclose(on_features, whole, atol=1e-5)
    assert changed(learned.model, foreign) == set()
    assert len(learned.history) == 3
    assert learner.lineage["depth"] == "a new head, as asked"


def test_augmented_images_go_through_the_whole_network_and_a_frozen_source_stays(foreign):
    """Features that are computed once cannot be those of images that change from epoch to epoch."""
    upside_down = [{"name": "mirror", "axis": "vertical", "probability": 1.0}]
    plain = learn(recipe(foreign, transfer={"depth": "head"}))[1]
    learner, learned, _ = learn(recipe(foreign, transfer={"depth": "head"}) | {"augment": upside_down})
    assert learner._prepared.augment.names == ("mirror",)
    assert changed(learned.model, foreign) == set()
    assert plain.history[0]["loss"] != pytest.approx(learned.history[0]["loss"], rel=1e-6)


def test_only_the_last_blocks_are_trained_and_statistics_of_batch_norm_stay(foreign):
    """P56: its statistics, and with them its scale and shift, are as the source left them."""
    _, learned, _ = learn(recipe(foreign, transfer={"depth": 2}))
    assert changed(learned.model, foreign) == {"c3", "dense"}
    assert [r["learning_rate"] for r in learned.history] == pytest.approx([0.01, 0.001, 0.001])
    _, learned, _ = learn(recipe(foreign, transfer={"depth": "all", "learning_rate": 0.002, "head_epochs": 2}))
    assert changed(learned.model, foreign) == {"c1", "c2", "c3", "dense"}
    assert [r["learning_rate"] for r in learned.history] == pytest.approx([0.01, 0.01, 0.002])


def test_rates_fall_from_block_to_block(foreign):
    """One step of plain descent moves each block by its own factor of the same gradient."""

    def step(decay: float) -> dict[str, float]:
        values = recipe(foreign, epochs=1, transfer={"depth": "all", "layer_decay": decay, "head_epochs": 0})
        values["train"] |= {"optimizer": "sgd", "batch_size": 24, "learning_rate": 1e-2}
        before = by_name(learning.prepare(values, Classification(), photos(24, 12))._prepared.model)
        _, learned, _ = learn(values)
        after = by_name(learned.model)
        return {
            name: float(np.linalg.norm(after[name][0] - before[name][0])) for name in ("c1", "c2", "c3", "source_dense")
        }

    even, falling = step(1.0), step(0.5)
    ratios = [falling[name] / even[name] for name in ("source_dense", "c3", "c2", "c1")]
    assert ratios == pytest.approx([0.5, 0.25, 0.125, 0.0625], rel=0.02)


def test_features_are_computed_once_whatever_order_they_come_in(foreign, monkeypatch):
    values, data = recipe(foreign), photos(30, 12)
    made = source(values["transfer"], data.payload.inputs)
    first = Features(made).of(data).payload.arrays["features"]
    later = Features(made)
    monkeypatch.setattr(later, "_compute", lambda dataset: pytest.fail("computed again"))
    order = np.random.default_rng(0).permutation(30)[:11]
    again = later.of(data.subset(order))
    assert (again.payload.arrays["features"] == first[order]).all()
    assert again.examples["id"].tolist() == data.examples["id"].iloc[order].tolist()


def test_damaged_features_are_computed_again_and_no_cache_is_needed(foreign, tmp_path, monkeypatch):
    values, data = recipe(foreign), photos(9, 12)
    made = source(values["transfer"], data.payload.inputs)
    first = Features(made).of(data).payload.arrays["features"]
    (file,) = (tmp_path / "cache" / "features").rglob("*.npz")
    for spoilt in (file.read_bytes()[:200], b"", b"PK\x03\x04 no archive"):
        file.write_bytes(spoilt)
        np.testing.assert_array_equal(Features(made).of(data).payload.arrays["features"], first)
    (tmp_path / "file").write_text("a file where the folder should be")
    monkeypatch.setenv("DLX_CACHE", str(tmp_path / "file"))
    np.testing.assert_array_equal(Features(made).of(data).payload.arrays["features"], first)


@pytest.mark.parametrize("killed_in", [1, 3])
def test_a_killed_fit_goes_on_to_the_same_weights(foreign, tmp_path, killed_in):
    """In the epochs of the head alone, and in those of fine-tuning."""
    values = recipe(foreign, epochs=5, transfer={"depth": 2, "head_epochs": 2})

    def kill(record):
        if record["epoch"] == killed_in:
            raise KeyboardInterrupt

    whole, broken = tmp_path / "whole", tmp_path / "broken"
    for folder in (whole, broken):
        folder.mkdir()
    _, expected, _ = learn(values, whole)
    with pytest.raises(KeyboardInterrupt):
        learn(values, broken, on_epoch=kill)
    _, resumed, _ = learn(values, broken, resume=True)
    assert [r["epoch"] for r in resumed.history] == [1, 2, 3, 4, 5]
    for a, b in zip(resumed.model.get_weights(), expected.model.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)


def test_a_head_that_leaves_no_epoch_for_fine_tuning_is_refused(foreign):
    with pytest.raises(UserError, match="leave none of 3 for fine-tuning"):
        learning.prepare(recipe(foreign, transfer={"depth": "all", "head_epochs": 3}), Classification(), photos(24, 12))
