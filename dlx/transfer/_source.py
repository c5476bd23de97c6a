"""A trained network to begin from: named and described at once, built only when it is needed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlx.payloads import TensorSpec

if TYPE_CHECKING:
    import keras

__all__ = ["Block", "Learned", "Network", "Source", "blocks_of", "file_digest", "source"]

#: changes when features of the same source would be others; the version of Keras counts as well
_FORM = 1
#: a layer whose maps are smaller than those of its block by this factor begins the next one
_SHRINKS = 1.5


@dataclass(frozen=True)
class Block:
    """Layers that are trained or frozen together.

    Attributes:
        name: its first and last layer.
        layers: those with weights.
    """

    name: str
    layers: tuple[keras.Layer, ...]


@dataclass(frozen=True)
class Network:
    """A built source, without its last layer.

    Attributes:
        preprocess: raw inputs by name → what the body was trained on: the source's own scaling, and a change of size.
        body: that → (n, features); maps are averaged over positions.
        blocks: the body's, from the input to the features.
    """

    preprocess: keras.Model
    body: keras.Model
    blocks: tuple[Block, ...]

    @property
    def parameters(self) -> int:
        """Weights of the body."""
        return self.body.count_params()


@dataclass(frozen=True)
class Learned:
    """What a source was trained on, as far as that is known.

    Attributes:
        what: in words.
        kind: of data: image, table, array, text.
        examples: their number.
        shape: of one raw input.
    """

    what: str
    kind: str
    examples: int | None
    shape: tuple[int | None, ...]


@dataclass(frozen=True)
class Source:
    """A trained network to begin from.

    Attributes:
        name: as people read it.
        key: digest of all that the features depend on.
        learned: what it was trained on.
        run: the dlx run that it is, for the lineage; None for others.
        build: makes the network; its weights are as the source left them.
    """

    name: str
    key: str
    learned: Learned
    run: str | None
    build: Callable[[], Network]


def source(settings: dict[str, Any], inputs: tuple[TensorSpec, ...]) -> Source:
    """The source that a recipe's ``transfer:`` names, made for these raw inputs; nothing heavy is done yet.

    Raises:
        UserError: no such run or file, or inputs that it does not take.
    """
    from dlx.transfer import _applications, _saved

    kind = settings["from"].partition(":")[0]
    if kind == "imagenet":
        return _applications.source(settings, inputs)
    return _saved.of_run(settings, inputs) if kind == "run" else _saved.of_file(settings, inputs)


def blocks_of(body: keras.Model) -> tuple[Block, ...]:
    """Layers with weights in blocks: convolutions at one resolution make one, every layer without positions its own.

    Maps only shrink along a network, so a layer with smaller maps than a later one is a gate beside it (squeeze and
    excitation) and belongs to the block of what it gates.
    """
    layers = [layer for layer in body.layers if layer.weights]
    sides: list[int] = []  # 0 stands for no positions
    for layer in reversed(layers):
        shape = tuple(getattr(layer.output, "shape", ()))
        own = shape[1] if len(shape) > 2 and shape[1] else 0
        sides.append(max(own, sides[-1] if sides else 0))
    found: list[list[keras.Layer]] = []
    size = None
    for layer, side in zip(layers, reversed(sides), strict=True):
        normalises = type(layer).__name__ == "BatchNormalization"  # belongs to the layer before it
        begins = size is None or (not normalises if side == 0 else side * _SHRINKS <= size)
        if begins or (side == 0) != (size == 0):
            found.append([])
            size = side
        found[-1].append(layer)
    return tuple(
        Block(each[0].name if len(each) == 1 else f"{each[0].name} … {each[-1].name}", tuple(each)) for each in found
    )


def file_digest(path: Path) -> str:
    """BLAKE2b (128 bit, hex) of a file's bytes."""
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, lambda: hashlib.blake2b(digest_size=16)).hexdigest()


def key_of(*parts: Any) -> str:
    """A digest that names features: changes with anything that changes them."""
    text = "\n".join(str(part) for part in (_FORM, metadata.version("keras"), *parts))
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
