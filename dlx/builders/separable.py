"""Depthwise separable convolutions: filter each channel alone, then mix by 1×1 (Howard et al. 2017)."""

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
    filters: Sequence[int] = (16, 32, 64, 128),
    strides: Sequence[int] | int = 2,
    kernel_size: int = 3,
    activation: str = "relu",
    initializer: str = "auto",
    l1: float = 0.0,
    l2: float = 0.0,
    dropout: float = 0.0,
    batch_norm: bool = True,
) -> keras.Model:
    """A plain convolution, then depthwise separable ones; each costs 1/n + 1/f² of a plain one with n filters of f×f.

    Args:
        filters: channels of the plain convolution and of each separable one.
        strides: of each layer, one for all or a list; they take the place of pooling.
        kernel_size: f, the side of the filters.
        activation: a Keras activation.
        initializer: auto (He for ReLU, Xavier for tanh), he, xavier, lecun, small_random or zeros.
        l1: factor of Σ|w|.
        l2: factor of Σw².
        dropout: share of channels switched off behind the last layer.
        batch_norm: normalise z over the mini-batch, before the activation.
    """
    import keras

    from dlx.builders import _layers
    from dlx.errors import UserError

    filters, steps = _layers.positive(filters, "filters"), _layers.positive(strides, "strides")
    steps = steps * len(filters) if len(steps) == 1 else steps
    if len(steps) != len(filters):
        raise UserError("one stride for each layer, or one for all", value=strides, where="model.strides")
    rate = _layers.per_layer(dropout, 1, "dropout")[0]
    block = {"activation": activation, "init": initializer, "l1": l1, "l2": l2, "batch_norm": batch_norm}
    x = inputs = _layers.image_input(spec, "separable", least=1)
    x = _layers.conv_block(x, filters[0], kernel_size, **block, dropout=0.0, strides=steps[0], name="conv1")
    for i, (n, stride) in enumerate(zip(filters[1:], steps[1:], strict=True), start=2):
        x = keras.layers.DepthwiseConv2D(
            kernel_size, stride, padding="same", use_bias=not batch_norm,
            depthwise_initializer=_layers.initializer(initializer, activation), name=f"depthwise{i}",
        )(x)  # fmt: skip
        if batch_norm:
            x = keras.layers.BatchNormalization(name=f"depthwise{i}_norm")(x)
        x = keras.layers.Activation(activation, name=f"depthwise{i}_{activation}")(x)
        x = _layers.conv_block(x, n, 1, **block, dropout=0.0, name=f"pointwise{i}")
    if rate:
        x = keras.layers.SpatialDropout2D(rate, name="dropout")(x)
    return keras.Model(inputs, x, name="separable")
