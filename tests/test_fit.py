"""The fit: repeatable, resumable to the same weights, stopped where it diverges."""

from __future__ import annotations

import json

import numpy as np
import pytest

from dlx import fit
from dlx.dataset import Dataset, examples_table
from dlx.errors import DlxError, UserError
from dlx.payloads import Arrays, TensorSpec
from dlx.tasks.classification import Classification
from dlx.tasks.multilabel import Multilabel
from dlx.tasks.regression import Regression
from dlx.training.loop import DivergenceError

pytestmark = pytest.mark.tf
RNG = np.random.default_rng(0)
X = RNG.normal(size=(300, 4)).astype("float32")
TRAIN = {"epochs": 6, "batch_size": 32, "optimizer": "adam", "learning_rate": 1e-2, "seed": 7}


def dataset(y, names=()) -> Dataset:
    payload = Arrays({"numbers": X[: len(y)]}, (TensorSpec("numbers", (4,), "float32", tuple("abcd")),))
    return Dataset("toy", examples_table([f"k{i}" for i in range(len(y))], y), payload, "table", names)


def two_classes() -> Dataset:
    return dataset(np.where(X[:, 0] + X[:, 1] > 0, "yes", "no").tolist())


def recipe(model=None, **train) -> dict:
    model = model or {"builder": "mlp", "units": [16], "dropout": 0.3, "batch_norm": True}
    return {"name": "toy", "data": {"normalize": "standardize"}, "model": model, "train": TRAIN | train}


def weights(prepared) -> list[np.ndarray]:
    return [np.asarray(w) for w in prepared.model.weights]


def run(values, data, task=None, folder=None, resume=False, on_epoch=None):
    task = task or Classification()
    prepared = fit.prepare(values, task, data)
    return prepared, fit.fit(prepared, task, data, data, folder=folder, resume=resume, on_epoch=on_epoch)


def test_the_same_seed_gives_the_same_weights_and_another_does_not():
    data = two_classes()
    (a, _), (b, _), (c, _) = run(recipe(), data), run(recipe(), data), run(recipe(seed=8), data)
    assert all(np.array_equal(x, y) for x, y in zip(weights(a), weights(b), strict=True))
    assert not all(np.array_equal(x, y) for x, y in zip(weights(a), weights(c), strict=True))


class KilledError(Exception):
    """Stands for kill -9: nothing after it runs."""


@pytest.mark.parametrize("optimizer", ["adam", "momentum"])
def test_a_killed_fit_goes_on_to_the_same_weights(tmp_path, optimizer):
    data = two_classes()
    values = recipe(optimizer=optimizer, schedule={"name": "exponential", "rate": 0.9})
    straight, whole = run(values, data)

    def kill(record):
        if record["epoch"] == 3:
            raise KilledError

    with pytest.raises(KilledError):
        run(values, data, folder=tmp_path, on_epoch=kill)
    with open(tmp_path / "history.jsonl", "a") as file:
        file.write('{"epoch": 4, "lo')  # a line cut off
    resumed, rest = run(values, data, folder=tmp_path, resume=True)
    assert all(np.array_equal(x, y) for x, y in zip(weights(straight), weights(resumed), strict=True))
    for name in ("epoch", "loss", "val_loss", "learning_rate"):
        assert [r[name] for r in rest.history] == [r[name] for r in whole.history]
    written = [json.loads(line) for line in (tmp_path / "history.jsonl").read_text().splitlines()]
    assert [r["epoch"] for r in written] == [1, 2, 3, 4, 5, 6]


def test_health_outlives_a_kill_after_the_middle(tmp_path):
    def kill(record):
        if record["epoch"] == 4:
            raise KilledError

    with pytest.raises(KilledError):
        run(recipe(), two_classes(), folder=tmp_path, on_epoch=kill)
    run(recipe(), two_classes(), folder=tmp_path, resume=True)
    assert json.loads((tmp_path / "health.json").read_text())["epoch"] == 3


def test_a_run_that_had_stopped_early_is_not_trained_on(tmp_path):
    stopping = {"patience": 2, "monitor": "val_loss", "min_delta": 0.0}
    values = recipe(epochs=200, learning_rate=0.3, early_stopping=stopping)
    straight, whole = run(values, two_classes(), folder=tmp_path)
    again, rest = run(values, two_classes(), folder=tmp_path, resume=True)
    assert len(rest.history) == len(whole.history) < 200
    assert all(np.array_equal(x, y) for x, y in zip(weights(straight), weights(again), strict=True))


