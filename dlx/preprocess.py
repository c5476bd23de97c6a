"""Raw inputs to features, inside the model: imputation, categories and normalisation fitted on train only.

What is fitted here is saved in the Keras model, so that an exported model takes raw inputs and there is no
train/serve skew. Only Keras' own layers are used: the file loads anywhere, with ``safe_mode=True``.
"""

from __future__ import annotations

import collections
import math
from typing import TYPE_CHECKING

import numpy as np

from dlx.payloads import Payload, TensorSpec

if TYPE_CHECKING:
    import keras

__all__ = ["fit"]

#: statistics of very large train sets come from this many examples, spread evenly
SAMPLE = 20_000
#: … or fewer, where examples are large: what they take as float64 (their mean and variance need no more)
SAMPLE_BYTES = 1 << 29
#: but never fewer than this, if there are as many
LEAST = 500
#: categories of one column beyond the most frequent are "unknown"
MOST_CATEGORIES = 100


def fit(train: Payload, normalize: str) -> tuple[keras.Model, tuple[TensorSpec, ...]]:
    """Fit on the train payload.

    Args:
        train: raw inputs of the train split.
        normalize: ``standardize`` (subtract μ, divide by σ: per column of a table or vector, per channel of an image)
            or ``none``.

    Returns:
        a Keras model from raw inputs, by name, to the features, and the features' specs.
    """
    import keras

    index = np.unique(np.linspace(0, len(train) - 1, _sample_size(train)).astype(int))
    raw = train.take(index)
    inputs, parts = {}, []
    for tensor in train.inputs:
        x = inputs[tensor.name] = keras.Input(tensor.shape, dtype=tensor.dtype, name=tensor.name)
        parts.append(_one(x, tensor, raw[tensor.name], normalize))
    together = parts[0]
    if len(parts) > 1:
        flat = [p if len(p.shape) == 2 else keras.layers.Flatten()(p) for p in parts]
        together = keras.layers.Concatenate(name="columns")(flat)
    model = keras.Model(inputs, together, name="preprocess")
    return model, (TensorSpec("features", tuple(together.shape[1:])),)


def _sample_size(train: Payload) -> int:
    numbers = sum(math.prod(s or 1 for s in t.shape) for t in train.inputs)
    return min(len(train), SAMPLE, max(LEAST, SAMPLE_BYTES // (8 * max(numbers, 1))))


def _one(x, tensor: TensorSpec, values: np.ndarray, normalize: str):
    if tensor.dtype == "string":
        return _categories(x, tensor, values)
    if tensor.dtype == "uint8":
        from keras import layers

        x = layers.Rescaling(1 / 255, name=f"{tensor.name}_to_1")(x)
        values = values.astype("float32") / 255
    if len(tensor.shape) == 1:
        return _columns(x, tensor, values, normalize)
    return _channels(x, tensor, values, normalize)


def _columns(x, tensor: TensorSpec, values: np.ndarray, normalize: str):
    """Median imputation, then standardisation of the imputed columns."""
    from keras import layers, ops

    missing = np.isnan(values)
    # a column without one known value has no median: it becomes the constant 0
    filled = np.where(missing.all(axis=0), 0.0, values)
    median = np.nanmedian(filled, axis=0)
    centred = np.where(missing, 0.0, filled - median)
    # Keras' normalisation subtracts the median, NaN becomes 0 (= the median), and a second one standardises
    x = layers.Normalization(axis=-1, mean=median, variance=np.ones_like(median), name=f"{tensor.name}_median")(x)
    x = ops.nan_to_num(x, nan=0.0)
    if normalize == "none":
        return layers.Normalization(
            axis=-1, mean=-median, variance=np.ones_like(median), name=f"{tensor.name}_as_they_are"
        )(x)
    variance = centred.var(axis=0)
    return layers.Normalization(
        axis=-1, mean=centred.mean(axis=0), variance=np.where(variance > 0, variance, 1.0), name=f"{tensor.name}_scaled"
    )(x)


def _channels(x, tensor: TensorSpec, values: np.ndarray, normalize: str):
    from keras import layers

    if normalize == "none":
        return x
    axes = tuple(range(values.ndim - 1))
    mean, variance = values.mean(axis=axes, dtype="float64"), values.var(axis=axes, dtype="float64")
    variance = np.where(variance > 0, variance, 1.0)
    return layers.Normalization(axis=-1, mean=mean, variance=variance, name=f"{tensor.name}_scaled")(x)


def _categories(x, tensor: TensorSpec, values: np.ndarray):
    """One column of indicators per category, and one for "unknown": missing, rare and never seen."""
    from keras import layers

    coded = []
    for column in range(tensor.shape[0]):
        counts = collections.Counter(str(v) for v in values[:, column] if v != "")
        vocabulary = [value for value, _ in sorted(counts.items(), key=lambda c: (-c[1], c[0]))[:MOST_CATEGORIES]]
        name = f"{tensor.name}{column + 1}"
        lookup = layers.StringLookup(vocabulary=vocabulary or ["(none)"], output_mode="one_hot", name=name)
        coded.append(lookup(x[:, column : column + 1]))
    return coded[0] if len(coded) == 1 else layers.Concatenate(name=f"{tensor.name}_coded")(coded)
