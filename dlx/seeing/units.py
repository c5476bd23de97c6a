"""The examples that excite each unit most, found in one pass; memory does not grow with the number of examples.

Zeiler and Fergus (2014), "Visualizing and understanding convolutional networks", show the nine strongest.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dlx.seeing.graph import Graph
from dlx.seeing.layers import Layer

if TYPE_CHECKING:
    from dlx.payloads import Payload

__all__ = ["Strongest", "strongest"]

MOST = 9


@dataclass(frozen=True)
class Strongest:
    """What was seen of one layer. A unit's answer to an example is its largest activation at any position.

    Attributes:
        values: (k, units) the largest answers, each of another example; −inf where there are fewer.
        examples: (k, units) positions of those examples in the payload.
        places: (k, units) where in the feature map, counted along its rows.
        active: (units,) share of examples to which the unit answers above 0.
        spread: (units,) share of all positions at which it answers above 0, in all examples together.
        deviation: (units,) standard deviation of its answers.
        dead: (units,) True where it answers the same to every example.
        n: examples seen.
    """

    values: np.ndarray
    examples: np.ndarray
    places: np.ndarray
    active: np.ndarray
    spread: np.ndarray
    deviation: np.ndarray
    dead: np.ndarray
    n: int


class _Running:
    """The strongest answers so far, and what mean, spread and shares need."""

    def __init__(self, units: int, k: int):
        self.values = np.full((k, units), -np.inf, np.float32)
        self.examples = np.zeros((k, units), np.int64)
        self.places = np.zeros((k, units), np.int64)
        self.low, self.high = np.full(units, np.inf), np.full(units, -np.inf)
        self.active, self.spread = np.zeros(units), np.zeros(units)
        self.mean, self.squares = np.zeros(units), np.zeros(units)
        self.n = 0

    def add(self, values: np.ndarray, places: np.ndarray, spread: np.ndarray) -> None:
        """One batch: (b, units) answers, where they were, and at which share of positions they are above 0."""
        b, k = len(values), len(self.values)
        examples = np.broadcast_to(np.arange(self.n, self.n + b)[:, None], values.shape)
        pools = (self.values, values), (self.examples, examples), (self.places, places)
        joined = [np.concatenate(pool) for pool in pools]
        best = np.argsort(-joined[0], axis=0, kind="stable")[:k]  # of equals the first stays
        self.values, self.examples, self.places = (np.take_along_axis(pool, best, axis=0) for pool in joined)
        self.low, self.high = np.minimum(self.low, values.min(0)), np.maximum(self.high, values.max(0))
        self.active += (values > 0).sum(0)
        self.spread += spread.sum(0, dtype=np.float64)
        # mean and sum of squared deviations of two parts (Chan, Golub and LeVeque 1983)
        exact = values.astype(np.float64)
        mean, n = exact.mean(0), self.n + b
        self.squares += ((exact - mean) ** 2).sum(0) + (mean - self.mean) ** 2 * self.n * b / n
        self.mean += (mean - self.mean) * b / n
        self.n = n

    def result(self) -> Strongest:
        n = max(self.n, 1)
        deviation = np.sqrt(self.squares / n)
        dead = self.low == self.high
        shares = self.active / n, self.spread / n
        return Strongest(self.values, self.examples, self.places, *shares, deviation, dead, self.n)


def strongest(
    graph: Graph,
    layers: Sequence[Layer],
    payload: Payload,
    *,
    batch_size: int,
    k: int = MOST,
    on_batch: Callable[[int], None] | None = None,
) -> list[Strongest]:
    """One pass over the payload for all layers; activations of one batch at a time are held.

    Args:
        graph: the flat model.
        layers: of that graph.
        payload: raw inputs.
        batch_size: examples at a time.
        k: how many of the strongest are kept.
        on_batch: called with the examples of each batch that is done.
    """
    import keras
    import tensorflow as tf

    from dlx.training.batches import inputs_only

    model = graph.model([layer.tensor for layer in layers])

    @tf.function(reduce_retracing=True, autograph=False)
    def answers(inputs):
        found = []
        for tensor in keras.tree.flatten(model(inputs, training=False)):
            flat = tf.reshape(tf.cast(tensor, tf.float32), (tf.shape(tensor)[0], -1, tensor.shape[-1]))
            spread = tf.reduce_mean(tf.cast(flat > 0, tf.float32), axis=1)
            found.append((tf.reduce_max(flat, axis=1), tf.argmax(flat, axis=1), spread))
        return found

    running = [_Running(layer.units, k) for layer in layers]
    for (inputs,) in inputs_only(payload, batch_size):
        given = keras.tree.pack_sequence_as(graph.inputs, [tf.cast(next(iter(inputs.values())), "float32")])
        batch = answers(given)
        for one, (values, places, spread) in zip(running, batch, strict=True):
            one.add(np.nan_to_num(values.numpy(), nan=-np.inf), places.numpy(), spread.numpy())
        if on_batch is not None:
            on_batch(len(batch[0][0]))
    return [one.result() for one in running]