def test_a_damaged_checkpoint_says_so(tmp_path):
    (tmp_path / "checkpoint.npz").write_bytes(b"PK not a zip")
    with pytest.raises(DlxError, match="checkpoint cannot be read"):
        run(recipe(), two_classes(), folder=tmp_path, resume=True)


def test_a_checkpoint_of_another_model_is_refused(tmp_path):
    data = two_classes()
    run(recipe(), data, folder=tmp_path)
    with pytest.raises(DlxError, match="another model"):
        run(recipe(model={"builder": "mlp", "units": [5]}), data, folder=tmp_path, resume=True)


def test_a_diverging_loss_stops_with_what_to_try():
    data = dataset((1e3 * X[:, 0]).tolist())
    with pytest.raises(DivergenceError, match=r"train\.learning_rate=1e\+05"):
        run(recipe(optimizer="sgd", learning_rate=1e6), data, Regression())


def test_history_holds_errors_in_the_targets_unit():
    y = 100 + 20 * X[:, 0] + 5 * np.random.default_rng(1).normal(size=300)
    _, fitted = run(
        recipe(model={"builder": "linear"}, epochs=30, learning_rate=0.1), dataset(y.tolist()), Regression()
    )
    assert fitted.history[0]["val_error"] > 8  # the mean absolute error of a constant is about 16
    assert 3 < fitted.history[-1]["val_error"] < 5  # what the noise leaves: 5·√(2/π) = 4.0
    rows = Regression().rows(
        dataset(y.tolist()).examples.assign(y_true=y), fitted.model.predict({"numbers": X}, verbose=0), {}
    )
    assert rows["error"].mean() == pytest.approx(fitted.history[-1]["val_error"], rel=1e-3)


def test_early_stopping_goes_back_to_the_best_weights(tmp_path):
    data = two_classes()
    values = recipe(
        epochs=200, learning_rate=0.3, early_stopping={"patience": 2, "monitor": "val_loss", "min_delta": 0.0}
    )
    prepared, fitted = run(values, data, folder=tmp_path)
    assert fitted.stopped_early
    assert len(fitted.history) < 200
    again = prepared.model.evaluate(
        Classification().batches(data, prepared.targets, batch_size=300, training=False), verbose=0, return_dict=True
    )
    assert again["loss"] == pytest.approx(min(r["val_loss"] for r in fitted.history), rel=1e-4)


def test_hidden_labels_change_nothing_that_is_learned():
    full = np.stack([X[:, 0] > 0, X[:, 1] > 0], 1).astype(int)
    # the second label is unknown everywhere but once: its weights see that one example only
    y = [[int(a), None if i else int(b)] for i, (a, b) in enumerate(full)]
    task = Multilabel()
    prepared = fit.prepare(recipe(model={"builder": "linear"}), task, dataset(y, ("a", "b")))
    loss, error = task.loss(prepared.targets)
    targets, outputs = np.array([[1.0, -1.0], [0.0, 1.0]], "float32"), np.array([[0.0, 9.0], [0.0, 0.0]], "float32")
    np.testing.assert_allclose(loss(targets, outputs), [np.log(2), 2 * np.log(2)], rtol=1e-5)
    np.testing.assert_allclose(error(targets, outputs), [1.0, 0.5])


def test_class_weights_pull_towards_the_rare_class():
    y = np.where(X[:, 0] > 1.3, "rare", "common")
    data = dataset(y.tolist())
    linear = {"builder": "linear"}
    (_, plain), (_, pulled) = run(recipe(linear), data), run(recipe(linear, class_weight={"rare": 50.0}), data)
    said = [f.model.predict({"numbers": X}, verbose=0)[:, 0] for f in (plain, pulled)]
    assert (said[1] > said[0]).mean() > 0.95  # the rare class sorts last, so the sigmoid is its probability


def test_mixed_precision_keeps_the_output_in_float32_and_the_policy_as_it_was():
    import keras

    prepared, fitted = run(recipe(precision="mixed_float16", epochs=1), two_classes())
    assert keras.config.dtype_policy().name == "float32"
    assert prepared.body.get_layer("dense1").compute_dtype == "float16"
    assert fitted.model.output.dtype == "float32"


