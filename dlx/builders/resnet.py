"""A residual network of any size: identity blocks and convolutional blocks (He et al. 2016)."""

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
    blocks: Sequence[int] = (3, 3, 3),
    filters: Sequence[int] = (16, 32, 64),
    bottleneck: bool = False,
    shortcut: str = "convolution",
    stem: str = "small",
    activation: str = "relu",
    initializer: str = "auto",
    l1: float = 0.0,
    l2: float = 0.0,
    dropout: float = 0.0,
    batch_norm: bool = True,
) -> keras.Model:
    """Stages of residual blocks, a[l+2] = g(z[l+2] + a[l]); each stage after the first halves height and width.

    With ``shortcut: padding`` the defaults are the paper's ResNet-20 for 32×32 images. ``blocks: [2, 2, 2, 2]`` with
    ``filters: [64, 128, 256, 512]`` and ``stem: large`` is ResNet-18 for photos.

    Args:
        blocks: residual blocks in each stage.
        filters: channels of each stage; with ``bottleneck`` its output has four times as many.
        bottleneck: three convolutions 1×1, 3×3, 1×1 in a block instead of two of 3×3.
        shortcut: where the dimensions change: ``convolution`` (1×1, learned) or ``padding`` (new channels are 0).
        stem: ``small`` (3×3) or ``large`` (7×7 with stride 2, then 3×3 max pooling with stride 2).
        activation: a Keras activation.
        initializer: auto (He for ReLU, Xavier for tanh), he, xavier, lecun, small_random or zeros.
        l1: factor of Σ|w|.
        l2: factor of Σw².
        dropout: share of channels switched off at the end of each stage.
        batch_norm: normalise z over the mini-batch, before the activation.
    """
    import keras

    from dlx.builders._layers import conv_block, image_input, per_layer, positive
    from dlx.builders._residual import residual_block
    from dlx.errors import UserError

    blocks, filters = positive(blocks, "blocks"), positive(filters, "filters")
    if len(blocks) != len(filters):
        raise UserError("one number of filters for each stage", value=(blocks, filters), where="model.filters")
    for key, value, known in (("shortcut", shortcut, ("convolution", "padding")), ("stem", stem, ("small", "large"))):
        if value not in known:
            raise UserError(f"{key} is {known[0]!r} or {known[1]!r}", value=value, where=f"model.{key}")
    rate = per_layer(dropout, 1, "dropout")[0]
    block = {"activation": activation, "init": initializer, "l1": l1, "l2": l2, "batch_norm": batch_norm}
    least = 2 ** (len(blocks) - 1) * (4 if stem == "large" else 1)
    x = inputs = image_input(spec, "resnet", least=least)
    large = stem == "large"
    kernel, stride = (7, 2) if large else (3, 1)
    x = conv_block(x, filters[0], kernel, **block, dropout=0.0, strides=stride, name="stem")
    if large:
        x = keras.layers.MaxPooling2D(3, 2, padding="same", name="stem_pool")(x)
    for stage, (count, n) in enumerate(zip(blocks, filters, strict=True), start=1):
        for i in range(1, count + 1):
            x = residual_block(
                x, n, **block, strides=2 if i == 1 and stage > 1 else 1, bottleneck=bottleneck,
                padded=shortcut == "padding", name=f"stage{stage}_block{i}",
            )  # fmt: skip
        if rate:
            x = keras.layers.SpatialDropout2D(rate, name=f"stage{stage}_dropout")(x)
    return keras.Model(inputs, x, name="resnet")
