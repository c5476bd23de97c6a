"""Shapes and parameter counts of the builders, as the course notes and papers give them."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

from dlx import parts
from dlx.errors import UserError
from dlx.payloads import TensorSpec
from dlx.tasks._base import ModelSpec

pytestmark = pytest.mark.tf

#: an input that fits each builder
SHAPES = {"linear": (5,), "mlp": (5,), "convnet": (8, 8, 1), "lenet5": (28, 28, 1)}


def spec(shape, outputs=10) -> ModelSpec:
    return ModelSpec((TensorSpec("features", shape),), (TensorSpec("logits", (outputs,)),))


def whole(name, shape, outputs=10, **knobs):
    from dlx.builders._layers import head

    return head(parts.load("builders", name)(spec(shape, outputs), **knobs), spec(shape, outputs))


def test_the_sweep_covers_every_builder():
    assert set(parts.names("builders")) == set(SHAPES)


@pytest.mark.parametrize("name", SHAPES)
def test_every_builder_gives_features_for_the_head(name):
    model = whole(name, SHAPES[name])
    assert model.output_shape == (None, 10)
    assert np.isfinite(model(np.zeros((2, *SHAPES[name]), "float32")).numpy()).all()


@pytest.mark.parametrize("name", SHAPES)
def test_knobs_are_keyword_only_with_defaults(name):
    _, *knobs = inspect.signature(parts.load("builders", name)).parameters.values()
    assert all(k.kind is k.KEYWORD_ONLY and k.default is not k.empty for k in knobs)


@pytest.mark.parametrize(
    ("name", "shape", "outputs", "knobs", "parameters"),
    [
        ("mlp", (2,), 1, {"units": [3, 5, 4, 2]}, 66),  # O65, net 2-3-5-4-2-1
        ("lenet5", (32, 32, 3), 10, {"filters": [8, 16]}, 62_958),  # O78
        ("lenet5", (32, 32, 3), 10, {"filters": [6, 16]}, 62_006),  # O79
        ("lenet5", (32, 32, 1), 10, {}, 61_706),  # O80
        ("lenet5", (28, 28, 1), 10, {}, 61_706),  # padded to 32×32, as in the paper
        ("convnet", (8, 8, 3), 10, {"filters": [10]}, 280 + 110),  # O76, and the head on 10 channels
        ("linear", (64, 64, 3), 1, {}, 12_289),  # S2: 12,288 weights and a bias
    ],
)
def test_parameter_counts(name, shape, outputs, knobs, parameters):
    assert whole(name, shape, outputs, **knobs).count_params() == parameters


def test_lenet5_layer_by_layer():
    model = parts.load("builders", "lenet5")(spec((32, 32, 3)), filters=[8, 16])
    assert [model.get_layer(n).count_params() for n in ("conv1", "conv2", "dense1", "dense2")] == [
        608,
        3216,
        48120,
        10164,
    ]
    assert [tuple(model.get_layer(n).output.shape[1:]) for n in ("conv1", "pool1", "conv2", "pool2")] == [
        (28, 28, 8), (14, 14, 8), (10, 10, 16), (5, 5, 16),
    ]  # fmt: skip


@pytest.mark.parametrize(("activation", "variance"), [("relu", 2 / 400), ("tanh", 2 / (400 + 300))])
def test_initialisation_follows_the_activation(activation, variance):
    import keras

    keras.utils.set_random_seed(1)
    model = parts.load("builders", "mlp")(spec((400,)), units=[300], activation=activation)
    kernel = model.get_layer("dense1").kernel.numpy()
    assert kernel.mean() == pytest.approx(0, abs=1e-3)
    assert kernel.var() == pytest.approx(variance, rel=0.03)


def test_dropout_is_inverted_and_off_at_test():
    import keras

    keras.utils.set_random_seed(1)
    drop = whole("mlp", (5,), units=[50], dropout=0.2).get_layer("dense1_dropout")
    ones = np.ones((2000, 50), "float32")
    kept = drop(ones, training=True).numpy()
    assert set(np.unique(kept)) == {np.float32(0), np.float32(1.25)}  # divided by keep_prob 0.8
    assert (kept == 0).sum(axis=1).mean() == pytest.approx(10, abs=0.3)  # O60: 10 of 50 off on average
    np.testing.assert_array_equal(drop(ones, training=False).numpy(), ones)


def test_l2_adds_the_sum_of_squares_of_weights_without_biases():
    model = whole("mlp", (5,), units=[4], l2=0.1)
    kernel = model.get_layer("dense1").kernel.numpy()
    assert float(sum(model.losses)) == pytest.approx(0.1 * (kernel**2).sum(), rel=1e-5)


def test_batch_norm_takes_the_place_of_the_bias_before_the_activation():
    model = parts.load("builders", "mlp")(spec((5,)), units=[4], batch_norm=True)
    assert [layer.name for layer in model.layers[2:]] == ["dense1", "dense1_norm", "dense1_relu"]
    assert not model.get_layer("dense1").use_bias


@pytest.mark.parametrize(
    ("name", "shape", "knobs", "rule"),
    [
        ("lenet5", (8, 8, 1), {}, "28×28"),
        ("convnet", (5,), {}, "needs images"),
        ("convnet", (8, 8, 1), {"filters": [4, 4, 4, 4]}, "at least 16×16"),
        ("mlp", (5,), {"units": [0]}, "whole numbers"),
        ("mlp", (5,), {"units": [4, 4], "dropout": [0.1]}, "one dropout for each"),
        ("mlp", (5,), {"dropout": 1.0}, "from 0 to below 1"),
        ("mlp", (5,), {"initializer": "magic"}, "initializer is one of"),
    ],
)
def test_what_does_not_fit_is_refused(name, shape, knobs, rule):
    with pytest.raises(UserError, match=rule):
        parts.load("builders", name)(spec(shape), **knobs)
