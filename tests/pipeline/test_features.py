"""Features before the last layer: what is cut, what is kept, and the nearest training example."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from dlx.analysis.features import FILE, Features
from dlx.dataset import Dataset, examples_table
from dlx.errors import DlxError
from dlx.payloads import Arrays, TensorSpec
from dlx.run import Run

RNG = np.random.default_rng(3)


def features(values, split=None) -> Features:
    ids = [f"k{i}" for i in range(len(values))]
    return Features.of(ids, split or ["train"] * (len(values) - 1) + ["dev"], [f"y{i}" for i in ids], values)


def test_the_nearest_train_example_is_the_one_that_a_search_library_finds():
    from sklearn.neighbors import NearestNeighbors

    values = RNG.normal(size=(80, 7)).astype("float32")
    split = ["train"] * 50 + ["dev"] * 30
    found = features(values, split)
    index = NearestNeighbors(n_neighbors=1).fit(found.values[:50].astype(float))
    wanted = index.kneighbors(found.values[50:].astype(float), return_distance=False)[:, 0]
    assert [found.nearest(f"k{i}")[0] for i in range(50, 80)] == [f"k{i}" for i in wanted]


def test_a_train_example_is_not_its_own_neighbour():
    found = features([[0.0], [1.0], [5.0]], ["train"] * 3)
    assert [found.nearest(name)[0] for name in ("k0", "k1", "k2")] == ["k1", "k0", "k1"]
    assert features([[1.0]], ["train"]).nearest("k0") is None


def test_an_unknown_example_and_a_file_without_train_have_no_neighbour():
    values = RNG.normal(size=(4, 2))
    assert features(values).nearest("somebody else") is None
    assert features(values, ["dev"] * 4).nearest("k1") is None


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e9])
def test_the_scale_of_features_does_not_matter(tmp_path, scale):
    values = RNG.normal(size=(60, 5)) * scale
    values[3, 2] = np.nan
    features(values).write(tmp_path / FILE)
    back = Features.read(tmp_path / FILE)
    assert back.values.dtype == np.float16
    assert np.isfinite(back.values).all()
    assert abs(back.values.astype(float).std() - 1) < 0.01
    assert back.nearest("k59") == features(values / scale).nearest("k59")


def test_no_file_is_nothing_and_a_damaged_one_is_said(tmp_path):
    assert Features.read(tmp_path / FILE) is None
    (tmp_path / FILE).write_bytes(b"PK\x03\x04 cut off")
    with pytest.raises(DlxError, match="damaged"):
        Features.read(tmp_path / FILE)


def dataset(inputs: dict, y) -> Dataset:
    specs = tuple(TensorSpec(n, v.shape[1:], "string" if v.dtype == object else "float32") for n, v in inputs.items())
    return Dataset("toy", examples_table([f"k{i}" for i in range(len(y))], y), Arrays(inputs, specs), "array")


def trained(inputs: dict, y: list, model: dict, task=None):
    """A finished model, as after a fit; its weights are those it began with."""
    from dlx import fit
    from dlx.tasks.classification import Classification

    task, data = task or Classification(), dataset(inputs, y)
    train = {"epochs": 1, "batch_size": 32, "optimizer": "adam", "learning_rate": 1e-2, "seed": 7}
    recipe = {"name": "toy", "data": {"normalize": "standardize"}, "model": model, "train": train}
    prepared = fit.prepare(recipe, task, data)
    return data, task.finish(prepared.model, prepared.targets)


@pytest.mark.tf
def test_a_dense_layer_on_the_features_gives_the_models_output():
    """Known answer: logits are features · kernel + bias, whatever the builder; and no layer is called again."""
    from dlx.pipeline.features import extractor

    images = {"image": RNG.uniform(size=(20, 8, 8, 1)).astype("float32")}
    cases = {"mlp": (5, {"units": [6, 5]}), "linear": (64, {}), "convnet": (4, {"filters": [3, 4]})}
    for builder, (width, knobs) in cases.items():
        _, model = trained(images, ["a", "b", "c", "a"] * 5, {"builder": builder, **knobs})
        before = model.to_json()
        seen = extractor(model).predict(images, verbose=0)
        assert seen.shape == (20, width)
        kernel, bias = (np.asarray(w) for w in model.layers[-2].layers[-1].weights)
        logits = seen @ kernel + bias
        proba = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
        np.testing.assert_allclose(proba, model.predict(images, verbose=0), rtol=1e-4)
        assert model.to_json() == before


@pytest.mark.tf
def test_features_of_tables_with_text_and_of_wide_models_are_kept_with_errors_first(tmp_path, monkeypatch):
    from dlx.learning import Learned
    from dlx.pipeline import features as under_test
    from dlx.tasks.regression import Regression

    table = {
        "numbers": RNG.normal(size=(30, 3)).astype("float32"),
        "categories": RNG.choice(["x", "y", ""], size=(30, 1)).astype(object),
    }
    data, model = trained(table, [float(v) for v in range(30)], {"builder": "mlp", "units": [300]}, Regression())
    monkeypatch.setattr(under_test, "MOST", 10)
    rows = pd.DataFrame({"id": data.examples["id"], "error": [0.0] * 25 + [1.0] * 5})
    run = Run(tmp_path)
    learned = Learned(model, [], {}, 0.0, False)
    assert under_test.write(run, learned, data.subset(np.arange(12)), data, rows, batch_size=16)
    held = Features.read(tmp_path / FILE)
    assert held.values.shape == (20, under_test.WIDEST)
    dev = held.ids[held.split == "dev"].tolist()
    assert set(dev) >= {f"k{i}" for i in range(25, 30)}
    assert held.nearest(dev[0]) is not None
