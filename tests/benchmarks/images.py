"""Images from a folder: throughput of dlx beside ``keras.utils.image_dataset_from_directory``, same size and batch.

Run: ``python tests/benchmarks/images.py [FOLDER]``; without a folder photographs of noise are made. Times are of one
run side by side; only their ratio means anything.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

SIZE, BATCH, EPOCHS = (96, 96), 32, 3


def make(folder: Path, *, classes: int = 4, n: int = 300) -> Path:
    """JPEGs of 256×320 pixels: smooth noise, so that they compress like photographs."""
    from PIL import Image

    generator = np.random.default_rng(0)
    for label in range(classes):
        (folder / f"class{label}").mkdir()
        for i in range(n):
            small = Image.fromarray(generator.integers(0, 255, (32, 40, 3), dtype=np.uint8))
            small.resize((320, 256), Image.Resampling.BICUBIC).save(folder / f"class{label}" / f"{i}.jpg", quality=90)
    return folder


def with_keras(folder: Path) -> tuple[int, list[float]]:
    """(images, seconds of each epoch)."""
    import keras

    began = time.perf_counter()
    batches = keras.utils.image_dataset_from_directory(folder, image_size=SIZE, batch_size=BATCH, verbose=False)
    return _epochs(lambda: (len(x) for x, _ in batches.as_numpy_iterator()), began)


def with_dlx(folder: Path, *, lazily: bool) -> tuple[int, list[float]]:
    """(images, seconds of each epoch); the first one includes reading and checking every file."""
    from dlx.readers import _memory
    from dlx.readers.images import read

    available = _memory.available
    if lazily:
        _memory.available = lambda: 0
    began = time.perf_counter()
    try:
        payload = read(str(folder), size=list(SIZE)).payload
    finally:
        _memory.available = available
    order = np.random.default_rng(0).permutation(len(payload))
    starts = range(0, len(payload), BATCH)
    return _epochs(lambda: (len(payload.take(order[s : s + BATCH])["image"]) for s in starts), began)


def _epochs(batches, began: float) -> tuple[int, list[float]]:
    seconds, images = [], 0
    for _ in range(EPOCHS):
        images = sum(batches())
        now = time.perf_counter()
        seconds.append(now - began)
        began = now
    return images, seconds


def main() -> None:
    """Print images per second and the ratio to Keras (above 1: dlx is faster)."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with tempfile.TemporaryDirectory() as folder:
        images = Path(sys.argv[1]) if len(sys.argv) > 1 else make(Path(folder))
        with_keras(images)  # imports TensorFlow and warms the file cache
        n, keras_seconds = with_keras(images)
        print(f"{n} images, {SIZE[0]}×{SIZE[1]}, batches of {BATCH}, {EPOCHS} epochs")
        print(f"{'keras':>15}: {_line(n, keras_seconds, keras_seconds)}")
        for name, lazily in (("dlx in memory", False), ("dlx lazily", True)):
            n, seconds = with_dlx(images, lazily=lazily)
            print(f"{name:>15}: {_line(n, seconds, keras_seconds)}")


def _line(n: int, seconds: list[float], of_keras: list[float]) -> str:
    each = ", ".join(f"{n / s:,.0f}" for s in seconds)
    return f"images/s by epoch {each}; whole run {sum(of_keras) / sum(seconds):.2f} × keras"


if __name__ == "__main__":
    main()
