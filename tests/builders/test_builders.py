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
SHAPES = {
    "alexnet": (67, 67, 3),
    "conv1d": (14, 1),
    "conv3d": (14, 14, 14, 1),
    "convnet": (8, 8, 1),
    "inception": (8, 8, 3),
    "lenet5": (28, 28, 1),
    "linear": (5,),
    "mlp": (5,),
    "nin": (8, 8, 3),
    "resnet": (8, 8, 3),
    "separable": (8, 8, 3),
    "efficientnet": (32, 32, 1),
    "inception_v3": (75, 75, 3),
    "mobilenet": (32, 32, 1),
    "mobilenet_v2": (32, 32, 3),
    "mobilenet_v3": (32, 32, 3),
    "resnet50": (32, 32, 3),
    "resnet101": (32, 32, 3),
    "resnet152": (32, 32, 3),
    "vgg16": (32, 32, 1),
    "vgg19": (32, 32, 3),
}
#: knobs that make a builder small enough for a quick test
SMALL = {
    "alexnet": {"width": 0.05, "units": [8]},
    "nin": {"filters": [[8, 4], [8, 4]], "kernel_size": 3},
    "vgg16": {"units": []},
    "vgg19": {"units": [8]},
}


@pytest.fixture(autouse=True)
def _let_go_of_models():
    """Hundreds of millions of weights would stay for the rest of the run."""
    yield
    import keras

    keras.backend.clear_session()


def spec(shape, outputs=10) -> ModelSpec:
    return ModelSpec((TensorSpec("features", shape),), (TensorSpec("logits", (outputs,)),))


def whole(name, shape, outputs=10, **knobs):
    from dlx.builders._layers import head

    return head(parts.load("builders", name)(spec(shape, outputs), **knobs), spec(shape, outputs))


def test_the_sweep_covers_every_builder():
    assert set(parts.names("builders")) == set(SHAPES)


@pytest.mark.parametrize("name", SHAPES)
def test_every_builder_gives_features_for_the_head(name):
    model = whole(name, SHAPES[name], **SMALL.get(name, {}))
    assert model.output_shape == (None, 10)
    assert np.isfinite(model(np.zeros((2, *SHAPES[name]), "float32")).numpy()).all()


@pytest.mark.parametrize("name", SHAPES)
def test_knobs_are_keyword_only_with_defaults(name):
    _, *knobs = inspect.signature(parts.load("builders", name)).parameters.values()
    assert all(k.kind is k.KEYWORD_ONLY and k.default is not k.empty for k in knobs)


@pytest.fixture
def _not_random(monkeypatch):
    """Weights that are only counted are 0: drawing 138 million of them takes seconds."""
    import keras

    scaling = keras.initializers.VarianceScaling
    monkeypatch.setattr(scaling, "__call__", lambda self, shape, dtype=None: keras.ops.zeros(shape, dtype or "float32"))


