"""Images from a folder: dlx beside ``keras.utils.image_dataset_from_directory``, same size, batch and training step.

Run: ``python tests/benchmarks/images.py [FOLDER]``; without a folder, photographs of smooth noise are made. Each way is
measured in turn (A B C A B C …), because other work on the machine comes and goes; only ratios mean anything.

- **in memory**: pixels are decoded once and held.
- **on disk, first run**: they do not fit; they are decoded once into a file, which is mapped.
- **on disk, later run**: that file is found.
- **from files**: they do not fit and there is no room on disk either, so that every batch is decoded again.

A run is what a user waits for: the folder is read and every file checked (Keras checks none), then three epochs.
"""

from __future__ import annotations

import logging
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

SIZE, BATCH, EPOCHS, ROUNDS = (96, 96), 32, 3, 5
WAYS = ("in memory", "on disk, first run", "on disk, later run", "from files")


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


def with_keras(folder: Path):
    """The batches of Keras."""
    import keras

    return keras.utils.image_dataset_from_directory(folder, image_size=SIZE, batch_size=BATCH, verbose=False)


def with_dlx(folder: Path, way: str, cache: Path):
    """The batches of dlx: the whole folder as the train split."""
    from dlx import memory
    from dlx.readers.images import read
    from dlx.training import batches

    if way == "on disk, first run":
        shutil.rmtree(cache, ignore_errors=True)
    os.environ["DLX_CACHE"] = os.devnull if way == "from files" else str(cache)
    before = memory.available_memory
    try:
        if way != "in memory":
            memory.available_memory = lambda: 0
        data = read(str(folder), size=list(SIZE))
        y = data.examples["y"].astype("category").cat.codes.to_numpy("int32")
        one = np.ones(len(y), "float32")
        return batches.batches(data.payload, y, one, batch_size=BATCH, training=True)
    finally:
        memory.available_memory = before


def step() -> Callable:
    """A compiled training step of a small convnet."""
    import keras
    import tensorflow as tf

    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((*SIZE, 3)),
            layers.Rescaling(1 / 255),
            layers.Conv2D(8, 3, strides=4, activation="relu"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(64),
        ]
    )
    optimizer, loss = keras.optimizers.SGD(0.01), keras.losses.SparseCategoricalCrossentropy(from_logits=True)

    @tf.function(reduce_retracing=True)
    def train(x, y):
        with tf.GradientTape() as tape:
            value = loss(y, model(tf.cast(x, tf.float32), training=True))
        weights = model.trainable_variables
        optimizer.apply_gradients(zip(tape.gradient(value, weights), weights, strict=True))

    train(np.zeros((BATCH, *SIZE, 3), "float32"), np.zeros(BATCH, "int32"))
    return train


def nothing(x, y) -> None:
    """No training step: the batches alone."""


def run(batches: Callable, train: Callable) -> tuple[int, list[float]]:
    """(images, seconds of reading the folder and of each epoch)."""
    began = time.perf_counter()
    flow = batches()
    seconds = [time.perf_counter() - began]
    for _ in range(EPOCHS):
        began, images = time.perf_counter(), 0
        for x, y, *_ in flow:
            x = x["image"] if isinstance(x, dict) else x
            train(x, y)
            images += len(x)
        seconds.append(time.perf_counter() - began)
    return images, seconds


def main() -> None:
    """Print images per second and the ratio of throughput to Keras (above 1: dlx is faster), medians over rounds."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with tempfile.TemporaryDirectory() as folder:
        here, cache = Path(folder) / "images", Path(folder) / "cache"
        here.mkdir()
        images = Path(sys.argv[1]) if len(sys.argv) > 1 else make(here)
        logging.getLogger("tensorflow").setLevel("ERROR")
        for name, train in (("with a training step", step()), ("batches alone", nothing)):
            ways = {"keras": lambda: with_keras(images)}
            ways |= {way: lambda way=way: with_dlx(images, way, cache) for way in WAYS}
            measured: dict[str, list[list[float]]] = {way: [] for way in ways}
            for number in range(ROUNDS + 1):  # the first round warms the file cache and is not counted
                for way, batches in ways.items():
                    n, seconds = run(batches, train)
                    if number:
                        measured[way].append(seconds)
            print(f"{name}: {n} images, {SIZE[0]}×{SIZE[1]}, batches of {BATCH}, medians of {ROUNDS} rounds")
            for way, seconds in measured.items():
                print(f"{way:>20}: {_line(n, seconds, measured['keras'])}")


def _line(n: int, ours: list[list[float]], keras: list[list[float]]) -> str:
    def epoch(seconds: list[float]) -> float:
        return statistics.mean(seconds[1:])

    speed = n / statistics.median(map(epoch, ours))
    ratio = statistics.median(epoch(k) / epoch(o) for o, k in zip(ours, keras, strict=True))
    whole = statistics.median(sum(k) / sum(o) for o, k in zip(ours, keras, strict=True))
    reading = statistics.median(seconds[0] for seconds in ours)
    return (
        f"reading {reading:.2f} s, then {speed:7,.0f} images/s; "
        f"an epoch {ratio:5.2f} × keras, reading and {EPOCHS} epochs {whole:.2f} × keras"
    )


if __name__ == "__main__":
    main()
