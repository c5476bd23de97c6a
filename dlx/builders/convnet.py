"""A plain convolutional network: blocks of convolution and max pooling, then optional dense layers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import keras

    from dlx.tasks._base import ModelSpec

__all__ = ["build"]


def build(
    spec: ModelSpec,
    *,
    filters: Sequence[int] = (16, 32),
    kernel_size: int = 3,
    pool: int = 2,
    units: Sequence[int] = (),
    activation: str = "relu",
    initializer: str = "auto",
    l1: float = 0.0,
    l2: float = 0.0,
    dropout: float | Sequence[float] = 0.0,
    batch_norm: bool = False,
) -> keras.Model:
    """One block (same convolution, activation, max pooling) per entry of ``filters``.

    Without ``units`` the feature map itself is returned and the head averages it over positions; with them it is
    flattened into dense layers first.

    Args:
        filters: channels of each block.
        kernel_size: side of the square filters.
        pool: side and stride of the max pooling after each block; 1 for none.
        units: dense layers after the last block.
        activation: a Keras activation.
        initializer: auto (He for ReLU, Xavier for tanh), he, xavier, lecun, small_random or zeros.
        l1: factor of Σ|w|.
        l2: factor of Σw².
        dropout: share switched off, for all layers (blocks, then dense) or a list.
        batch_norm: normalise z over the mini-batch, before the activation.
    """
    import keras

    from dlx.builders._layers import conv_block, dense_block, features_input, per_layer, positive
    from dlx.errors import UserError

    filters = positive(filters, "filters")
    units = positive(units, "units") if units else []
    rates = per_layer(dropout, len(filters) + len(units), "dropout")
    shape = spec.inputs[0].shape
    if len(shape) != 3:
        raise UserError(
            "convnet needs images of shape (height, width, channels)",
            value=shape,
            where="model.builder",
            hint="For tables and vectors use builder: mlp.",
        )
    needed = pool ** len(filters)
    if min(shape[:2]) < needed:
        raise UserError(
            f"convnet with {len(filters)} poolings of {pool} needs images of at least {needed}×{needed}",
            value=shape,
            where="model.filters",
            hint="Use fewer blocks, pool: 1, or a larger size: in the reader.",
        )
    block = {"activation": activation, "init": initializer, "l1": l1, "l2": l2, "batch_norm": batch_norm}
    x = inputs = features_input(spec)
    for i, n in enumerate(filters, start=1):
        x = conv_block(x, n, kernel_size, **block, dropout=rates[i - 1], name=f"conv{i}")
        if pool > 1:
            x = keras.layers.MaxPooling2D(pool, name=f"pool{i}")(x)
    if units:
        x = keras.layers.Flatten(name="flat")(x)
    for i, n in enumerate(units, start=1):
        x = dense_block(x, n, **block, dropout=rates[len(filters) + i - 1], name=f"dense{i}")
    return keras.Model(inputs, x, name="convnet")