@pytest.mark.usefixtures("_not_random")
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
        ("alexnet", (227, 227, 3), 1000, {}, 62_378_344),  # the paper's 60 million, without its two groups
        ("nin", (32, 32, 3), 10, {}, 966_986),  # the authors' network for CIFAR-10
        # the published networks for 1,000 classes, as the Keras documentation counts them
        ("vgg16", (224, 224, 3), 1000, {}, 138_357_544),  # O82
        pytest.param("vgg19", (224, 224, 3), 1000, {}, 143_667_240, marks=pytest.mark.slow),
        ("resnet50", (224, 224, 3), 1000, {}, 25_636_712),
        pytest.param("resnet101", (224, 224, 3), 1000, {}, 44_707_176, marks=pytest.mark.slow),
        pytest.param("resnet152", (224, 224, 3), 1000, {}, 60_419_944, marks=pytest.mark.slow),
        pytest.param("inception_v3", (299, 299, 3), 1000, {}, 23_851_784, marks=pytest.mark.slow),
        ("mobilenet", (224, 224, 3), 1000, {}, 4_253_864),
        ("mobilenet_v2", (224, 224, 3), 1000, {}, 3_538_984),
        ("mobilenet_v3", (224, 224, 3), 1000, {"size": "large"}, 5_507_432),
        ("efficientnet", (224, 224, 3), 1000, {}, 5_330_571),
        ("conv1d", (14, 1), 1, {}, 16 * 5 + 16 + 32 * 5 * 16 + 32 + 33),  # S94
        ("conv3d", (14, 14, 14, 1), 1, {}, 16 * 125 + 16 + 32 * 125 * 16 + 32 + 33),  # S95
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
        ("vgg16", (31, 32, 3), {}, "needs at least 32×32"),
        ("inception_v3", (74, 80, 3), {}, "needs at least 75×75"),
        ("efficientnet", (32, 32, 3), {"scale": 8}, "from 0 to 7"),
        ("mobilenet", (32, 32, 3), {"alpha": 0}, "above 0"),
        ("mobilenet_v3", (32, 32, 3), {"size": "medium"}, "small"),
        ("resnet", (32, 32, 3), {"blocks": [2], "filters": [8, 16]}, "for each stage"),
        ("resnet", (32, 32, 3), {"shortcut": "none"}, "padding"),
        ("inception", (32, 32, 3), {"modules": [[1, 2, 3]]}, "six numbers"),
        ("nin", (32, 32, 3), {"kernel_size": [3] * 2}, "one kernel_size"),
        ("conv1d", (32, 3), {"padding": "full"}, "valid"),
        ("conv3d", (32, 32, 3), {}, "depth"),
    ],
)
def test_what_does_not_fit_is_refused(name, shape, knobs, rule):
    with pytest.raises(UserError, match=rule):
        parts.load("builders", name)(spec(shape), **knobs)


def shapes(model, *layers):
    return [tuple(model.get_layer(name).output.shape[1:]) for name in layers]


def test_alexnet_layer_by_layer():
    model = parts.load("builders", "alexnet")(spec((227, 227, 3)))
    assert shapes(model, "conv1", "pool1", "conv2", "pool2", "conv3", "conv5", "pool5", "flat") == [
        (55, 55, 96), (27, 27, 96), (27, 27, 256), (13, 13, 256), (13, 13, 384), (13, 13, 256), (6, 6, 256), (9216,),
    ]  # fmt: skip


def test_series_and_volumes_shrink_as_in_the_notes():
    series = parts.load("builders", "conv1d")(spec((14, 1)))
    assert shapes(series, "conv1", "conv2") == [(10, 16), (6, 32)]
    scans = parts.load("builders", "conv3d")(spec((14, 14, 14, 1)))
    assert shapes(scans, "conv1", "conv2") == [(10, 10, 10, 16), (6, 6, 6, 32)]


def test_the_inception_module_of_the_notes():
    knobs = {"stem": [], "modules": [[64, 96, 128, 16, 32, 32]], "batch_norm": False}
    model = parts.load("builders", "inception")(spec((28, 28, 192)), **knobs)
    assert shapes(model, "inception1_5x5_reduce", "inception1") == [(28, 28, 16), (28, 28, 256)]  # O84
    assert model.count_params() == 163_696  # inception (3a): 12,352 + 18,528 + 110,720 + 3,088 + 12,832 + 6,176


def test_resnet_20_has_the_papers_size():
    model = whole("resnet", (32, 32, 3), shortcut="padding")
    # 3x3 weights and the head; two numbers for each batch-normalised channel; the paper says 0.27 million
    kernels = 3 * 9 * 16 + 6 * 9 * 16**2 + (9 * 16 * 32 + 5 * 9 * 32**2) + (9 * 32 * 64 + 5 * 9 * 64**2)
    assert sum(int(np.prod(w.shape)) for w in model.trainable_weights) == kernels + 650 + 2 * (7 * 16 + 6 * 32 + 6 * 64)
    assert shapes(model, "stage1_block3_out", "stage2_block1_out", "stage3_block3_out") == [
        (32, 32, 16), (16, 16, 32), (8, 8, 64),
    ]  # fmt: skip


