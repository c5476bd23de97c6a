"""A network of inception modules: several filter sizes side by side behind 1×1 bottlenecks (Szegedy et al. 2015)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import keras

    from dlx.tasks._base import ModelSpec

__all__ = ["build"]


#: the first two modules of GoogLeNet: 1×1; 3×3 behind its bottleneck; 5×5 behind its bottleneck; 1×1 behind pooling
_GOOGLENET = ((64, 96, 128, 16, 32, 32), (128, 128, 192, 32, 96, 64))


def build(
    spec: ModelSpec,
    *,
    stem: Sequence[int] = (32,),
    modules: Sequence[Sequence[int]] = _GOOGLENET,
    pool_every: int = 1,
    width: float = 1.0,
    activation: str = "relu",
    initializer: str = "auto",
    l1: float = 0.0,
    l2: float = 0.0,
    dropout: float = 0.0,
    batch_norm: bool = True,
) -> keras.Model:
    """3×3 convolutions with pooling, then inception modules with 3×3 max pooling, stride 2, between them.

    Args:
        stem: filters of the 3×3 convolutions before the modules, each followed by 2×2 max pooling; [] for none.
        modules: six numbers each: filters of the 1×1 branch; bottleneck and filters of the 3×3 branch; bottleneck and
            filters of the 5×5 branch; filters of the 1×1 convolution behind 3×3 max pooling.
        pool_every: modules between two poolings; 0 for no pooling.
        width: factor of all these numbers.
        activation: a Keras activation.
        initializer: auto (He for ReLU, Xavier for tanh), he, xavier, lecun, small_random or zeros.
        l1: factor of Σ|w|.
        l2: factor of Σw².
        dropout: share of channels switched off behind the last module.
        batch_norm: normalise z over the mini-batch, before the activation.
    """
    import keras

    from dlx.builders._layers import conv_block, image_input, per_layer, positive
    from dlx.errors import UserError

    stem = positive(stem, "stem") if stem else []
    modules = [positive(numbers, "modules") for numbers in modules]
    if not modules or any(len(numbers) != 6 for numbers in modules):
        raise UserError("an inception module has six numbers of filters", value=modules, where="model.modules")
    if not 0 < width <= 4:
        raise UserError("width is a factor above 0, at most 4", value=width, where="model.width")
    rate = per_layer(dropout, 1, "dropout")[0]
    block = {"activation": activation, "init": initializer, "l1": l1, "l2": l2, "batch_norm": batch_norm}
    poolings = len(stem) + ((len(modules) - 1) // pool_every if pool_every else 0)
    x = inputs = image_input(spec, "inception", least=2**poolings)
    for i, n in enumerate(stem, start=1):
        x = conv_block(x, max(1, round(n * width)), 3, **block, dropout=0.0, name=f"stem{i}")
        x = keras.layers.MaxPooling2D(2, name=f"stem_pool{i}")(x)
    for i, numbers in enumerate(modules, start=1):
        x = _module(x, [max(1, round(n * width)) for n in numbers], block, f"inception{i}")
        if pool_every and i < len(modules) and i % pool_every == 0:
            x = keras.layers.MaxPooling2D(3, 2, padding="same", name=f"pool{i}")(x)
    if rate:
        x = keras.layers.SpatialDropout2D(rate, name="dropout")(x)
    return keras.Model(inputs, x, name="inception")


def _module(x, numbers: Sequence[int], block: dict, name: str):
    """Four branches on the same positions, their channels one behind the other (system S87)."""
    import keras

    from dlx.builders._layers import conv_block

    def conv(y, n: int, kernel: int, part: str):
        return conv_block(y, n, kernel, **block, dropout=0.0, name=f"{name}_{part}")

    one, reduce3, three, reduce5, five, pooled = numbers
    branches = [
        conv(x, one, 1, "1x1"),
        conv(conv(x, reduce3, 1, "3x3_reduce"), three, 3, "3x3"),
        conv(conv(x, reduce5, 1, "5x5_reduce"), five, 5, "5x5"),
        conv(keras.layers.MaxPooling2D(3, 1, padding="same", name=f"{name}_pool")(x), pooled, 1, "pool_1x1"),
    ]
    return keras.layers.Concatenate(name=name)(branches)
