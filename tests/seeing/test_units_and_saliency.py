"""A known filter finds the patch that it was made for; saliency of a linear model is its weights."""

from __future__ import annotations

import numpy as np
import pytest

from dlx.payloads import Arrays, TensorSpec

pytestmark = pytest.mark.tf

SIDE, N = 12, 30


def images(n: int = N) -> tuple[np.ndarray, list[tuple[int, int]]]:
    """Black images; image k has one white upright bar, ever brighter, whose left edge is at a place of its own."""
    rng = np.random.default_rng(0)
    made, places = np.zeros((n, SIDE, SIDE, 1), np.uint8), []
    for k in range(n):
        i, j = (int(v) for v in rng.integers(1, SIDE - 4, 2))
        made[k, i : i + 3, j : j + 2] = 100 + 5 * k
        places.append((i, j))
    return made, places


def payload(pixels: np.ndarray) -> Arrays:
    return Arrays({"image": pixels}, (TensorSpec("image", pixels.shape[1:], "uint8"),))


def edges():
    """Unit 0 answers to a dark-bright edge, unit 1 to its opposite, unit 2 to nothing at all."""
    import keras
    from keras import layers

    inputs = keras.Input((SIDE, SIDE, 1), dtype="uint8", name="image")
    conv = layers.Conv2D(3, 3, padding="same", activation="relu", name="edge")
    model = keras.Model(
        inputs, layers.GlobalMaxPooling2D(name="most")(conv(layers.Rescaling(1 / 256)(inputs)))
    )  # sums are exact
    kernel = np.zeros((3, 3, 1, 3), np.float32)
    kernel[:, 0, 0, 0], kernel[:, 1, 0, 0] = -1, 1
    kernel[:, 1, 0, 1], kernel[:, 2, 0, 1] = 1, -1
    conv.set_weights([kernel, np.array([0, 0, -1], np.float32)])
    return model


def looked(model, pixels, names, **settings):
    from dlx.seeing.graph import flatten
    from dlx.seeing.layers import chosen
    from dlx.seeing.units import strongest

    graph = flatten(model)
    layers = chosen(graph, names)
    return layers, strongest(graph, layers, payload(pixels), **settings)


@pytest.mark.parametrize("batch_size", [7, 64])
def test_an_edge_filter_finds_the_brightest_edges_where_they_are(batch_size):
    pixels, places = images()
    (layer,), (seen,) = looked(edges(), pixels, ["edge"], batch_size=batch_size)
    brightest = list(range(N - 1, N - 10, -1))
    for unit in (0, 1):
        assert seen.examples[:, unit].tolist() == brightest
        np.testing.assert_allclose(seen.values[:, unit], [3 * (100 + 5 * k) / 256 for k in brightest], rtol=1e-5)
    for k, place in zip(seen.examples[:, 0], seen.places[:, 0], strict=True):
        i, j = divmod(int(place), SIDE)
        top, left, bottom, right = layer.field.box(i, j, SIDE, SIDE)
        row, column = places[k]
        assert (top, left, bottom, right) == (row, column - 1, row + 3, column + 2)  # the edge in the middle
    assert seen.dead.tolist() == [False, False, True]
    assert (seen.active.tolist(), seen.n) == ([1, 1, 0], N)


def test_shares_and_spread_are_those_of_all_examples_at_once():
    """Half of the images are black: the units are silent on those. Deviation against NumPy's over all answers."""
    pixels, _ = images()
    pixels[::2] = 0
    _, (seen,) = looked(edges(), pixels, ["edge"], batch_size=4)
    answers = np.where(np.arange(N) % 2, 3 * (100 + 5 * np.arange(N)) / 256, 0)
    assert seen.active[0] == 0.5
    assert seen.deviation[0] == pytest.approx(answers.std())
    assert seen.spread[0] == pytest.approx(5 / SIDE**2 / 2)  # 3 rows full of the edge, and a part above and below


