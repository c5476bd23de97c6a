"""Networks of ``keras.applications`` with their ImageNet weights, downloaded by Keras or from a file."""

from __future__ import annotations

import contextlib
import sys
import urllib.error
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dlx.errors import UserError
from dlx.payloads import TensorSpec
from dlx.recipe._transfer import APPLICATIONS, Application
from dlx.transfer import _weights
from dlx.transfer._source import Learned, Network, Source, blocks_of, file_digest, key_of

if TYPE_CHECKING:
    import keras

    from dlx.tasks._base import ModelSpec

__all__ = ["architecture", "scaling", "source"]

#: Training pictures of ImageNet's classification task of 2012 (Russakovsky et al. 2015).
_IMAGENET = 1_281_167


def source(settings: dict[str, Any], inputs: tuple[TensorSpec, ...]) -> Source:
    """The source of ``imagenet:NAME``.

    Raises:
        UserError: inputs that are no RGB pictures or are too small, or no file of weights where one is named.
    """
    name = settings["from"].partition(":")[2]
    known = APPLICATIONS[name]
    size = _size(settings["size"], known, inputs, name)
    alpha, weights = settings["alpha"], settings["weights"]
    if weights is not None:
        _weights.check(Path(weights))
    shown = f"{name}{f', α = {alpha:g}' if alpha else ''}"

    def build() -> Network:
        body = _body(name, size, alpha, weights or "imagenet")
        return Network(_preprocess(inputs[0], known, size), body, blocks_of(body))

    return Source(
        f"{shown}, trained on ImageNet, at {size[0]}×{size[1]} pixels",
        key_of(name, alpha, file_digest(Path(weights)) if weights else "imagenet", inputs[0], size),
        Learned("photos of 1,000 kinds of things (ImageNet)", "image", _IMAGENET, (known.native, known.native, 3)),
        None,
        build,
    )


def architecture(settings: dict[str, Any], inputs: tuple[TensorSpec, ...]) -> Callable[[ModelSpec], keras.Model]:
    """A builder of the network's form with random weights; the features that it is given are standardised already.

    Raises:
        UserError: inputs that are no RGB pictures, or are too small.
    """
    name = settings["from"].partition(":")[2]
    size = _size(settings["size"], APPLICATIONS[name], inputs, name)

    def build(spec: ModelSpec) -> keras.Model:
        import keras

        x = given = keras.Input(spec.inputs[0].shape, name=spec.inputs[0].name)
        if size != tuple(spec.inputs[0].shape[:2]):
            x = keras.layers.Resizing(*size, name="resized")(x)
        if "EfficientNet" in name:  # Keras scales inside, and these inputs are scaled already
            x = keras.layers.Rescaling(255.0, name="undo_rescaling")(x)
        return keras.Model(given, _body(name, size, settings["alpha"], None, given=x).output, name="body")

    return build


def _size(asked: int | str, known: Application, inputs: tuple[TensorSpec, ...], name: str) -> tuple[int, int]:
    """Height and width inside the model; the proportions of the pictures are kept."""
    if len(inputs) != 1 or len(inputs[0].shape) != 3:
        raise UserError(
            f"{name} learned from photos, these are none",
            value=[(spec.name, spec.shape) for spec in inputs],
            where="transfer.from",
            hint="For tables begin from a run of dlx on the same columns: transfer.from=run:RUN.",
        )
    height, width, channels = inputs[0].shape
    if channels != 3:
        raise UserError(
            f"{name} takes RGB pictures, these have {channels} channel{'s' if channels != 1 else ''}",
            value=inputs[0].shape,
            where="transfer.from",
            hint="Read them in colour: -s data.sources.NAME.channels=3 repeats grey three times.",
        )
    if height is None or width is None:
        raise UserError(f"{name} needs pictures of one size", value=inputs[0].shape, hint="Give the reader a size:.")
    side = max(height, width)
    target = side if asked == "own" else max(known.native, side) if asked == "auto" else int(asked)
    size = (max(1, round(height * target / side)), max(1, round(width * target / side)))
    if min(size) < known.least:
        raise UserError(
            f"{name} needs pictures of at least {known.least}×{known.least} pixels",
            value=size,
            where="transfer.size",
            hint=f"-s transfer.size={known.native} enlarges them to what it learned from.",
        )
    return size


