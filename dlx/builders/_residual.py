"""One residual block: the identity block, and the convolutional block where the dimensions change."""

from __future__ import annotations

__all__ = ["residual_block"]


def residual_block(
    x,
    filters: int,
    *,
    activation: str,
    init: str,
    l1: float,
    l2: float,
    batch_norm: bool,
    strides: int,
    bottleneck: bool,
    padded: bool,
    name: str,
):
    """g(F(x) + shortcut(x)): with weights 0 and a ReLU the identity, so that more blocks do no harm (system S85).

    Args:
        x: (batch, height, width, channels).
        filters: of its convolutions; with ``bottleneck`` the last has four times as many.
        activation: g, also between the convolutions.
        init: initialiser.
        l1: factor of Σ|w|.
        l2: factor of Σw².
        batch_norm: after each convolution.
        strides: of the first convolution and of the shortcut.
        bottleneck: 1×1, 3×3, 1×1 instead of 3×3, 3×3.
        padded: the shortcut skips pixels and fills new channels with 0 instead of learning a 1×1 convolution.
        name: beginning of the layers' names.
    """
    from keras import layers

    from dlx.builders._layers import conv_block

    common = {"init": init, "l1": l1, "l2": l2, "batch_norm": batch_norm, "dropout": 0.0}
    wide = 4 * filters if bottleneck else filters
    steps = [(filters, 1, 1), (filters, 3, strides), (wide, 1, 1)] if bottleneck else [
        (filters, 3, strides), (filters, 3, 1),
    ]  # fmt: skip
    y = x
    for i, (n, kernel, stride) in enumerate(steps, start=1):
        g = "linear" if i == len(steps) else activation
        y = conv_block(y, n, kernel, **common, activation=g, strides=stride, name=f"{name}_conv{i}")
    if strides > 1 or x.shape[-1] != wide:
        x = _padded(x, strides, wide, name) if padded else conv_block(
            x, wide, 1, **common, activation="linear", strides=strides, name=f"{name}_shortcut"
        )  # fmt: skip
    y = layers.Add(name=f"{name}_add")([y, x])
    return layers.Activation(activation, name=f"{name}_out")(y)


def _padded(x, strides: int, channels: int, name: str):
    """Every ``strides``-th pixel, with new channels of 0 behind the old ones."""
    from keras import layers

    if strides > 1:
        x = layers.MaxPooling2D(1, strides, padding="same", name=f"{name}_skip")(x)
    missing = channels - x.shape[-1]
    if missing <= 0:
        return x[..., :channels]
    rows_and_channels = layers.Permute((1, 3, 2), name=f"{name}_turn")(x)
    wider = layers.ZeroPadding2D(((0, 0), (0, missing)), name=f"{name}_zeros")(rows_and_channels)
    return layers.Permute((1, 3, 2), name=f"{name}_turn_back")(wider)
