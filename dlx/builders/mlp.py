"""A network of L fully connected layers."""

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
    units: Sequence[int] = (64,),
    activation: str = "relu",
    initializer: str = "auto",
    l1: float = 0.0,
    l2: float = 0.0,
    dropout: float | Sequence[float] = 0.0,
    batch_norm: bool = False,
) -> keras.Model:
    """Flatten, then one block per entry of ``units``.

    Args:
        units: hidden units of each layer; [] is logistic, softmax or linear regression.
        activation: a Keras activation: relu, tanh, leaky_relu, gelu …
        initializer: auto (He for ReLU, Xavier for tanh), he, xavier, lecun, small_random or zeros.
        l1: factor of Σ|w|.
        l2: factor of Σw².
        dropout: share of units switched off, for all layers or a list.
        batch_norm: normalise z over the mini-batch, before the activation.
    """
    import keras

    from dlx.builders._layers import dense_block, features_input, per_layer, positive

    units = positive(units, "units") if units else []
    x = inputs = features_input(spec)
    x = keras.layers.Flatten(name="flat")(x)
    for i, (n, rate) in enumerate(zip(units, per_layer(dropout, len(units), "dropout"), strict=True), start=1):
        x = dense_block(
            x,
            n,
            activation=activation,
            init=initializer,
            l1=l1,
            l2=l2,
            batch_norm=batch_norm,
            dropout=rate,
            name=f"dense{i}",
        )
    return keras.Model(inputs, x, name="mlp")
