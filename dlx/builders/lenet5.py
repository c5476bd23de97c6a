"""LeNet-5: two convolutions of 5×5 with pooling, then 120 and 84 units (LeCun et al. 1998)."""

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
    filters: Sequence[int] = (6, 16),
    units: Sequence[int] = (120, 84),
    activation: str = "relu",
    pooling: str = "max",
    initializer: str = "auto",
    l1: float = 0.0,
    l2: float = 0.0,
    dropout: float | Sequence[float] = 0.0,
    batch_norm: bool = False,
) -> keras.Model:
    """Valid 5×5 convolutions at stride 1; images of 28×28 are padded to 32×32 first, as in the paper.

    Args:
        filters: channels of the two convolutions; the paper has 6 and 16, the course's digit net also 8 and 16.
        units: units of the two dense layers.
        activation: relu today, tanh in the paper.
        pooling: max today, average in the paper.
        initializer: auto (He for ReLU, Xavier for tanh), he, xavier, lecun, small_random or zeros.
        l1: factor of Σ|w|.
        l2: factor of Σw².
        dropout: share of units switched off in the two dense layers, one rate or two.
        batch_norm: normalise z over the mini-batch, before the activation.
    """
    import keras

    from dlx.builders._layers import conv_block, dense_block, features_input, per_layer, positive
    from dlx.errors import UserError

    shape = spec.inputs[0].shape
    if len(shape) != 3 or min(shape[:2]) < 28:
        raise UserError(
            "lenet5 needs images of at least 28×28",
            value=shape,
            where="model.builder",
            hint="Give the reader size: [28, 28], or use builder: convnet.",
        )
    filters, units = positive(filters, "filters"), positive(units, "units")
    if len(filters) != 2 or len(units) != 2:
        raise UserError("lenet5 has two convolutions and two dense layers", value=(filters, units), where="model")
    if pooling not in ("max", "average"):
        raise UserError("pooling is 'max' or 'average'", value=pooling, where="model.pooling")
    layer = keras.layers.MaxPooling2D if pooling == "max" else keras.layers.AveragePooling2D
    block = {"activation": activation, "init": initializer, "l1": l1, "l2": l2, "batch_norm": batch_norm}
    x = inputs = features_input(spec)
    if shape[0] < 32 or shape[1] < 32:
        x = keras.layers.ZeroPadding2D(((_pad(shape[0])), (_pad(shape[1]))), name="to_32")(x)
    for i, n in enumerate(filters, start=1):
        x = conv_block(x, n, 5, **block, dropout=0.0, padding="valid", name=f"conv{i}")
        x = layer(2, name=f"pool{i}")(x)
    x = keras.layers.Flatten(name="flat")(x)
    for i, (n, rate) in enumerate(zip(units, per_layer(dropout, 2, "dropout"), strict=True), start=1):
        x = dense_block(x, n, **block, dropout=rate, name=f"dense{i}")
    return keras.Model(inputs, x, name="lenet5")


def _pad(side: int) -> tuple[int, int]:
    missing = max(32 - side, 0)
    return missing // 2, missing - missing // 2
