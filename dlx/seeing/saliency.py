"""Which pixels an answer rests on: gradients averaged over noise (SmoothGrad), and the last feature map (Grad-CAM)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dlx.seeing.graph import Graph
from dlx.seeing.layers import COMPUTE

__all__ = ["Saliency", "saliency"]

#: noisy copies of an example, and their noise as a share of its range (Smilkov et al. 2017: 10 to 20 % work best)
SAMPLES, NOISE = 24, 0.15
#: numbers of raw input that go through the gradient at once
_AT_ONCE = 600_000


@dataclass(frozen=True)
class Saliency:
    """What one answer rests on.

    Attributes:
        gradient: (height, width, channels) mean gradient of the score with respect to the raw input.
        map: (rows, columns) Grad-CAM of the last feature map, at least 0; None where the model has none.
        scores: (outputs,) the model's scores for the example, before softmax or sigmoid.
    """

    gradient: np.ndarray
    map: np.ndarray | None
    scores: np.ndarray


def saliency(
    graph: Graph,
    images: np.ndarray,
    outputs: Sequence[int],
    *,
    signs: Sequence[float] | None = None,
    samples: int = SAMPLES,
    noise: float = NOISE,
    seed: int = 0,
    on_image: Callable[[int], None] | None = None,
) -> list[Saliency]:
    """SmoothGrad and Grad-CAM of some answers.

    SmoothGrad (Smilkov et al. 2017) is the gradient of a score with respect to the raw input, averaged over noisy
    copies; Grad-CAM (Selvaraju et al. 2017) is taken on the example itself.

    Args:
        graph: the flat model.
        images: (n, height, width, channels) raw inputs.
        outputs: of each image, which score.
        signs: of each, −1 where the answer is that this score is low (the other one of two classes).
        samples: noisy copies of each image.
        noise: standard deviation of the noise, as a share of the image's range.
        seed: of the noise; the same seed and image give the same picture.
        on_image: called after each image.
    """
    import tensorflow as tf

    scores, last = graph.scores(), _last_map(graph)
    gradient = _gradient(graph.model(scores))
    cam = None if last is None else _cam(graph.model([last, scores]))
    plain = graph.model(scores)
    found = []
    for image, output, sign in zip(images, outputs, signs or [1.0] * len(images), strict=True):
        raw = np.asarray(image, np.float32)[None]
        index, factor = tf.constant(int(output)), tf.constant(float(sign))
        drawn = np.random.default_rng(seed).normal(size=(samples, *raw.shape[1:])).astype(np.float32)
        copies = raw + drawn * np.float32(noise * (raw.max() - raw.min()))
        step = max(1, min(samples, _AT_ONCE // max(raw.size, 1)))
        total = sum(
            gradient(_packed(graph, copies[i : i + step]), index, factor).numpy().sum(0, dtype=np.float64)
            for i in range(0, samples, step)
        )
        seen = None if cam is None else cam(_packed(graph, raw), index, factor).numpy()
        said = np.asarray(plain(_packed(graph, raw), training=False))[0]
        found.append(Saliency(np.asarray(total) / samples, seen, np.ravel(said)))
        if on_image is not None:
            on_image(1)
    return found


def _packed(graph: Graph, images: np.ndarray) -> Any:
    import keras
    import tensorflow as tf

    return keras.tree.pack_sequence_as(graph.inputs, [tf.constant(images)])


def _last_map(graph: Graph) -> Any:
    """The last feature map with more than one position in it; the image, scaled or moved, is none."""
    steps = [step for step in graph.steps if len(step.output.shape) == 4 and step.top != "preprocess"]
    first = next((i for i, step in enumerate(steps) if type(step.layer).__name__ in COMPUTE), len(steps))
    maps = [step.output for step in steps[first:]]
    maps = [tensor for tensor in maps if all(side is None or side > 1 for side in tensor.shape[1:3])]
    return maps[-1] if maps else None


def _gradient(model: Any) -> Callable:
    import keras
    import tensorflow as tf

    @tf.function(reduce_retracing=True)
    def gradient(inputs, index, sign):
        pixels = keras.tree.flatten(inputs)[0]
        with tf.GradientTape() as tape:
            tape.watch(pixels)
            total = sign * tf.reduce_sum(_score(model(inputs, training=False), index))
        return tape.gradient(total, pixels, unconnected_gradients="zero")

    return gradient


def _cam(model: Any) -> Callable:
    import keras
    import tensorflow as tf

    @tf.function(reduce_retracing=True)
    def cam(inputs, index, sign):
        with tf.GradientTape() as tape:
            tape.watch(keras.tree.flatten(inputs)[0])  # so that all behind it is recorded, frozen layers too
            activations, scores = model(inputs, training=False)
            total = sign * tf.reduce_sum(_score(scores, index))
        gradient = tape.gradient(total, activations, unconnected_gradients="zero")
        weights = tf.reduce_mean(gradient, axis=(1, 2), keepdims=True)
        return tf.nn.relu(tf.reduce_sum(weights * activations, axis=-1))[0]

    return cam


def _score(scores, index):
    import tensorflow as tf

    flat = tf.reshape(scores, (tf.shape(scores)[0], -1))
    return tf.gather(flat, index, axis=1)