def _preprocess(spec: TensorSpec, known: Application, size: tuple[int, int]) -> keras.Model:
    """Raw pictures to what the network was trained on: size, order of channels, and its own scaling."""
    import keras
    from keras import layers

    order, scale, offset = scaling(known.module)
    x = raw = keras.Input(spec.shape, dtype=spec.dtype, name=spec.name)
    factor = 1.0 if spec.dtype == "uint8" else 255.0  # dlx holds pictures as 0–255 or as 0–1
    if size != tuple(spec.shape[:2]):
        x = layers.Resizing(*size, name="resized")(x)
    if order != [0, 1, 2]:
        x = keras.ops.take(x, order, axis=-1)
    x = layers.Rescaling([factor * s for s in scale], offset, name="as_in_imagenet")(x)
    return keras.Model({spec.name: raw}, x, name="preprocess")


def scaling(module: str) -> tuple[list[int], list[float], list[float]]:
    """What the network's own ``preprocess_input`` does to values of 0–255: order of channels, factors, offsets.

    It is asked what it makes of black, red, green and blue, so that no table of ours can be out of date.
    """
    import importlib

    own = importlib.import_module(f"keras.applications.{module}").preprocess_input
    colours = np.concatenate([np.zeros((1, 3)), 255 * np.eye(3)]).astype("float32").reshape(4, 1, 1, 3)
    said = np.stack([np.asarray(own(colour[None].copy())) for colour in colours]).reshape(4, 3)
    slopes = (said[1:] - said[0]) / 255  # from colour to channel
    order = [int(i) for i in np.abs(slopes).argmax(axis=0)]
    return order, [float(slopes[i, o]) for o, i in enumerate(order)], [float(v) for v in said[0]]


def _body(name: str, size: tuple[int, int], alpha: float | None, weights: str | None, given=None) -> keras.Model:
    import keras

    make = getattr(keras.applications, name)
    arguments = {"include_top": False} | ({"alpha": alpha} if alpha else {})
    arguments |= {"input_shape": (*size, 3)} if given is None else {"input_tensor": given}
    # Keras tells of its download on stdout, where results stand
    with warnings.catch_warnings(), contextlib.redirect_stdout(sys.stderr):
        warnings.simplefilter("ignore")  # "weights for input shape (224, 224) will be loaded": as they should be
        try:
            made = make(weights="imagenet" if weights == "imagenet" else None, **arguments)
        except ValueError as error:
            text = str(error).strip().partition("\n")[0]
            raise UserError(f"Keras cannot make {name}: {text}", where="transfer", value=alpha) from error
        except Exception as error:  # Keras turns a failed download into a bare Exception: only that one is translated
            if not isinstance(error.__context__, urllib.error.URLError):
                raise
            raise _no_download(name, error) from error
    if weights not in (None, "imagenet"):
        _weights.load(made, Path(weights), name=name)
    pooled = keras.layers.GlobalAveragePooling2D(name="pooled")(made.output)
    return keras.Model(made.input, pooled, name="body")


def _no_download(name: str, error: Exception) -> UserError:
    url = next((word for word in str(error).split() if word.startswith("http")), "").rstrip(":,")
    return UserError(
        f"the ImageNet weights of {name} cannot be downloaded: {error.__context__}",
        where="transfer.from",
        hint=f"Fetch {url or 'them'} on a machine with a network, then name the file: -s transfer.weights=FILE; "
        "or put it into ~/.keras/models here, and Keras finds it.",
    )