def test_with_fewer_examples_than_nine_the_rest_is_empty_and_dense_units_are_looked_at_too():
    pixels, _ = images(4)
    layers, (edge, most) = looked(edges(), pixels, ["edge", "most"], batch_size=64)
    assert np.isfinite(edge.values[:, 0]).sum() == 4
    assert (layers[1].pixels, layers[1].is_map) == (None, False)
    np.testing.assert_array_equal(edge.values, most.values)


def linear(weights: np.ndarray, activation: str | None):
    import keras
    from keras import layers

    inputs = keras.Input(weights.shape[:3], dtype="uint8", name="image")
    dense = layers.Dense(weights.shape[-1], activation=activation, name="logits")
    model = keras.Model(inputs, dense(layers.Flatten()(layers.Rescaling(1 / 255)(inputs))))
    dense.set_weights([weights.reshape(-1, weights.shape[-1]), np.zeros(weights.shape[-1], np.float32)])
    return model


@pytest.mark.parametrize("activation", [None, "softmax"])
def test_saliency_of_a_linear_model_is_its_weights(activation):
    from dlx.seeing.graph import flatten
    from dlx.seeing.saliency import saliency

    rng = np.random.default_rng(0)
    weights = rng.normal(size=(5, 4, 3, 2)).astype(np.float32)
    pixels = rng.integers(0, 256, (2, 5, 4, 3), np.uint8)
    first, second = saliency(flatten(linear(weights, activation)), pixels, [1, 0], signs=[1.0, -1.0])
    np.testing.assert_allclose(first.gradient, weights[..., 1] / 255, rtol=1e-4)
    np.testing.assert_allclose(second.gradient, -weights[..., 0] / 255, rtol=1e-4)
    assert first.map is None
    expected = (pixels[0].astype(float) / 255 * weights.transpose(3, 0, 1, 2)).sum((1, 2, 3))
    np.testing.assert_allclose(first.scores, expected, rtol=1e-4)


def test_smoothgrad_averages_over_noise_and_is_the_same_each_time():
    """Of x² the mean gradient over noise is 2x in expectation; one sample without noise gives it exactly."""
    import keras

    from dlx.seeing.graph import flatten
    from dlx.seeing.saliency import saliency

    inputs = keras.Input((6, 6, 1))
    graph = flatten(keras.Model(inputs, keras.layers.Flatten()(keras.ops.sum(inputs * inputs, axis=(1, 2)))))
    pixels = np.random.default_rng(1).uniform(size=(1, 6, 6, 1)).astype(np.float32)
    (exact,) = saliency(graph, pixels, [0], samples=1, noise=0.0)
    np.testing.assert_allclose(exact.gradient, 2 * pixels[0], rtol=1e-5)
    once, again = (saliency(graph, pixels, [0], samples=400)[0].gradient for _ in range(2))
    np.testing.assert_array_equal(once, again)
    noise = 0.15 * float(pixels.max() - pixels.min())
    assert np.abs(once - 2 * pixels[0]).max() < 5 * 2 * noise / np.sqrt(400)
    assert not np.array_equal(once, exact.gradient)


def test_grad_cam_is_the_weighted_sum_of_the_last_map():
    """Score = Σ over positions of w·A: the weights of Grad-CAM are w, its map relu(Σ w·A); frozen layers as well."""
    import keras
    from keras import layers

    from dlx.seeing.graph import flatten
    from dlx.seeing.saliency import saliency

    inputs = keras.Input((8, 8, 1))
    conv, head = layers.Conv2D(2, 1, use_bias=False), layers.Dense(1, use_bias=False)
    model = keras.Model(inputs, head(keras.ops.sum(conv(inputs), axis=(1, 2))))
    conv.set_weights([np.array([[[[1.0, -1.0]]]], np.float32)])
    head.set_weights([np.array([[2.0], [-0.5]], np.float32)])
    model.trainable = False
    pixels = np.random.default_rng(2).normal(size=(1, 8, 8, 1)).astype(np.float32)
    (seen,) = saliency(flatten(model), pixels, [0])
    np.testing.assert_allclose(seen.map, np.maximum(2.5 * pixels[0, ..., 0], 0), rtol=1e-5, atol=1e-6)
