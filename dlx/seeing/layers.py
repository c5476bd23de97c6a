"""Which layers of a model can be looked at, and where their units are read: behind their own activation."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dlx.errors import UserError, nearest
from dlx.seeing.fields import Field, fields

if TYPE_CHECKING:
    import keras

    from dlx.seeing.graph import Graph, Step

__all__ = ["COMPUTE", "Layer", "chosen", "layers"]

#: layers with units of their own
COMPUTE = ("Conv1D", "Conv2D", "Conv2DTranspose", "Dense", "DepthwiseConv2D", "SeparableConv2D")
#: what belongs to the layer before it: its units are read behind these
_FOLLOWS = {
    "Activation", "BatchNormalization", "ELU", "LeakyReLU", "LayerNormalization", "GroupNormalization", "PReLU", "ReLU",
    "Relu", "Relu6", "Silu", "Gelu",
}  # fmt: skip
#: stands for the last convolution of each resolution
DEFAULT = "default"


@dataclass(frozen=True)
class Layer:
    """A layer that can be looked at.

    Attributes:
        name: the layer's name.
        kind: its class, with the size of its window where it has one.
        read_at: the layer behind which its units are read: its own activation, where that is a layer of its own.
        shape: of its output, without the batch; None where a size varies.
        units: channels, or units of a dense layer.
        field: what a position sees.
        pixels: rows and columns of the field; None where it is the whole image.
        last: the last convolution of its resolution.
        tensor: what is read.
    """

    name: str
    kind: str
    read_at: str
    shape: tuple[int | None, ...]
    units: int
    field: Field
    pixels: tuple[int, int] | None
    last: bool
    tensor: keras.KerasTensor

    @property
    def is_map(self) -> bool:
        """Whether it has positions: a feature map."""
        return len(self.shape) == 3

    def to_dict(self) -> dict[str, Any]:
        told = {"name": self.name, "kind": self.kind, "read_at": self.read_at, "shape": list(self.shape)}
        told |= {"units": self.units, "field": None if self.pixels is None else list(self.pixels)}
        jumps = (self.field.rows.jump, self.field.columns.jump)
        told |= {"stride": list(jumps) if self.field.local else None, "gated": self.field.gated}
        return told | {"last_of_its_resolution": self.last}


def layers(graph: Graph, *, every: bool = False) -> list[Layer]:
    """The layers with units of their own, in the order of the graph.

    Args:
        graph: the flat model.
        every: also pooling, activations, sums: all that has channels.
    """
    seen = fields(graph)
    height, width = graph.image.shape[1:3]
    steps = [step for step in graph.steps if step.top != "preprocess" and len(step.output.shape) >= 2]
    last = {
        step.output.shape[1:3]: step.name for step in steps if _is_map(step) and "Conv" in type(step.layer).__name__
    }
    found = []
    for step in steps:
        computes = type(step.layer).__name__ in COMPUTE
        if not (computes or every) or not step.output.shape[-1]:
            continue
        at = _behind(graph, step) if computes else step
        field = seen[id(at.output)]
        found.append(
            Layer(
                step.name,
                _kind(step.layer),
                at.name,
                tuple(at.output.shape[1:]),
                int(at.output.shape[-1]),
                field,
                field.size(height, width),
                step.name in last.values(),
                at.output,
            )
        )
    return found


def chosen(graph: Graph, names: Sequence[str]) -> list[Layer]:
    """The layers of those names; ``default`` stands for the last convolution of each resolution.

    Raises:
        UserError: no such layer; the nearest name is told.
    """
    known = {layer.name: layer for layer in layers(graph, every=True)}
    found: dict[str, Layer] = {}
    for name in names:
        if name == DEFAULT and name not in known:
            own = layers(graph)
            usual = [layer for layer in own if layer.last] or own[:-1] or own
            found |= {layer.name: layer for layer in usual}
        elif name in known:
            found[name] = known[name]
        else:
            raise _no_layer(name, known, [layer.name for layer in layers(graph)])
    return list(found.values())


def _no_layer(name: str, every: Iterable[str], usual: Sequence[str]) -> UserError:
    known = list(every)
    inside = [other for other in known if other.endswith(f"/{name}")]
    close = nearest(name, usual) or nearest(name, known)
    if inside:
        hint = f"Several models in it have one: {', '.join(inside[:5])}."
    elif close:
        hint = f"Did you mean {close!r}? `dlx look RUN` lists them."
    else:
        hint = f"Its layers are: {', '.join(usual[:12])}{' …' if len(usual) > 12 else ''}."
    return UserError("the model has no such layer", value=name, where="--layer", hint=hint)


def _is_map(step: Step) -> bool:
    return len(step.output.shape) == 4 and step.output.shape[1:3] != (1, 1)


def _behind(graph: Graph, step: Step) -> Step:
    """The last of the normalisations and activations that nothing but this layer feeds."""
    while True:
        takers = graph.takers(step.output)
        if len(takers) != 1 or type(takers[0].layer).__name__ not in _FOLLOWS or len(takers[0].inputs) != 1:
            return step
        if takers[0].output is graph.output:  # a softmax says how all units of the layer compare
            return step
        step = takers[0]


def _kind(layer: Any) -> str:
    kernel = getattr(layer, "kernel_size", None)
    name = type(layer).__name__
    return f"{name} {'×'.join(map(str, kernel))}" if kernel else name
