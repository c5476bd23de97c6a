"""What augmentation costs: epochs of a small network on 96-pixel images with and without it.

    DLX_DATA=folder-with-grocery python tests/benchmarks/augment.py [--rounds 5] [--images 960]

Prints, for each list of augmentations, epochs per second and the median ratio to an epoch without: of the time that
passed, and of the time that all cores worked, which other processes disturb less. The fits take turns within each
round, and each has compiled before. Limit on two cores: 1.3 for mirror, crop and colour together. Without the photos
the images are random.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np

from dlx import device, fit, parts
from dlx.dataset import Dataset, examples_table
from dlx.payloads import Arrays, TensorSpec
from dlx.tasks.classification import Classification

MODEL = {"builder": "convnet", "filters": [16, 32, 64, 64], "batch_norm": True}
USUAL = ["mirror", "crop", "colour"]
MIXING = ("background", "overlay")


def photos(n: int) -> np.ndarray:
    """(n, 96, 96, 3) uint8."""
    folder = Path(os.environ.get("DLX_DATA", "")) / "grocery" / "train"
    if not os.environ.get("DLX_DATA") or not folder.is_dir():
        return np.random.default_rng(0).integers(0, 256, (n, 96, 96, 3), dtype=np.uint8)
    data = parts.load("readers", "images")(str(folder), size=[96, 96])
    return data.payload.take(np.linspace(0, len(data) - 1, n).astype(int))["image"]


def dataset(images: np.ndarray) -> Dataset:
    y = [str(i % 10) for i in range(len(images))]
    payload = Arrays({"image": images}, (TensorSpec("image", images.shape[1:], "uint8"),))
    return Dataset("bench", examples_table([str(i) for i in range(len(y))], y), payload, "image")


def epochs(augment: list, data: Dataset, *, rounds: int):
    """A generator that trains one epoch at each step and gives its seconds: passed, and of all cores together."""
    settings = {"epochs": 1, "batch_size": 32, "optimizer": "adam", "learning_rate": 1e-3, "seed": 0}
    recipe = {"name": "bench", "data": {}, "model": MODEL, "augment": augment, "train": settings}
    prepared = fit.prepare(recipe, Classification(), data)
    task = Classification()
    flow = task.batches(data, prepared.targets, training=True, batch_size=32, seed=0, epoch=0, augment=prepared.augment)
    for _ in range(rounds):
        began = time.perf_counter(), time.process_time()
        prepared.model.fit(flow, epochs=1, verbose=0, shuffle=False)
        yield time.perf_counter() - began[0], time.process_time() - began[1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--images", type=int, default=960)
    parser.add_argument("--each", action="store_true", help="every augmentation alone, too")
    options = parser.parse_args()
    device.start()
    data = dataset(photos(options.images))
    with tempfile.TemporaryDirectory() as folder:
        from PIL import Image

        for i in range(20):
            Image.fromarray(data.payload.arrays["image"][i]).save(Path(folder) / f"{i}.png")
        every = [{"name": n, "path": folder} if n in MIXING else {"name": n} for n in parts.names("augmentations")]
        lists = {"none": [], "usual": [{"name": name} for name in USUAL], "all": every}
        if options.each:
            lists |= {each["name"]: [each] for each in every}
        runs = {name: epochs(augment, data, rounds=options.rounds + 1) for name, augment in lists.items()}
        rounds = [{name: next(run) for name, run in runs.items()} for _ in range(options.rounds + 1)][1:]
    for name in lists:
        seconds = statistics.median(r[name][0] for r in rounds)
        passed, spent = (statistics.median(r[name][k] / r["none"][k] for r in rounds) for k in (0, 1))
        print(
            f"augment {name:12s} {1 / seconds:5.2f} epochs/s  time {passed:.2f}  processor time {spent:.2f}", flush=True
        )


if __name__ == "__main__":
    main()
