"""Batches for Keras: the order of an epoch is a function of (seed, epoch), so that a resumed run sees the same."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from dlx.memory import fits_in_memory
from dlx.payloads import Payload, is_mapped

if TYPE_CHECKING:
    import tensorflow as tf

__all__ = ["batches", "inputs_only", "scoring_batch", "shuffled"]

#: numbers in one example up to which it is small
SMALL = 10_000
#: bytes that batches may take while they are augmented
AUGMENTING = 1 << 30


def batches(
    payload: Payload,
    y: np.ndarray,
    weight: np.ndarray,
    *,
    batch_size: int,
    training: bool,
    seed: int = 0,
    epoch: int | tf.Variable = 0,
    augment: Callable | None = None,
) -> tf.data.Dataset:
    """One epoch of ``(inputs by name, y, weight)``; the last batch may be short.

    Whole batches are gathered by index from tensors, which is two to four times as fast as drawing single examples
    (and as Keras' own NumPy adapter); a payload that is mapped from disk or too large for memory is read batch by
    batch in threads.

    Args:
        payload: raw inputs.
        y: (n,) or (n, outputs).
        weight: (n,).
        batch_size: examples per batch.
        training: shuffle, by (seed, epoch).
        seed: of the order.
        epoch: its number; a variable is read anew at each pass.
        augment: changes the inputs of training batches: (inputs, seed, epoch, batch number) → inputs.
    """
    import tensorflow as tf

    n = len(payload)

    def order(_):
        index = tf.range(n, dtype=tf.int64)
        if training:
            index = shuffled(index, seed, epoch)
        batched = tf.data.Dataset.from_tensor_slices(index).batch(batch_size)
        if augment is None:
            return batched
        now = tf.cast(epoch, tf.int64)  # read here, once a pass: batches are made ahead
        return batched.enumerate().map(lambda batch, index: (index, now, batch))

    with tf.device("cpu:0"):
        labels, weights = tf.constant(y), tf.constant(weight)
        inputs, at_once = _reader(payload)

        def gather(index):
            return inputs(index), tf.gather(labels, index), tf.gather(weights, index)

        def changed(index, now, batch):
            raw, *others = gather(index)
            return augment(raw, seed, now, batch), *others

        read = gather
        if augment is not None:
            read, at_once = changed, _augmented_at_once(payload, batch_size)
        flow = tf.data.Dataset.range(1).flat_map(order).map(read, num_parallel_calls=at_once, deterministic=True)
        flow = flow.apply(tf.data.experimental.assert_cardinality(-(-n // batch_size)))
        return flow.prefetch(tf.data.AUTOTUNE)


def shuffled(index: tf.Tensor, seed: int, epoch: int | tf.Variable) -> tf.Tensor:
    """The examples' positions in the order of an epoch."""
    import tensorflow as tf

    key = tf.stack([tf.cast(seed, tf.int64), tf.cast(epoch, tf.int64)])
    return tf.random.experimental.stateless_shuffle(index, seed=key)


def inputs_only(payload: Payload, batch_size: int) -> tf.data.Dataset:
    """Batches of ``(inputs by name,)`` in the payload's own order, for prediction."""
    import tensorflow as tf

    with tf.device("cpu:0"):
        inputs, at_once = _reader(payload)
        index = tf.data.Dataset.range(len(payload)).batch(batch_size)
        return index.map(lambda i: (inputs(i),), num_parallel_calls=at_once, deterministic=True).prefetch(2)


def scoring_batch(payload: Payload, batch_size: int, *, small: int = 256) -> int:
    """Examples per batch where nothing is learned.

    Small examples go in larger batches, which is quicker; large ones keep the batch size, since that is what a user
    whose memory ran out has turned down.
    """
    numbers = sum(math.prod(side or 1 for side in spec.shape) for spec in payload.inputs)
    return max(small, batch_size) if numbers <= SMALL else batch_size


def _reader(payload: Payload) -> tuple[Callable, int]:
    """A function from a tensor of positions to the inputs there, and how many calls of it go on at the same time."""
    import tensorflow as tf

    # what is mapped stays so: the system already holds it in memory as far as there is room, and can let go of it
    if not is_mapped(payload) and fits_in_memory(payload.nbytes()):
        held = {name: _tensor(values) for name, values in payload.take(np.arange(len(payload))).items()}
        return (lambda index: {name: tf.gather(tensor, index) for name, tensor in held.items()}), 2
    specs = payload.inputs
    dtypes = [tf.as_dtype(spec.dtype) for spec in specs]

    def read(index):
        taken = payload.take(index)
        return [_plain(taken[spec.name]) for spec in specs]

    def lazy(index):
        values = tf.numpy_function(read, [index], dtypes)
        return {s.name: tf.ensure_shape(v, (None, *s.shape)) for s, v in zip(specs, values, strict=True)}

    # one call decodes or copies in one thread; batches that wait take memory, hence not without end
    return lazy, _threads()


def _augmented_at_once(payload: Payload, batch_size: int) -> int:
    """Batches that are augmented at the same time: as float32 in several copies they may take a gigabyte together."""
    numbers = sum(math.prod(side or 1 for side in spec.shape) for spec in payload.inputs)
    return max(1, min(_threads(), AUGMENTING // max(batch_size * numbers * 4 * 4, 1)))


def _threads() -> int:
    return min(max(2, os.cpu_count() or 2), 16)


def _plain(values: np.ndarray) -> np.ndarray:
    return values.astype(str).astype(bytes) if values.dtype == object else values


def _tensor(values: np.ndarray):
    import tensorflow as tf

    return tf.constant(values.astype(str) if values.dtype == object else values)
