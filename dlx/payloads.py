"""What the model reads: named raw inputs of every example, in memory or read lazily."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

__all__ = ["Arrays", "Joined", "Payload", "Reordered", "TensorSpec"]


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
    """A payload that is in memory (or memory-mapped): name → array with examples first.

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
class Joined:
    """Several payloads with the same inputs, one after the other."""

    parts: tuple[Payload, ...]

    @property
    def inputs(self) -> tuple[TensorSpec, ...]:
        return self.parts[0].inputs

    def __len__(self) -> int:
        return sum(len(part) for part in self.parts)

    def take(self, index: np.ndarray) -> dict[str, np.ndarray]:
        index = np.asarray(index)
        owner, local = self._locate(index)
        result: dict[str, np.ndarray] = {}
        for number, part in enumerate(self.parts):
            mine = np.flatnonzero(owner == number)
            if not len(mine):
                continue
            for name, values in part.take(local[mine]).items():
                result.setdefault(name, np.empty((len(index), *values.shape[1:]), values.dtype))[mine] = values
        return result or self.parts[0].take(index)

    def subset(self, index: np.ndarray) -> Payload:
        index = np.asarray(index)
        owner, local = self._locate(index)
        if np.all(np.diff(owner) >= 0):  # already part by part: stay lazy
            return Joined(tuple(p.subset(local[owner == i]) for i, p in enumerate(self.parts) if np.any(owner == i)))
        return Reordered(self, index)

    def nbytes(self) -> int:
        return sum(part.nbytes() for part in self.parts)

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
