"""Features of a frozen source, computed once per content and kept on disk."""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from filelock import FileLock

from dlx import device
from dlx.dataset import Dataset
from dlx.errors import DlxError
from dlx.files import replacing
from dlx.payloads import Arrays, Payload, TensorSpec
from dlx.places import cache_folder
from dlx.transfer._source import Source

__all__ = ["FEATURES", "Features"]

#: Name of the input that a head on features has.
FEATURES = "features"
#: Examples that go through the source at a time; their raw inputs are held twice for so long.
_CHUNK = 256
#: Beside the features: how many weights the source has.
_NOTE = "parameters.txt"
#: This share of the disk stays free.
_SPARE = 0.05


class Features:
    """Data sets as a frozen source sees them.

    Features are found again by the digest of the source and of each example's raw input as the model gets it, whatever
    recipe, split or order it comes in. Where the disk cannot take them they are computed, and held for the life of
    this object.

    Args:
        source: the network.
        batch_size: of the computation.
        quiet: no line on stderr.
    """

    def __init__(self, source: Source, *, batch_size: int = 64, quiet: bool = True):
        self.source, self._batch_size, self._quiet = source, batch_size, quiet
        self._store = _Store(source.key)
        self._last: tuple[Payload, Arrays] | None = None

    @property
    def parameters(self) -> int | None:
        """Weights of the source, noted when its features were computed; None where nothing was computed or kept."""
        return self._store.parameters

    def of(self, dataset: Dataset) -> Dataset:
        """The same examples with one input ``features``: (n, d) float32."""
        if self._last is None or self._last[0] is not dataset.payload:  # train is asked for before and in the fit
            self._last = dataset.payload, self._of(dataset)
        return replace(dataset, payload=self._last[1], kind="array")

    def _of(self, dataset: Dataset) -> Arrays:
        keys, missing = [], {}
        for place, raw in _chunks(dataset):
            for i, key in enumerate(_digests(raw)):
                keys.append(key)
                if key not in self._store and key not in missing:
                    missing[key] = place + i
        if missing:
            rows = np.fromiter(missing.values(), np.int64)
            self._store.add(list(missing), self._compute(dataset.subset(rows)))
        values = self._store.take(keys)
        spec = TensorSpec(FEATURES, (values.shape[1],), "float32")
        return Arrays({FEATURES: values}, (spec,))

    def _compute(self, dataset: Dataset) -> np.ndarray:
        device.start()
        import keras

        from dlx.training.batches import inputs_only

        if not self._quiet:
            print(f"Features of {len(dataset):,} examples, once: {self.source.name}", file=sys.stderr, flush=True)
        network = self.source.build()
        self._store.note(network.parameters)
        whole = keras.Model(network.preprocess.input, network.body(network.preprocess.output))
        return np.asarray(whole.predict(inputs_only(dataset.payload, self._batch_size), verbose=0), np.float32)


def _chunks(dataset: Dataset) -> Iterator[tuple[int, list[np.ndarray]]]:
    for place in range(0, len(dataset), _CHUNK):
        raw = dataset.payload.take(np.arange(place, min(place + _CHUNK, len(dataset))))
        yield place, [raw[spec.name] for spec in dataset.payload.inputs]


def _digests(raw: list[np.ndarray]) -> Iterator[bytes]:
    for i in range(len(raw[0])):
        digest = hashlib.blake2b(digest_size=16)
        for values in raw:
            row = np.ascontiguousarray(values[i])
            digest.update("\x1f".join(map(str, row)).encode() if row.dtype == object else row.data)
        yield digest.digest()


class _Store:
    """Features of one source in files that are whole or absent; one process writes at a time, none waits to read."""

    def __init__(self, key: str):
        self._where: dict[bytes, tuple[int, int]] = {}
        self._shards: list[np.ndarray] = []
        self._folder: Path | None = None
        self.parameters: int | None = None
        try:
            self._folder = cache_folder("features") / key
            self._folder.mkdir(parents=True, exist_ok=True)
            with contextlib.suppress(ValueError, FileNotFoundError):
                self.parameters = int((self._folder / _NOTE).read_text(encoding="ascii"))
            for file in sorted(self._folder.glob("[0-9a-f]*.npz")):
                self._read(file)
        except OSError:  # no home, no room, no right to write: computed anew each time
            self._folder = None

    def __contains__(self, key: bytes) -> bool:
        return key in self._where

    def note(self, parameters: int) -> None:
        """Keep how many weights the source has."""
        self.parameters = parameters
        if self._folder is not None:
            with contextlib.suppress(OSError, DlxError), replacing(self._folder / _NOTE) as temporary:
                temporary.write_text(f"{parameters}\n", encoding="ascii")

    def take(self, keys: list[bytes]) -> np.ndarray:
        """The features of these, in that order: (len(keys), d)."""
        found = [self._where[key] for key in keys]
        return np.stack([self._shards[shard][row] for shard, row in found])

    def add(self, keys: list[bytes], values: np.ndarray) -> None:
        """Take in and, where there is room, keep."""
        self._take_in(keys, values)
        if self._folder is None:
            return
        name = hashlib.blake2b(b"".join(keys), digest_size=12).hexdigest()
        try:
            if not self._room(values.nbytes):
                return
            with FileLock(self._folder / "lock"), replacing(self._folder / f"{name}.npz") as temporary:
                np.savez(temporary, keys=np.frombuffer(b"".join(keys), np.uint8).reshape(-1, 16), values=values)
        except (OSError, DlxError):  # they are in memory: only the next run has to compute them again
            return

    def _room(self, nbytes: int) -> bool:
        disk = shutil.disk_usage(self._folder)
        return disk.free - nbytes >= _SPARE * disk.total

    def _read(self, file: Path) -> None:
        try:
            with open(file, "rb") as stream, np.load(stream, allow_pickle=False) as held:
                keys, values = held["keys"], held["values"]
        except (OSError, ValueError, KeyError, EOFError, BadZipFile):
            file.unlink(missing_ok=True)  # damaged
            return
        if keys.ndim == 2 and keys.shape[1] == 16 and len(keys) == len(values):
            self._take_in([row.tobytes() for row in keys], values)

    def _take_in(self, keys: list[bytes], values: np.ndarray) -> None:
        shard = len(self._shards)
        self._shards.append(values)
        self._where |= {key: (shard, row) for row, key in enumerate(keys)}
