"""Receptive fields: worked by hand and from papers, and against the gradient of the network itself."""

from __future__ import annotations

import numpy as np
import pytest

from dlx.seeing.fields import Axis

pytestmark = pytest.mark.tf


def net(shape, *layers):
    import keras

    return keras.Sequential([keras.Input(shape), *layers])


def sees(model) -> dict[str, tuple[int, int] | None]:
    """Layer → rows and columns of its field; None for the whole image."""
    from dlx.seeing.fields import fields
    from dlx.seeing.graph import flatten

    graph = flatten(model)
    known, (height, width) = fields(graph), graph.image.shape[1:3]
    return {step.name: known[id(step.output)].size(height, width) for step in graph.steps}


def test_two_windows_by_hand():
    """A 3-window with stride 2 behind a 5-window: 5 + 2·1 = 7 pixels, jump 2; position 3 begins at pixel 6."""
    axis = Axis(0, 1.0, 0.0, 1.0).window(5).window(3, stride=2)
    assert (axis.size, axis.jump, axis.seen(3)) == (7, 2, (6, 13))
    dilated = Axis(0, 1.0, 0.0, 1.0).window(3, dilation=4, before=4)
    assert dilated.seen(0) == (-4, 5)


def test_lenet_5():
    """LeCun et al. 1998: C1 5×5, S2 6×6, C3 14×14, S4 16×16."""
    from keras import layers

    made = net(
        (32, 32, 1), layers.Conv2D(6, 5, name="c1"), layers.AveragePooling2D(2, name="s2"),
        layers.Conv2D(16, 5, name="c3"), layers.AveragePooling2D(2, name="s4"), layers.Flatten(name="flat"),
        layers.Dense(3, name="f6"),
    )  # fmt: skip
    assert sees(made) == {"c1": (5, 5), "s2": (6, 6), "c3": (14, 14), "s4": (16, 16), "flat": None, "f6": None}


def test_vgg_16():
    """Known of VGG-16: conv1_2 5, pool1 6, conv2_2 14, pool2 16, conv3_3 40, conv4_3 92, conv5_3 196, pool5 212."""
    import keras

    made = sees(keras.applications.VGG16(weights=None, include_top=False, input_shape=(224, 224, 3)))
    names = ["block1_conv2", "block1_pool", "block2_conv2", "block2_pool", "block3_conv3", "block4_conv3"]
    names += ["block5_conv3", "block5_pool"]
    assert [made[name][0] for name in names] == [5, 6, 14, 16, 40, 92, 196, 212]


@pytest.mark.parametrize(("name", "size"), [("MobileNet", 315), ("ResNet50", 483)])
def test_last_maps_of_published_networks(name, size):
    """Araujo, Norris and Sim (2019), table of modern networks."""
    import keras

    from dlx.seeing.fields import fields
    from dlx.seeing.graph import flatten

    graph = flatten(getattr(keras.applications, name)(weights=None, include_top=False, input_shape=(224, 224, 3)))
    assert fields(graph)[id(graph.output)].rows.size == size


def branching(keras):
    """Residual sums, depthwise and dilated windows, uneven padding, a gate, transposed and resized maps."""
    from keras import layers

    inputs = keras.Input((41, 37, 3))
    x = layers.ZeroPadding2D(((2, 1), (0, 3)), name="padded")(inputs)
    x = layers.Conv2D(4, (3, 5), strides=2, padding="same", activation="tanh", name="stem")(x)
    y = layers.DepthwiseConv2D(3, padding="same", dilation_rate=2, name="wide")(x)
    y = layers.BatchNormalization(name="norm")(layers.Conv2D(4, 1, name="point")(y))
    x = layers.Add(name="sum")([x, y])
    pooled = layers.MaxPooling2D(3, 2, padding="same", name="pooled")(x)
    back = layers.UpSampling2D(2, interpolation="bilinear", name="back")(pooled)
    x = layers.Cropping2D(((1, 0), (0, 1)), name="cropped")(back)
    turned = layers.Permute((1, 3, 2), name="turned")(x)
    x = layers.Permute((1, 3, 2), name="turned_back")(turned)
    x = layers.Conv2DTranspose(3, 4, 2, padding="same", name="spread")(x)
    small = layers.Resizing(9, 8, name="small")(x)
    return keras.Model(inputs, layers.SeparableConv2D(2, 3, name="last")(small))


@pytest.mark.parametrize("name", ["stem", "wide", "sum", "pooled", "back", "cropped", "turned_back", "spread", "small",
                                  "last"])  # fmt: skip
def test_nothing_outside_the_field_moves_a_unit_and_its_edges_do(name):
    """The gradient of one position with respect to the input is 0 outside; in the exact layers its edges are not."""
    import keras
    import tensorflow as tf

    from dlx.seeing.fields import fields
    from dlx.seeing.graph import flatten

    keras.utils.set_random_seed(1)
    graph = flatten(branching(keras))
    step = next(step for step in graph.steps if step.name == name)
    field, part = fields(graph)[id(step.output)], graph.model(step.output)
    pixels = tf.constant(np.random.default_rng(0).normal(size=(1, 41, 37, 3)), tf.float32)
    rows, columns = step.output.shape[1:3]
    for i, j in [(0, 0), (rows // 2, columns // 2), (rows - 1, columns - 1)]:
        with tf.GradientTape() as tape:
            tape.watch(pixels)
            value = tf.reduce_sum(part(pixels, training=False)[0, i, j])
        moved = np.abs(tape.gradient(value, pixels)[0].numpy()).sum(-1) > 0
        top, left, bottom, right = field.box(i, j, 41, 37)
        inside = np.zeros_like(moved)
        inside[top:bottom, left:right] = True
        assert not (moved & ~inside).any()
        if (
            name in ("stem", "wide", "sum") and inside.any()
        ):  # of a maximum one pixel moves it, of a bilinear map perhaps three
            assert moved[top, left:right].any()
            assert moved[bottom - 1, left:right].any()
            assert moved[top:bottom, left].any()
            assert moved[top:bottom, right - 1].any()


def test_a_gate_scales_a_map_without_widening_its_field():
    import keras
    from keras import layers

    from dlx.seeing.fields import fields
    from dlx.seeing.graph import flatten

    inputs = keras.Input((16, 16, 3))
    x = layers.Conv2D(4, 3, name="conv")(inputs)
    gate = layers.Dense(4, activation="sigmoid")(layers.GlobalAveragePooling2D(keepdims=True)(x))
    graph = flatten(keras.Model(inputs, layers.Multiply(name="gated")([x, gate])))
    known = {step.name: fields(graph)[id(step.output)] for step in graph.steps}
    assert known["gated"].size(16, 16) == (3, 3)
    assert (known["conv"].gated, known["gated"].gated) == (False, True)


def test_what_no_rule_is_known_for_sees_the_whole_image():
    import keras
    from keras import layers

    inputs = keras.Input((8, 8, 3))
    x = layers.Reshape((4, 16, 3), name="other")(inputs)
    x = layers.Conv2D(2, 3, name="after")(x)
    assert sees(keras.Model(inputs, x)) == {"other": None, "after": None}
