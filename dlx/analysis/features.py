"""``features.npz`` of a run: what the model sees in examples of dev and train; read without TensorFlow."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from dlx.errors import DlxError
from dlx.files import replacing

__all__ = ["FILE", "Features"]

FILE = "features.npz"
_LARGEST = 60_000.0  # float16 ends at 65,504


@dataclass(frozen=True)
class Features:
    """Features of examples, before the model's last layer, on a common scale.

    Attributes:
        ids: (n,) ids of the examples.
        split: (n,) ``train`` or ``dev``.
        y: (n,) labels as text.
        values: (n, d) float16.
    """

    ids: np.ndarray
    split: np.ndarray
    y: np.ndarray
    values: np.ndarray

    @staticmethod
    def of(ids: Sequence[str], split: Sequence[str], y: Sequence[str], values: np.ndarray) -> Features:
        """Bring features to unit standard deviation over all of them, so that float16 can hold them.

        Args:
            ids: (n,) ids.
            split: (n,) split of each.
            y: (n,) labels as text.
            values: (n, d) any numbers; those that are not finite become 0.
        """
        values = np.nan_to_num(np.asarray(values, dtype="float32"), nan=0.0, posinf=0.0, neginf=0.0)
        spread = float(values.std(dtype="float64")) or 1.0
        scaled = np.clip(values / np.float32(spread), -_LARGEST, _LARGEST).astype("float16")
        return Features(np.asarray(ids, str), np.asarray(split, str), np.asarray(y, str), scaled)

    def write(self, path: Path) -> None:
        """Write the file in one step.

        Raises:
            DlxError: the disk is full.
        """
        with replacing(path) as temporary:
            np.savez(temporary, ids=self.ids, split=self.split, y=self.y, features=self.values)

    @staticmethod
    def read(path: Path) -> Features | None:
        """Read it back; None where there is none, as in runs of earlier versions.

        Raises:
            DlxError: the file is damaged.
        """
        if not Path(path).exists():
            return None
        try:
            with open(path, "rb") as file, np.load(file, allow_pickle=False) as held:
                return Features(held["ids"], held["split"], held["y"], held["features"])
        except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
            raise DlxError(
                "the features of this run are damaged", where=str(path), hint="Remove the file: all else works."
            ) from error

    @cached_property
    def place(self) -> dict[str, int]:
        """Id → row."""
        return {name: row for row, name in enumerate(self.ids.tolist())}

    def nearest(self, example: str) -> tuple[str, str] | None:
        """Id and label of the train example whose features are nearest; None where the example is not known here.

        Args:
            example: an id.
        """
        row = self.place.get(example)
        if row is None or not len(self._train):
            return None
        gaps = self._train_values - self.values[row].astype("float32")
        best = int(self._train[int(np.einsum("ij,ij->i", gaps, gaps).argmin())])
        return str(self.ids[best]), str(self.y[best])

    @cached_property
    def _train(self) -> np.ndarray:
        return np.flatnonzero(self.split == "train")

    @cached_property
    def _train_values(self) -> np.ndarray:
        return self.values[self._train].astype("float32")
