"""Flat graphs of nested models, and the names that layers go by in them."""

from __future__ import annotations

import numpy as np
import pytest

from dlx.errors import UserError

pytestmark = pytest.mark.tf


def block(keras, name: str):
    from keras import layers

    inputs = keras.Input((10, 10, 2))
    x = layers.Conv2D(3, 3, padding="same", name="conv")(inputs)
    x = layers.ReLU(name="relu")(layers.BatchNormalization(name="norm")(x))
    return keras.Model(inputs, x, name=name)


def nested(keras):
    """uint8 in, a preprocessing model, twins with equal names inside, a sum of them, and a softmax."""
    from keras import layers

    inputs = keras.Input((10, 10, 3), dtype="uint8", name="image")
    before = keras.Sequential([keras.Input((10, 10, 3), dtype="uint8"), layers.Rescaling(1 / 255)], name="preprocess")
    x = layers.Conv2D(2, 1, name="first")(before(inputs))
    x = layers.MaxPooling2D(name="half")(block(keras, "left")(x) + block(keras, "right")(x))
    x = layers.Conv2D(4, 3, name="second")(x)
    x = layers.Dense(5, name="logits")(layers.Flatten(name="flat")(x))
    return keras.Model({"image": inputs}, layers.Activation("softmax", name="probability")(x))


@pytest.fixture(scope="module")
def graph():
    import keras

    from dlx.seeing.graph import flatten

    keras.utils.set_random_seed(0)
    return flatten(nested(keras))


def test_the_flat_graph_answers_as_the_model_does(graph):
    import keras

    keras.utils.set_random_seed(0)
    whole = nested(keras)
    pixels = np.random.default_rng(0).integers(0, 256, (4, 10, 10, 3), np.uint8)
    flat = graph.model(graph.output)({"image": pixels.astype("float32")}, training=False)
    np.testing.assert_allclose(flat, whole({"image": pixels}, training=False), rtol=1e-5)
    scores = graph.model(graph.scores())({"image": pixels.astype("float32")}, training=False)
    np.testing.assert_allclose(keras.ops.softmax(scores), flat, rtol=1e-5)


def test_layers_inside_nested_models_have_the_shortest_name_that_is_theirs_alone(graph):
    from dlx.seeing.layers import layers

    found = {layer.name: layer for layer in layers(graph)}
    assert list(found) == ["first", "left/conv", "right/conv", "second", "logits"]
    assert found["left/conv"].read_at == "left/relu"
    assert found["first"].read_at == "first"  # two take it: no activation is its own
    assert found["logits"].read_at == "logits"  # a softmax tells how all of its units compare
    assert [name for name, layer in found.items() if layer.last] == ["right/conv", "second"]
    assert found["second"].to_dict() == {
        "name": "second", "kind": "Conv2D 3×3", "read_at": "second", "shape": [3, 3, 4], "units": 4, "field": [8, 8],
        "stride": [2.0, 2.0], "gated": False, "last_of_its_resolution": True,
    }  # fmt: skip


def test_default_is_the_last_convolution_of_each_resolution_and_any_layer_can_be_named(graph):
    from dlx.seeing.layers import chosen

    assert [layer.name for layer in chosen(graph, ["default"])] == ["right/conv", "second"]
    assert [(one.name, one.units, one.pixels) for one in chosen(graph, ["half"])] == [("half", 3, (4, 4))]


@pytest.mark.parametrize(
    ("name", "said"),
    [("secnd", "Did you mean 'second'?"), ("conv", "left/conv, right/conv"), ("xyz", "first"),
     ("rescaling", "first")],  # preprocessing has no units
)  # fmt: skip
def test_no_such_layer(graph, name, said):
    from dlx.seeing.layers import chosen

    with pytest.raises(UserError, match=said):
        chosen(graph, [name])


def test_models_that_are_no_graph_or_have_several_inputs_are_refused():
    import keras

    from dlx.seeing.graph import flatten

    class Own(keras.Model):
        def call(self, x):
            return x

    with pytest.raises(UserError, match="only a graph of layers"):
        flatten(Own())
    a, b = keras.Input((4, 4, 1), name="a"), keras.Input((4, 4, 1), name="b")
    with pytest.raises(UserError, match="several inputs"):
        flatten(keras.Model([a, b], a + b))
