"""What the model reads: named raw inputs of every example, in memory or read lazily."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

__all__ = ["Arrays", "Joined", "Mapped", "Payload", "Reordered", "TensorSpec", "common_inputs", "is_mapped"]


@dataclass(frozen=True)
class TensorSpec:
    """One named tensor, without its batch dimension.

    Attributes:
        name: input or output name.
        shape: ``None`` stands for a size that varies.
        dtype: ``float32``, ``uint8``, ``int32`` or ``string``.
        names: for a table's input, the column of each element of the last axis.
        vocabulary: for string inputs, the known values of each column, most frequent first (set when fitted).
    """

    name: str
    shape: tuple[int | None, ...]
    dtype: str = "float32"
    names: tuple[str, ...] = ()
    vocabulary: tuple[tuple[str, ...], ...] = ()


class Payload(Protocol):
    """What the model reads: named raw inputs of every example, by position."""

    inputs: tuple[TensorSpec, ...]

    def __len__(self) -> int: ...

    def take(self, index: np.ndarray) -> dict[str, np.ndarray]:
        """Raw inputs of the rows at ``index``, in that order: name → (len(index), *shape)."""

    def subset(self, index: np.ndarray) -> Payload:
        """The payload of those rows only, still lazy if it was."""

    def nbytes(self) -> int:
        """Bytes needed to hold all of it in memory."""


@dataclass(frozen=True)
class Arrays:
    """A payload that is in memory: name → array with examples first.

    Numeric tables use one input ``numbers`` (float32, NaN where missing) and, if there are text columns, one input
    ``categories`` (object array of str, "" where missing); images use ``image``: (height, width, channels), float32 in
    0–1 or uint8 in 0–255.
    """

    arrays: dict[str, np.ndarray]
    inputs: tuple[TensorSpec, ...]

    def __len__(self) -> int:
        return len(next(iter(self.arrays.values())))

    def take(self, index: np.ndarray) -> dict[str, np.ndarray]:
        return {name: array[index] for name, array in self.arrays.items()}

    def subset(self, index: np.ndarray) -> Arrays:
        return replace(self, arrays=self.take(index))

    def nbytes(self) -> int:
        return sum(array.nbytes for array in self.arrays.values())


@dataclass(frozen=True)
class Mapped:
    """A payload of images that stay in a file on disk, mapped to memory: only the rows taken are read.

    Attributes:
        stack: (n, height, width, channels) uint8, mapped from the file.
        rows: the row of ``stack`` of each example.
        range: raw values that become 0 and 1 in float32, or None: uint8 as it is.
    """

    stack: np.ndarray
    rows: np.ndarray
    range: tuple[float, float] | None = None

    @property
    def inputs(self) -> tuple[TensorSpec, ...]:
        return (TensorSpec("image", self.stack.shape[1:], "uint8" if self.range is None else "float32"),)

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, index: np.ndarray) -> dict[str, np.ndarray]:
        # np.take copies whole rows and lets go of the interpreter while pages come from the disk
        pixels = np.take(self.stack, self.rows[np.asarray(index, dtype=np.int64)], axis=0)
        if self.range is None:
            return {"image": np.asarray(pixels)}
        low, high = self.range
        return {"image": (pixels.astype(np.float32) - np.float32(low)) / np.float32(high - low)}

    def subset(self, index: np.ndarray) -> Mapped:
        return replace(self, rows=self.rows[np.asarray(index, dtype=np.int64)])

    def nbytes(self) -> int:
        return len(self.rows) * int(np.prod(self.stack.shape[1:])) * (1 if self.range is None else 4)


def is_mapped(payload: Payload) -> bool:
    """Whether rows come from a mapped file, which the system itself holds in memory as far as there is room."""
    if isinstance(payload, Joined):
        return any(is_mapped(part) for part in payload.parts)
    if isinstance(payload, Reordered):
        return is_mapped(payload.base)
    return isinstance(payload, Mapped)


def common_inputs(parts: Sequence[tuple[TensorSpec, ...]]) -> tuple[TensorSpec, ...] | None:
    """The inputs that all parts can give, or None where they do not fit.

    Parts may differ only in uint8 (0–255) against float32 (0–1), the two forms of an image: float32 then serves all.
    """
    first = parts[0]
    for other in parts[1:]:
        if [replace(t, dtype="") for t in other] != [replace(t, dtype="") for t in first]:
            return None
        pairs = [{a.dtype, b.dtype} for a, b in zip(first, other, strict=True)]
        if any(len(pair) == 2 and pair != {"uint8", "float32"} for pair in pairs):
            return None
    dtypes = [{part[i].dtype for part in parts} for i in range(len(first))]
    return tuple(t if len(d) == 1 else replace(t, dtype="float32") for t, d in zip(first, dtypes, strict=True))


@dataclass(frozen=True)
class Joined:
    """Several payloads with the same inputs, one after the other.

    Where one part holds uint8 (0–255) and another float32 (0–1), the uint8 part is divided by 255 as it is taken, so
    that large photo sets stay small in memory and both meet on one scale.
    """

    parts: tuple[Payload, ...]
    inputs: tuple[TensorSpec, ...]

    @staticmethod
    def of(parts: Sequence[Payload]) -> Joined:
        """Join payloads that fit together."""
        inputs = common_inputs([part.inputs for part in parts])
        if inputs is None:
            raise ValueError("parts with different inputs cannot be joined")
        return Joined(tuple(parts), inputs)

    def __len__(self) -> int:
        return sum(len(part) for part in self.parts)

    def take(self, index: np.ndarray) -> dict[str, np.ndarray]:
        index = np.asarray(index, dtype=np.int64)
        owner, local = self._locate(index)
        wanted = {tensor.name: tensor.dtype for tensor in self.inputs}
        result: dict[str, np.ndarray] = {}
        for number, part in enumerate(self.parts):
            mine = np.flatnonzero(owner == number)
            if not len(mine) and not (number == 0 and not len(index)):
                continue
            for name, values in part.take(local[mine]).items():
                if values.dtype == np.uint8 and wanted[name] == "float32":
                    values = values.astype(np.float32) / np.float32(255)
                result.setdefault(name, np.empty((len(index), *values.shape[1:]), values.dtype))[mine] = values
        return result

    def subset(self, index: np.ndarray) -> Payload:
        index = np.asarray(index)
        owner, local = self._locate(index)
        if np.all(np.diff(owner) >= 0):  # already part by part: stay lazy
            kept = tuple(p.subset(local[owner == i]) for i, p in enumerate(self.parts) if np.any(owner == i))
            # the inputs stay those of all parts: a subset from one source is on the scale of them all
            return replace(self, parts=kept or self.parts[:1])
        return Reordered(self, index)

    def nbytes(self) -> int:
        grows = {t.name for t in self.inputs if t.dtype == "float32"}
        return sum(
            p.nbytes() * (4 if any(t.name in grows and t.dtype == "uint8" for t in p.inputs) else 1) for p in self.parts
        )

    def _locate(self, index: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        ends = np.cumsum([len(part) for part in self.parts])
        owner = np.searchsorted(ends, index, side="right")
        return owner, index - (ends - [len(part) for part in self.parts])[owner]


@dataclass(frozen=True)
class Reordered:
    """A view of another payload at given positions."""

    base: Payload
    index: np.ndarray

    @property
    def inputs(self) -> tuple[TensorSpec, ...]:
        return self.base.inputs

    def __len__(self) -> int:
        return len(self.index)

    def take(self, index: np.ndarray) -> dict[str, np.ndarray]:
        return self.base.take(self.index[np.asarray(index)])

    def subset(self, index: np.ndarray) -> Payload:
        return Reordered(self.base, self.index[np.asarray(index)])

    def nbytes(self) -> int:
        return int(self.base.nbytes() * len(self) / max(len(self.base), 1))