@pytest.mark.parametrize("bottleneck", [False, True])
@pytest.mark.parametrize("shortcut", ["convolution", "padding"])
def test_a_residual_block_with_zero_weights_is_the_identity(bottleneck, shortcut):
    knobs = {"filters": [4, 8], "blocks": [2, 1], "bottleneck": bottleneck, "shortcut": shortcut, "batch_norm": False}
    import keras

    model = parts.load("builders", "resnet")(spec((8, 8, 3)), **knobs)
    before, after = model.get_layer("stage1_block1_out").output, model.get_layer("stage1_block2_out").output
    for layer in model.layers:
        if layer.name.startswith("stage1_block2_conv"):
            layer.set_weights([np.zeros_like(w) for w in layer.get_weights()])
    x = np.random.default_rng(0).normal(size=(2, 8, 8, 3)).astype("float32")
    a, b = keras.Model(model.input, [before, after])(x)
    assert np.abs(a).max() > 0
    np.testing.assert_array_equal(a, b)  # O87


def test_the_padded_shortcut_skips_pixels_and_adds_channels_of_zero():
    import keras

    from dlx.builders._residual import _padded

    x = np.random.default_rng(0).normal(size=(1, 5, 4, 2)).astype("float32")
    given = keras.Input((5, 4, 2))
    wide = keras.Model(given, _padded(given, 2, 5, "s"))(x).numpy()
    assert wide.shape == (1, 3, 2, 5)
    np.testing.assert_array_equal(wide[..., :2], x[:, ::2, ::2])
    assert not wide[..., 2:].any()


def test_a_separable_convolution_costs_one_by_n_plus_one_by_f_squared():
    model = parts.load("builders", "separable")(spec((8, 8, 3)), filters=[16, 32], batch_norm=False)
    kernels = [model.get_layer(name).get_weights()[0].size for name in ("depthwise2", "pointwise2")]
    plain = 3 * 3 * 16 * 32
    assert sum(kernels) / plain == pytest.approx(1 / 32 + 1 / 9)


@pytest.mark.parametrize(
    ("name", "good", "bad", "knobs"),
    [
        ("alexnet", (67, 67, 3), (66, 67, 3), SMALL["alexnet"]),
        ("conv1d", (9, 1), (8, 1), {}),
        ("conv1d", (16, 1), (15, 1), {"pool": 2}),  # 16 → 12 → 6 → 2 → 1
        ("inception", (4, 4, 3), (3, 4, 3), {}),
        ("nin", (2, 2, 3), (1, 2, 3), SMALL["nin"]),
        ("resnet", (4, 4, 3), (3, 4, 3), {}),
        ("mobilenet", (32, 32, 3), (31, 32, 3), {"alpha": 0.25}),
        ("mobilenet_v3", (32, 32, 3), (32, 31, 3), {"alpha": 0.75}),
    ],
)
def test_the_smallest_input_is_said_and_works(name, good, bad, knobs):
    assert whole(name, good, **knobs).output_shape == (None, 10)
    with pytest.raises(UserError, match=f"needs at least {good[0]}"):
        parts.load("builders", name)(spec(bad), **knobs)


def test_vgg_16_layer_by_layer():
    model = parts.load("builders", "vgg16")(spec((224, 224, 3)), units=[])
    assert shapes(model, *(f"block{i}_conv1" for i in range(1, 6)), "block5_pool") == [
        (224, 224, 64), (112, 112, 128), (56, 56, 256), (28, 28, 512), (14, 14, 512), (7, 7, 512),
    ]  # fmt: skip


def test_efficientnet_sees_inputs_as_they_are():
    import keras

    model = parts.load("builders", "efficientnet")(spec((32, 32, 3)))
    x = np.random.default_rng(0).normal(size=(2, 32, 32, 3)).astype("float32")
    [normalised] = [layer for layer in model.layers if isinstance(layer, keras.layers.Normalization)]
    inside = keras.Model(model.input, normalised.output)(x)
    np.testing.assert_allclose(inside, x, atol=1e-4)