def test_health_is_measured_for_each_layer():
    data = two_classes()
    _, fitted = run(recipe(model={"builder": "mlp", "units": [16, 8]}), data)
    found = {layer["layer"]: layer for layer in fitted.health["layers"]}
    assert list(found) == ["dense1", "dense1_relu", "dense2", "dense2_relu", "logits"]
    assert 0 < found["dense1"]["update_ratio"] < 1
    assert found["dense1"]["gradient_norm"] > 0
    assert 0 <= found["dense2_relu"]["dead_relu_share"] <= 1


def test_measuring_health_changes_nothing():
    from dlx.training import health

    data = two_classes()
    prepared, _ = run(recipe(epochs=1), data)
    before = [*weights(prepared), *[np.asarray(v) for v in prepared.model.optimizer.variables]]
    batch = next(iter(Classification().batches(data, prepared.targets, batch_size=64, training=False)))
    health.measure(prepared.model, prepared.body, batch, epoch=1)
    after = [*weights(prepared), *[np.asarray(v) for v in prepared.model.optimizer.variables]]
    assert all(np.array_equal(x, y) for x, y in zip(before, after, strict=True))


def test_dead_units_are_counted():
    from dlx.training import health

    data = two_classes()
    prepared, _ = run(recipe(model={"builder": "mlp", "units": [4]}, epochs=1), data)
    layer = prepared.body.get_layer("dense1")
    kernel, _ = layer.get_weights()
    layer.set_weights([kernel, np.array([-1e6, 1e6, -1e6, 1e6], "float32")])
    batch = next(iter(Classification().batches(data, prepared.targets, batch_size=64, training=False)))
    found = health.measure(prepared.model, prepared.body, batch, epoch=1)
    assert {x["layer"]: x["dead_relu_share"] for x in found["layers"]}["dense1_relu"] == 0.5


def test_a_builder_that_does_not_fit_says_shape_and_remedy():
    with pytest.raises(UserError, match="convnet needs images"):
        fit.prepare(recipe(model={"builder": "convnet"}), Classification(), two_classes())


def test_a_builder_of_ones_own_is_loaded_and_its_type_checked(tmp_path, monkeypatch):
    (tmp_path / "mine.py").write_text(
        "import keras\n"
        "def build(spec, *, width=3):\n"
        "    x = keras.Input(spec.inputs[0].shape)\n"
        "    return keras.Model(x, keras.layers.Dense(width)(x))\n"
        "def wrong(spec):\n"
        "    return 'a model'\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    prepared = fit.prepare(recipe(model={"builder": "mine:build", "width": 5}), Classification(), two_classes())
    assert prepared.body.output_shape == (None, 5)
    with pytest.raises(UserError, match=r"returns a keras\.Model"):
        fit.prepare(recipe(model={"builder": "mine:wrong"}), Classification(), two_classes())


def test_a_lazy_payload_gives_the_same_batches(monkeypatch):
    from dlx.training import batches

    data = two_classes()
    y, weight = np.arange(300, dtype="float32"), np.ones(300, "float32")

    def collect():
        flow = batches.batches(data.payload, y, weight, batch_size=64, training=True, seed=1, epoch=2)
        return [(x["numbers"].numpy(), t.numpy()) for x, t, _ in flow]

    held = collect()
    monkeypatch.setattr(batches, "fits_in_memory", lambda nbytes: False)
    for (x, t), (x2, t2) in zip(held, collect(), strict=True):
        np.testing.assert_array_equal(x, x2)
        np.testing.assert_array_equal(t, t2)
    assert [len(t) for _, t in held] == [64, 64, 64, 64, 44]
    assert sorted(np.concatenate([t for _, t in held])) == list(range(300))
    np.testing.assert_array_equal(held[0][0], X[held[0][1].astype(int)])


def test_the_order_depends_on_seed_and_epoch():
    from dlx.training.batches import batches

    data = two_classes()
    y, weight = np.arange(300, dtype="float32"), np.ones(300, "float32")

    def order(seed, epoch):
        flow = batches(data.payload, y, weight, batch_size=300, training=True, seed=seed, epoch=epoch)
        return next(iter(flow))[1].numpy().tolist()

    assert order(1, 2) == order(1, 2)
    assert len({tuple(order(s, e)) for s, e in [(1, 2), (1, 3), (2, 2)]}) == 3
