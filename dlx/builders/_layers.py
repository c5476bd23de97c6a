"""What builders share: initialisers by activation, regularised blocks in the notes' order, and the head."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dlx.errors import UserError

if TYPE_CHECKING:
    import keras

    from dlx.tasks._base import ModelSpec

__all__ = [
    "conv_block",
    "dense_block",
    "features_input",
    "head",
    "image_input",
    "initializer",
    "per_layer",
    "positive",
    "regularizer",
]

INITIALIZERS = ("auto", "he", "xavier", "lecun", "small_random", "zeros")


def initializer(name: str, activation: str):
    """A Keras initialiser: ``auto`` follows the activation: He for the ReLU family, Xavier otherwise (rule P44)."""
    import keras

    if name == "auto":
        name = "he" if activation in ("relu", "leaky_relu", "relu6", "elu", "gelu", "silu") else "xavier"
    made = {
        "he": keras.initializers.HeNormal,
        "xavier": keras.initializers.GlorotNormal,
        "lecun": keras.initializers.LecunNormal,
        "small_random": lambda: keras.initializers.RandomNormal(stddev=0.01),
        "zeros": keras.initializers.Zeros,
    }
    if name not in made:
        raise UserError(f"initializer is one of {', '.join(INITIALIZERS)}", value=name, where="model.initializer")
    return made[name]()


def regularizer(l1: float, l2: float):
    """Keras' form: l1·Σ|w| + l2·Σw²; the notes' λ/(2m)·Σw² is l2 = λ/(2m). Biases are left out."""
    import keras

    for key, value in (("l1", l1), ("l2", l2)):
        if not 0 <= value < 10:
            raise UserError(f"{key} is a number from 0 to 10", value=value, where=f"model.{key}")
    return keras.regularizers.L1L2(l1, l2) if l1 or l2 else None


def per_layer(value, layers: int, key: str) -> list:
    """One value for every layer from a single one or a list.

    Raises:
        UserError: a list of another length, or a rate outside [0, 1).
    """
    values = list(value) if isinstance(value, (list, tuple)) else [value] * layers
    if len(values) != layers:
        raise UserError(f"one {key} for each of the {layers} layers, or one for all", value=value, where=f"model.{key}")
    if any(not 0 <= v < 1 for v in values):
        raise UserError(
            f"{key} is the share of units switched off, from 0 to below 1", value=value, where=f"model.{key}"
        )
    return values


def features_input(spec: ModelSpec) -> keras.KerasTensor:
    """The single preprocessed input as a Keras tensor.

    Raises:
        UserError: the data has several inputs, so that a builder of its own is needed.
    """
    import keras

    if len(spec.inputs) != 1:
        raise UserError(
            "this builder takes one input",
            value=[t.name for t in spec.inputs],
            where="model.builder",
            hint="Use your own builder, module:function, that joins them.",
        )
    return keras.Input(spec.inputs[0].shape, dtype=spec.inputs[0].dtype, name=spec.inputs[0].name)


def image_input(spec: ModelSpec, builder: str, *, least: int, axes: int = 2) -> keras.KerasTensor:
    """The single input, which must have ``axes`` axes of at least ``least`` before its channels.

    Raises:
        UserError: another number of axes, or too small; it says which size the builder needs.
    """
    shape = spec.inputs[0].shape
    names = {1: "(steps, channels)", 2: "(height, width, channels)", 3: "(depth, height, width, channels)"}
    if len(shape) != axes + 1:
        raise UserError(
            f"{builder} needs inputs of shape {names[axes]}",
            value=shape,
            where="model.builder",
            hint="For tables and vectors use builder: mlp." if len(shape) == 1 else None,
        )
    if any(side is not None and side < least for side in shape[:-1]):
        raise UserError(
            f"{builder} with these knobs needs at least {'×'.join([str(least)] * axes)}",
            value=shape,
            where="model.builder",
            hint=(f"Give the reader size: {[least] * 2}, or use" if axes == 2 else "Use")
            + " fewer layers or strides where the builder has such knobs, or another builder.",
        )
    return features_input(spec)


def dense_block(
    x, units: int, *, activation: str, init: str, l1: float, l2: float, batch_norm: bool, dropout: float, name: str
):
    """z = Wx + b, batch norm on z (b dropped), activation, inverted dropout (systems S18, S23)."""
    from keras import layers

    x = layers.Dense(
        units,
        use_bias=not batch_norm,
        kernel_initializer=initializer(init, activation),
        kernel_regularizer=regularizer(l1, l2),
        name=name,
    )(x)
    return _finish_block(x, activation, batch_norm, dropout, name)


def conv_block(
    x,
    filters: int,
    kernel_size: int,
    *,
    activation: str,
    init: str,
    l1: float,
    l2: float,
    batch_norm: bool,
    dropout: float,
    name: str,
    padding: str = "same",
    strides: int = 1,
):
    """A convolution with the same order of steps as :func:`dense_block`; dropout switches off whole channels.

    It runs over as many axes as the tensor has between batch and channels: 1, 2 or 3.
    """
    from keras import layers

    convolution = {1: layers.Conv1D, 2: layers.Conv2D, 3: layers.Conv3D}[len(x.shape) - 2]
    x = convolution(
        filters,
        kernel_size,
        strides=strides,
        padding=padding,
        use_bias=not batch_norm,
        kernel_initializer=initializer(init, activation),
        kernel_regularizer=regularizer(l1, l2),
        name=name,
    )(x)
    return _finish_block(x, activation, batch_norm, dropout, name)


def _finish_block(x, activation: str, batch_norm: bool, dropout: float, name: str):
    from keras import layers

    if batch_norm:
        x = layers.BatchNormalization(name=f"{name}_norm")(x)
    x = layers.Activation(activation, name=f"{name}_{activation}")(x)
    if dropout:
        whole_channels = {1: layers.SpatialDropout1D, 2: layers.SpatialDropout2D, 3: layers.SpatialDropout3D}
        x = whole_channels.get(len(x.shape) - 2, layers.Dropout)(dropout, name=f"{name}_dropout")(x)
    return x


def head(body: keras.Model, spec: ModelSpec) -> keras.Model:
    """One linear layer per output on the body's features; feature maps are averaged over positions first.

    A body that already gives every tensor of ``spec.outputs`` by name is taken as it is.
    """
    import keras
    from keras import layers

    output = body.output
    if isinstance(output, dict):
        if all(tensor.name in output for tensor in spec.outputs):
            chosen = _one_or_all([output[tensor.name] for tensor in spec.outputs])
            return keras.Model(body.input, chosen, name=body.name)
        output = list(output.values())[-1]
    if isinstance(output, (list, tuple)):
        output = output[-1]
    if len(output.shape) > 2:
        rank = len(output.shape) - 2
        pools = {1: layers.GlobalAveragePooling1D, 2: layers.GlobalAveragePooling2D, 3: layers.GlobalAveragePooling3D}
        output = pools[rank](name="pool")(output) if rank in pools else layers.Flatten(name="flat")(output)
    outputs = []
    for tensor in spec.outputs:
        size = 1
        for side in tensor.shape:
            size *= side
        # float32 keeps the loss exact under mixed precision
        flat = layers.Dense(size, kernel_initializer="glorot_normal", dtype="float32", name=tensor.name)(output)
        outputs.append(flat if len(tensor.shape) == 1 else layers.Reshape(tensor.shape)(flat))
    return keras.Model(body.input, _one_or_all(outputs), name=body.name)


def _one_or_all(outputs: list):
    return outputs[0] if len(outputs) == 1 else outputs


def positive(values: Sequence[int], key: str) -> list[int]:
    """A list of whole numbers of at least 1.

    Raises:
        UserError: anything else.
    """
    values = list(values) if isinstance(values, (list, tuple)) else [values]
    if not values or any(not isinstance(v, int) or isinstance(v, bool) or v < 1 for v in values):
        raise UserError(f"{key} is a list of whole numbers of at least 1", value=values, where=f"model.{key}")
    return values
