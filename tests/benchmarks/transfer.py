"""Transfer against plain Keras: a head on cached features against the frozen network uncached, and fine-tuning.

    python tests/benchmarks/transfer.py [--rounds 3] [--n 2640] [--side 96]

MobileNet, α = 0.25, on random pictures (neither side's speed depends on what they show), batches of 32. "cached":
seconds of an epoch from the second one on, plain Keras with the frozen network in the model over dlx's head on its
features; limit: at least 15. "fine-tuning": the whole network, batch norm frozen, dlx over plain Keras on a tf.data
pipeline; limit: 1.00 ± 0.03. Rounds alternate A B A B; medians are printed.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
from pathlib import Path

import numpy as np

from dlx import device, learning
from dlx.dataset import Dataset, examples_table
from dlx.payloads import Arrays, TensorSpec
from dlx.recipe import load
from dlx.tasks.classification import Classification

CLASSES, BATCH = 43, 32


def pictures(n: int, side: int) -> Dataset:
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (n, side, side, 3), dtype=np.uint8)
    labels = [f"c{i % CLASSES:02d}" for i in range(n)]
    spec = TensorSpec("image", (side, side, 3), "uint8")
    return Dataset(
        "bench", examples_table([str(i) for i in range(n)], labels), Arrays({"image": pixels}, (spec,)), "image"
    )


def weights(folder: Path, side: int) -> Path:
    """Any weights will do for speed."""
    import keras

    path = folder / "mobilenet.weights.h5"
    keras.applications.MobileNet(alpha=0.25, weights=None, include_top=False, input_shape=(side, side, 3)).save_weights(
        path
    )
    return path


def ours(data: Dataset, file: Path, depth: str, epochs: int) -> float:
    """Median seconds of an epoch, the first left out."""
    recipe = load("digits").to_dict()
    recipe["transfer"] = {
        "from": "imagenet:MobileNet", "weights": str(file), "alpha": 0.25, "size": "own", "range": None, "depth": depth,
        "head_epochs": 0, "learning_rate": 1e-4, "layer_decay": 1.0, "units": [], "dropout": 0.0,
    }  # fmt: skip
    recipe["train"] |= {"epochs": epochs, "batch_size": BATCH}
    learner = learning.prepare(recipe, Classification(), data)
    learned = learner.fit(data, None)
    return statistics.median(record["seconds"] for record in learned.history[1:])


def plain(data: Dataset, file: Path, epochs: int, *, frozen: bool) -> float:
    import time

    import keras
    import tensorflow as tf

    side = data.payload.inputs[0].shape[0]
    body = keras.applications.MobileNet(alpha=0.25, weights=None, include_top=False, input_shape=(side, side, 3))
    body.load_weights(file)
    for layer in body.layers:
        layer.trainable = not frozen and not isinstance(layer, keras.layers.BatchNormalization)
    x = keras.layers.Rescaling(1 / 127.5, -1)(inputs := keras.Input((side, side, 3), dtype="uint8"))
    x = keras.layers.GlobalAveragePooling2D()(body(x))
    model = keras.Model(inputs, keras.layers.Dense(CLASSES)(x))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(1e-4), loss=loss, metrics=["accuracy"])
    y = data.examples["y"].str[1:].astype("int32").to_numpy()
    flow = tf.data.Dataset.from_tensor_slices((data.payload.arrays["image"], y))
    flow = flow.cache().shuffle(len(data)).batch(BATCH).prefetch(tf.data.AUTOTUNE)
    ends: list[float] = []
    clock = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: ends.append(time.perf_counter()))
    model.fit(flow, epochs=epochs, verbose=0, shuffle=False, callbacks=[clock])
    return statistics.median(np.diff(ends))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--n", type=int, default=2640)
    parser.add_argument("--side", type=int, default=96)
    options = parser.parse_args()
    device.start()
    data = pictures(options.n, options.side)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DLX_CACHE"] = folder
        file = weights(Path(folder), options.side)
        cached, tuned = [], []
        for _ in range(options.rounds):
            cached.append((plain(data, file, 3, frozen=True), ours(data, file, "head", 20)))
            tuned.append((ours(data, file, "all", 3), plain(data, file, 3, frozen=False)))
    for name, pairs, words in (
        ("cached", cached, ("keras uncached", "dlx on features")),
        ("fine-tuning", tuned, ("dlx", "keras")),
    ):
        a, b = (statistics.median(side) for side in zip(*pairs, strict=True))
        ratio = statistics.median(first / second for first, second in pairs)
        print(f"{name:12s} {words[0]} {a:.3f} s  {words[1]} {b:.3f} s an epoch  ratio {ratio:.2f}", flush=True)


if __name__ == "__main__":
    main()
