"""No hidden layer: logistic, softmax or linear regression, as the task asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import keras

    from dlx.tasks._base import ModelSpec

__all__ = ["build"]


def build(spec: ModelSpec) -> keras.Model:
    """The inputs, flattened; the task's head on them is the whole model."""
    import keras

    from dlx.builders._layers import features_input

    x = features_input(spec)
    return keras.Model(x, keras.layers.Flatten(name="flat")(x), name="linear")
