"""What the model reads: named raw inputs of every example, in memory or read lazily."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

__all__ = ["Arrays", "Joined", "Payload", "Reordered", "TensorSpec", "common_inputs"]


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


def available_memory() -> int:
    """Bytes of memory that can be used now without swapping."""
    import os
    from pathlib import Path

    meminfo = Path("/proc/meminfo")
    if meminfo.exists():
        for line in meminfo.read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2


def fits_in_memory(nbytes: int) -> bool:
    """Whether raw inputs of that size are held in memory: they may take a quarter of what is free."""
    return nbytes <= available_memory() // 4
