"""Network in network: convolutions, each followed by 1×1 convolutions (Lin et al. 2014)."""

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
    filters: Sequence[Sequence[int]] = ((192, 160, 96), (192, 192, 192), (192, 192)),
    kernel_size: Sequence[int] | int = (5, 5, 3),
    activation: str = "relu",
    initializer: str = "auto",
    l1: float = 0.0,
    l2: float = 0.0,
    dropout: float = 0.5,
    batch_norm: bool = False,
) -> keras.Model:
    """Blocks of one convolution and 1×1 convolutions, 3×3 pooling with stride 2 between them; the head averages.

    Args:
        filters: for each block the channels of its convolution and of the 1×1 convolutions behind it.
        kernel_size: side of each block's first convolution, one for all or a list.
        activation: a Keras activation.
        initializer: auto (He for ReLU, Xavier for tanh), he, xavier, lecun, small_random or zeros.
        l1: factor of Σ|w|.
        l2: factor of Σw².
        dropout: share of channels switched off between blocks; the paper has 0.5.
        batch_norm: normalise z over the mini-batch, before the activation.
    """
    import keras

    from dlx.builders._layers import conv_block, image_input, per_layer, positive
    from dlx.errors import UserError

    blocks = [positive(numbers, "filters") for numbers in filters]
    sides = positive(kernel_size, "kernel_size")
    sides = sides * len(blocks) if len(sides) == 1 else sides
    if len(sides) != len(blocks):
        raise UserError("one kernel_size for each block, or one for all", value=kernel_size, where="model.kernel_size")
    rate = per_layer(dropout, 1, "dropout")[0]
    block = {"activation": activation, "init": initializer, "l1": l1, "l2": l2, "batch_norm": batch_norm}
    x = inputs = image_input(spec, "nin", least=2 ** (len(blocks) - 1))
    for i, (numbers, side) in enumerate(zip(blocks, sides, strict=True), start=1):
        for j, n in enumerate(numbers, start=1):
            x = conv_block(x, n, side if j == 1 else 1, **block, dropout=0.0, name=f"block{i}_conv{j}")
        if i < len(blocks):
            x = keras.layers.MaxPooling2D(3, 2, padding="same", name=f"pool{i}")(x)
            if rate:
                x = keras.layers.SpatialDropout2D(rate, name=f"dropout{i}")(x)
    return keras.Model(inputs, x, name="nin")
