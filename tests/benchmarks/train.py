"""The whole ``dlx train`` against a bare script that imports Keras, trains the same model and evaluates it.

    python tests/benchmarks/train.py [--rounds 3] [--long]

dlx also splits by content, keeps history and checkpoints, predicts train and dev, judges, writes the report and copies
the run to MLflow. Limits: at most 5 s above the script for a short fit; at most 1.25 times it where the fit takes 30 s
or more (``--long``).
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time

SCRIPT = """
import keras, numpy as np
from sklearn.datasets import load_digits
digits = load_digits()
x = (digits.images / 16).astype("float32")[..., None]
order = np.random.default_rng(0).permutation(len(x))
train, dev = order[:1079], order[1079:1438]
mean, variance = x[train].mean(), x[train].var()
model = keras.Sequential([
    keras.Input((8, 8, 1)), keras.layers.Normalization(mean=[mean], variance=[variance]),
    keras.layers.Conv2D(FILTERS0, 3, padding="same", activation="relu"), keras.layers.MaxPooling2D(),
    keras.layers.Conv2D(FILTERS1, 3, padding="same", activation="relu"), keras.layers.MaxPooling2D(),
    keras.layers.Flatten(), keras.layers.Dense(64, activation="relu"), keras.layers.Dense(10),
])
loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
model.compile("adam", loss, metrics=["accuracy"])
y = digits.target
model.fit(x[train], y[train], batch_size=64, epochs=EPOCHS, validation_data=(x[dev], y[dev]), verbose=0)
print(model.evaluate(x[train], y[train], verbose=0), model.evaluate(x[dev], y[dev], verbose=0))
"""


def timed(order: list[str], folder: str) -> float:
    began = time.perf_counter()
    subprocess.run(order, cwd=folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--long", action="store_true", help="a fit of 30 s and more")
    options = parser.parse_args()
    epochs, filters = (150, (64, 128)) if options.long else (30, (16, 32))
    script = (
        SCRIPT.replace("EPOCHS", str(epochs)).replace("FILTERS0", str(filters[0])).replace("FILTERS1", str(filters[1]))
    )
    knobs = [
        f"train.epochs={epochs}",
        f"model.filters=[{filters[0]}, {filters[1]}]",
        "model.units=[64]",
        "train.batch_size=64",
    ]
    dlx = [sys.executable, "-m", "dlx", "train", "digits", *[word for k in knobs for word in ("-s", k)]]
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    with tempfile.TemporaryDirectory() as folder:  # one folder: the first round also makes MLflow's store
        pairs = [(timed(dlx, folder), timed([sys.executable, "-c", script], folder)) for _ in range(options.rounds)]
    first, rest = pairs[0], pairs[1:] or pairs
    print(
        f"train, with a new MLflow store: dlx {first[0]:.1f} s, script {first[1]:.1f} s, {first[0] - first[1]:+.1f} s"
    )
    over, ratio = statistics.median(a - b for a, b in rest), statistics.median(a / b for a, b in rest)
    print(f"train, afterwards: {over:+.1f} s, ratio {ratio:.2f} (median of {len(rest)})")


if __name__ == "__main__":
    main()
