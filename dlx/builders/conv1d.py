"""One-dimensional convolutions over series such as an ECG."""

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
    kernel_size: int = 5,
    pool: int = 1,
    padding: str = "valid",
    units: Sequence[int] = (),
    activation: str = "relu",
    initializer: str = "auto",
    l1: float = 0.0,
    l2: float = 0.0,
    dropout: float | Sequence[float] = 0.0,
    batch_norm: bool = False,
) -> keras.Model:
    """One convolution per entry of ``filters``: with the defaults an ECG of 14 steps becomes 10×16, then 6×32.

    Args:
        filters: channels of each convolution.
        kernel_size: length of the filters along each axis.
        pool: length and stride of the max pooling behind each convolution; 1 for none.
        padding: valid, or same to keep the size.
        units: dense layers behind the last convolution; without them the head averages over positions.
        activation: a Keras activation.
        initializer: auto (He for ReLU, Xavier for tanh), he, xavier, lecun, small_random or zeros.
        l1: factor of Σ|w|.
        l2: factor of Σw².
        dropout: share switched off, for all layers (convolutions, then dense) or a list.
        batch_norm: normalise z over the mini-batch, before the activation.
    """
    from dlx.builders._plain import plain

    return plain(
        spec, "conv1d", axes=1, filters=filters, kernel_size=kernel_size, pool=pool, padding=padding, units=units,
        rates=dropout,
        block={"activation": activation, "init": initializer, "l1": l1, "l2": l2, "batch_norm": batch_norm},
    )  # fmt: skip
