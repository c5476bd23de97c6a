"""Receptive fields: which pixels of the raw image one position of a feature map can see.

Position i of an axis sees the pixels from ``low + i·jump`` to ``high + i·jump`` (edges of pixels, so that the first
pixel lies between 0 and 1). An input has jump 1, low 0, high 1; a window of size k, stride s and dilation d, with p
places of padding before the axis, makes of them

    low − p·jump,   high + (d·(k − 1) − p)·jump,   s·jump

and where branches meet, the smaller low and the larger high count. See Araujo, Norris and Sim (2019), "Computing
receptive fields of convolutional neural networks", Distill.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from dlx.seeing.graph import Graph, Step

__all__ = ["Axis", "Field", "fields"]

#: layers and operations whose every output position sees only the same position of their inputs
_POINTWISE = {  # GetItem where it keeps all positions, which `_merged` sees to
    "Activation", "ActivityRegularization", "Add", "AlphaDropout", "Average", "BatchNormalization", "Cast",
    "Concatenate", "Divide", "Dropout", "ELU", "GaussianDropout", "GaussianNoise", "GELU", "Gelu", "GetItem",
    "HardSigmoid", "HardSwish", "Identity", "LayerNormalization", "LayerScale", "LeakyReLU", "LeakyRelu", "Maximum",
    "Minimum", "Multiply", "NanToNum", "Negative", "Normalization", "PReLU", "Relu", "ReLU", "Relu6", "Rescaling",
    "Sigmoid", "Silu", "Softmax", "SpatialDropout1D", "SpatialDropout2D", "StochasticDepth", "Subtract", "Swish",
    "Tanh", "TrueDivide", "UnitNormalization",
}  # fmt: skip
#: places on either side that an interpolation takes from; with fewer places after than before, so many times more
_REACH = {"nearest": 0.5, "bilinear": 1.0, "area": 1.0, "bicubic": 2.0, "lanczos3": 3.0}


@dataclass(frozen=True)
class Axis:
    """What positions along one axis of a tensor see.

    Attributes:
        of: the axis of the image, 0 (rows) or 1 (columns); None for channels and where positions have lost their place.
        jump: pixels from one position to the next.
        low: first edge seen by position 0; negative where it looks at padding.
        high: last edge seen by position 0.
    """

    of: int | None = None
    jump: float = 0.0
    low: float = -math.inf
    high: float = math.inf

    @property
    def size(self) -> float:
        """Pixels seen."""
        return self.high - self.low

    def seen(self, i: int) -> tuple[float, float]:
        """Edges of what position ``i`` sees."""
        return self.low + i * self.jump, self.high + i * self.jump

    def window(self, k: float, stride: float = 1, dilation: float = 1, before: float = 0) -> Axis:
        """Behind a window that moves along the axis."""
        if self.of is None:
            return self
        reach = dilation * (k - 1) - before
        return replace(
            self, jump=self.jump * stride, low=self.low - before * self.jump, high=self.high + reach * self.jump
        )


#: sees everything
ALL = Axis()


@dataclass(frozen=True)
class Field:
    """What the positions of a tensor see.

    Attributes:
        axes: one for each axis behind the batch.
        gated: numbers that depend on the whole image (squeeze and excitation, group normalisation) also scale it.
    """

    axes: tuple[Axis, ...]
    gated: bool = False

    @property
    def rows(self) -> Axis:
        return next((axis for axis in self.axes if axis.of == 0), ALL)

    @property
    def columns(self) -> Axis:
        return next((axis for axis in self.axes if axis.of == 1), ALL)

    @property
    def local(self) -> bool:
        """Whether positions of a feature map (rows, columns, channels) have their own places in the image."""
        return [axis.of for axis in self.axes] == [0, 1, None]

    def size(self, height: int, width: int) -> tuple[int, int] | None:
        """Rows and columns of the field in pixels; None where it is as large as the image."""
        sizes = [math.ceil(axis.size) if math.isfinite(axis.size) else axis.size for axis in (self.rows, self.columns)]
        if not self.local or (sizes[0] >= height and sizes[1] >= width):
            return None
        return min(int(min(sizes[0], height)), height), min(int(min(sizes[1], width)), width)

    def box(self, i: int, j: int, height: int, width: int) -> tuple[int, int, int, int]:
        """Top, left, bottom and right edge of what position (i, j) sees, in the image; empty where all is padding."""
        if not self.local:
            return 0, 0, height, width
        top, bottom = _inside(*self.rows.seen(i), height)
        left, right = _inside(*self.columns.seen(j), width)
        return top, left, bottom, right


def _inside(low: float, high: float, n: int) -> tuple[int, int]:
    """Whole pixels of an axis of n; where only padding is seen, none."""
    first = min(max(math.floor(low), 0), n) if math.isfinite(low) else 0
    last = min(max(math.ceil(high), 0), n) if math.isfinite(high) else n
    return first, last


def fields(graph: Graph) -> dict[int, Field]:
    """The field of every tensor of a graph, by ``id``.

    What no rule is known for is taken to see the whole image, which is never too little.
    """
    known = {id(graph.image): Field((Axis(0, 1.0, 0.0, 1.0), Axis(1, 1.0, 0.0, 1.0), ALL))}
    for step in graph.steps:
        inputs = [(known[id(t)], tuple(t.shape[1:])) for t in step.inputs if id(t) in known]
        known[id(step.output)] = _through(step, inputs, tuple(step.output.shape[1:]))
    return known


def _through(step: Step, inputs: list[tuple[Field, tuple]], shape: tuple) -> Field:
    if not inputs:
        return Field((ALL,) * len(shape))
    kind = type(step.layer).__name__
    (first, first_shape), *_ = inputs
    whole = Field((ALL,) * len(shape), any(field.gated for field, _ in inputs))
    if getattr(step.layer, "data_format", None) == "channels_first":
        return whole
    if kind == "GroupNormalization" or (kind == "LayerNormalization" and _over_positions(step.layer, len(shape))):
        return replace(first, gated=True)
    if kind in _POINTWISE or kind.startswith("Random") or (kind == "Dense" and len(shape) > 1):
        return _merged(inputs, shape)
    if kind == "Permute":
        return replace(first, axes=tuple(first.axes[i - 1] for i in step.layer.dims))
    moved = _moved(kind, step.layer, first.axes, first_shape, shape)
    return whole if moved is None else replace(first, axes=moved)


def _merged(inputs: list[tuple[Field, tuple]], shape: tuple) -> Field:
    """Where branches meet; what is one number for the whole image (a gate) does not widen the field."""
    alike = [field for field, s in inputs if len(s) == len(shape) and s[:-1] == shape[:-1]]
    gated = any(field.gated for field, _ in inputs) or (0 < len(alike) < len(inputs) and len(shape) > 1)
    if not alike:
        return Field((ALL,) * len(shape), gated)
    return Field(tuple(_joined(axes) for axes in zip(*(field.axes for field in alike), strict=True)), gated)


def _joined(axes: Sequence[Axis]) -> Axis:
    first = axes[0]
    if any(axis.of != first.of or not math.isclose(axis.jump, first.jump) for axis in axes):
        return ALL
    return replace(first, low=min(axis.low for axis in axes), high=max(axis.high for axis in axes))


def _moved(kind: str, layer: Any, axes: tuple[Axis, ...], before: tuple, after: tuple) -> tuple[Axis, ...] | None:
    """The axes behind a layer that moves windows over rows and columns; None where its rule is not known."""
    if len(before) != 3 or len(after) != 3:
        return None
    rows_and_columns = axes[:2]
    if kind.endswith("Conv2D") or kind in ("MaxPooling2D", "AveragePooling2D"):
        size, dilation = _window(layer)
        places = zip(rows_and_columns, size, layer.strides, dilation, before[:2], strict=True)
        made = [a.window(k, s, d, _padding(layer.padding, n, k, s, d)) for a, k, s, d, n in places]
    elif kind == "Conv2DTranspose":
        made = [
            _spread(a, k, s, layer.padding)
            for a, k, s in zip(rows_and_columns, layer.kernel_size, layer.strides, strict=True)
        ]
    elif kind in ("ZeroPadding2D", "Cropping2D"):
        sides = layer.padding if kind == "ZeroPadding2D" else [(-a, -b) for a, b in layer.cropping]
        made = [axis.window(1, before=side[0]) for axis, side in zip(rows_and_columns, sides, strict=True)]
    elif kind == "UpSampling2D" or (kind == "Resizing" and not _keeps_aspect(layer)):
        reach = _REACH.get(getattr(layer, "interpolation", "nearest"), 5.0)
        made = [_resized(a, n, m, reach) for a, n, m in zip(rows_and_columns, before[:2], after[:2], strict=True)]
        if any(axis is None for axis in made):
            return None
    else:
        return None
    return (*made, axes[2])


def _window(layer: Any) -> tuple[Sequence[int], Sequence[int]]:
    size = getattr(layer, "kernel_size", None) or layer.pool_size
    dilation = getattr(layer, "dilation_rate", 1)
    return size, (dilation, dilation) if isinstance(dilation, int) else dilation


def _padding(kind: str, n: int | None, k: int, stride: int, dilation: int) -> int:
    """Places of padding before the axis; ``same`` puts the odd one behind it (TensorFlow's rule)."""
    if kind != "same":
        return 0
    reach = dilation * (k - 1) + 1
    if n is None:
        return max(reach - stride, 0) // 2
    return max((math.ceil(n / stride) - 1) * stride + reach - n, 0) // 2


def _spread(axis: Axis, k: int, stride: int, padding: str) -> Axis:
    """Behind a transposed convolution: place o takes from the places (o + p − t) / stride with t from 0 to k − 1."""
    if axis.of is None:
        return axis
    before = max(k - stride, 0) // 2 if padding == "same" else 0
    return replace(
        axis,
        jump=axis.jump / stride,
        low=axis.low + axis.jump * (before - k + 1) / stride,
        high=axis.high + axis.jump * before / stride,
    )


def _resized(axis: Axis, n: int | None, m: int | None, reach: float) -> Axis | None:
    """Behind an enlargement or reduction from n to m places; smoothing looks at neighbours on both sides."""
    if axis.of is None:
        return axis
    if not n or not m:
        return None
    ratio = n / m
    middle = 0.5 * ratio - 0.5
    reach *= 1.0 if reach < 1 else max(1.0, ratio)
    return replace(
        axis,
        jump=axis.jump * ratio,
        low=axis.low + axis.jump * (middle - reach),
        high=axis.high + axis.jump * (middle + reach),
    )


def _over_positions(layer: Any, rank: int) -> bool:
    axes = layer.axis if isinstance(layer.axis, (list, tuple)) else [layer.axis]
    return any(axis not in (-1, rank) for axis in axes)


def _keeps_aspect(layer: Any) -> bool:
    return bool(getattr(layer, "crop_to_aspect_ratio", False) or getattr(layer, "pad_to_aspect_ratio", False))
