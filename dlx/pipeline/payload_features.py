"""Plain properties of each dev example, by which errors may concentrate: brightness, sharpness, length, columns.

They are computed while the data are at hand and kept in the run, in ``payload_features.parquet``; what they are worth
is judged right of the predictions table.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from dlx.analysis.suggesting import PAYLOAD_FEATURES
from dlx.dataset import Dataset
from dlx.files import replacing
from dlx.payloads import TensorSpec
from dlx.run import Run

__all__ = ["payload_features", "write"]

#: Examples that are enough to find a slice; chosen by the hash of their content.
MOST = 20_000
#: Larger images are judged by their middle: sharpness needs the pixels as they are.
SIDE = 256
#: Numbers of examples taken at a time.
_NUMBERS = 1 << 24
#: Texts of a column that repeat less often than this are read, not compared: their length is what counts.
_REPEATS = 2.0


def write(run: Run, dev: Dataset) -> None:
    """Compute them for dev and keep them.

    Raises:
        DlxError: the disk is full.
    """
    from dlx.pipeline.tables import hash_sample

    some = hash_sample(dev, MOST)
    if not len(some):
        return
    with replacing(run.file(PAYLOAD_FEATURES)) as temporary:
        payload_features(some).to_parquet(temporary, index=False)


def payload_features(dataset: Dataset) -> pd.DataFrame:
    """One row per example: ``id``, then what its payload shows.

    Images: brightness (mean), contrast (standard deviation), sharpness (variance of the Laplacian of the grey image,
    low where it is blurred), of the middle ``SIDE`` × ``SIDE`` pixels, pixels in 0–1. Tables: the columns themselves.
    Texts that hardly repeat: their length in characters. Other arrays: mean and standard deviation.
    """
    made: dict[str, list[np.ndarray]] = {}
    for batch in _batches(dataset):
        for tensor in dataset.payload.inputs:
            for name, values in _of_tensor(tensor, batch[tensor.name]).items():
                made.setdefault(name, []).append(values)
    table = pd.DataFrame({name: np.concatenate(values) for name, values in made.items()})
    for name in table.select_dtypes(exclude="number"):
        if table[name].nunique() * _REPEATS > len(table):
            table = table.assign(**{f"length of {name}": table[name].str.len()}).drop(columns=name)
        else:
            table[name] = table[name].where(table[name] != "", None)
    table.insert(0, "id", dataset.examples["id"].to_numpy(object))
    return table


def _batches(dataset: Dataset) -> Iterator[dict[str, np.ndarray]]:
    numbers = sum(int(np.prod([side or 1 for side in spec.shape])) for spec in dataset.payload.inputs)
    size = max(1, _NUMBERS // max(numbers, 1))
    for start in range(0, len(dataset), size):
        yield dataset.payload.take(np.arange(start, min(start + size, len(dataset))))


def _of_tensor(tensor: TensorSpec, values: np.ndarray) -> dict[str, np.ndarray]:
    if tensor.dtype == "string":
        flat = values.reshape(len(values), -1)
        names = tensor.names or [tensor.name + (f" {i + 1}" if flat.shape[1] > 1 else "") for i in range(flat.shape[1])]
        return {name: flat[:, i].astype(str).astype(object) for i, name in enumerate(names)}
    if tensor.name == "image" and values.ndim == 4:
        return _of_images(values)
    if tensor.names and values.ndim == 2:
        return {name: values[:, i].astype("float64") for i, name in enumerate(tensor.names)}
    flat = values.reshape(len(values), -1).astype("float64")
    return {f"mean of {tensor.name}": flat.mean(axis=1), f"spread of {tensor.name}": flat.std(axis=1)}


def _of_images(images: np.ndarray) -> dict[str, np.ndarray]:
    """(n,) each, from (n, height, width, channels)."""
    tall, wide = (max(0, (side - SIDE) // 2) for side in images.shape[1:3])
    middle = images[:, tall : tall + SIDE, wide : wide + SIDE]
    grey = middle.mean(axis=3, dtype="float32") / (255 if images.dtype == np.uint8 else 1)
    made = {"brightness": grey.mean(axis=(1, 2)), "contrast": grey.std(axis=(1, 2))}
    if min(grey.shape[1:]) >= 3:
        inside = grey[:, 1:-1, 1:-1]
        around = grey[:, :-2, 1:-1] + grey[:, 2:, 1:-1] + grey[:, 1:-1, :-2] + grey[:, 1:-1, 2:]
        made["sharpness"] = (around - 4 * inside).var(axis=(1, 2))
    return {name: values.astype("float64") for name, values in made.items()}
