"""Convolution, activation and pooling over one or three axes, then dense layers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import keras

    from dlx.tasks._base import ModelSpec

__all__ = ["plain"]


def plain(
    spec: ModelSpec,
    name: str,
    *,
    axes: int,
    filters: Sequence[int],
    kernel_size: int,
    pool: int,
    padding: str,
    units: Sequence[int],
    rates: float | Sequence[float],
    block: dict[str, Any],
) -> keras.Model:
    """The body of ``conv1d`` and ``conv3d``; their docstrings tell the knobs.

    Raises:
        UserError: knobs that cannot be, or inputs that are too small; it says which size is needed.
    """
    import keras

    from dlx.builders._layers import conv_block, dense_block, image_input, per_layer, positive
    from dlx.errors import UserError

    filters = positive(filters, "filters")
    units = positive(units, "units") if units else []
    dropout = per_layer(rates, len(filters) + len(units), "dropout")
    if padding not in ("valid", "same"):
        raise UserError("padding is 'valid' or 'same'", value=padding, where="model.padding")
    pools = {1: keras.layers.MaxPooling1D, 3: keras.layers.MaxPooling3D}
    least = 1
    for _ in filters:  # backwards from one position at the end
        least = least * pool + (kernel_size - 1 if padding == "valid" else 0)
    x = inputs = image_input(spec, name, least=least, axes=axes)
    for i, n in enumerate(filters, start=1):
        x = conv_block(x, n, kernel_size, **block, dropout=dropout[i - 1], padding=padding, name=f"conv{i}")
        if pool > 1:
            x = pools[axes](pool, name=f"pool{i}")(x)
    if units:
        x = keras.layers.Flatten(name="flat")(x)
    for i, n in enumerate(units, start=1):
        x = dense_block(x, n, **block, dropout=dropout[len(filters) + i - 1], name=f"dense{i}")
    return keras.Model(inputs, x, name=name)
