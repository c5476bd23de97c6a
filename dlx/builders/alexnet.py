"""AlexNet: five convolutions and two layers of 4,096 units (Krizhevsky et al. 2012)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import keras

    from dlx.tasks._base import ModelSpec

__all__ = ["build"]


#: (filters, kernel, stride, padding, pooled) of the convolutions
_LAYERS = (
    (96, 11, 4, "valid", True),
    (256, 5, 1, "same", True),
    (384, 3, 1, "same", False),
    (384, 3, 1, "same", False),
    (256, 3, 1, "same", True),
)


def build(
    spec: ModelSpec,
    *,
    width: float = 1.0,
    units: Sequence[int] = (4096, 4096),
    activation: str = "relu",
    initializer: str = "auto",
    l1: float = 0.0,
    l2: float = 0.0,
    dropout: float | Sequence[float] = 0.5,
    batch_norm: bool = False,
) -> keras.Model:
    """227×227×3 becomes 6×6×256; pooling is 3×3 with stride 2. Local response normalisation, of no use, is left out.

    Args:
        width: factor of all numbers of filters; 1 as in the paper.
        units: dense layers, 4,096 twice in the paper.
        activation: a Keras activation.
        initializer: auto (He for ReLU, Xavier for tanh), he, xavier, lecun, small_random or zeros.
        l1: factor of Σ|w|.
        l2: factor of Σw².
        dropout: share of units switched off in the dense layers, one rate or a list; the paper has 0.5.
        batch_norm: normalise z over the mini-batch, before the activation.
    """
    import keras

    from dlx.builders._layers import conv_block, dense_block, image_input, per_layer, positive
    from dlx.errors import UserError

    if not 0 < width <= 4:
        raise UserError("width is a factor above 0, at most 4", value=width, where="model.width")
    units = positive(units, "units") if units else []
    rates = per_layer(dropout, len(units), "dropout")
    x = inputs = image_input(spec, "alexnet", least=67)
    block = {"activation": activation, "init": initializer, "l1": l1, "l2": l2, "batch_norm": batch_norm}
    for i, (filters, kernel, stride, padding, pooled) in enumerate(_LAYERS, start=1):
        n = max(1, round(filters * width))
        x = conv_block(x, n, kernel, **block, dropout=0.0, padding=padding, strides=stride, name=f"conv{i}")
        if pooled:
            x = keras.layers.MaxPooling2D(3, 2, name=f"pool{i}")(x)
    if units:
        x = keras.layers.Flatten(name="flat")(x)
    for i, (n, rate) in enumerate(zip(units, rates, strict=True), start=1):
        x = dense_block(x, n, **block, dropout=rate, name=f"dense{i}")
    return keras.Model(inputs, x, name="alexnet")
