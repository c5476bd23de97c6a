"""Small pictures and networks for the tests of transfer."""

from __future__ import annotations

import numpy as np

from dlx.dataset import Dataset, examples_table
from dlx.payloads import Arrays, TensorSpec
from dlx.recipe import load

SETTINGS = {
    "from": "run:x", "weights": None, "alpha": None, "size": "auto", "range": None, "depth": "auto",
    "head_epochs": "auto", "learning_rate": None, "layer_decay": 1.0, "units": [], "dropout": 0.0,
}  # fmt: skip


def photos(n: int = 24, side: int = 40, channels: int = 3, *, seed: int = 0, dtype: str = "uint8") -> Dataset:
    """Noise whose brightness tells its class."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, n)
    pixels = np.clip(rng.normal(80 + 90 * y[:, None, None, None], 40, (n, side, side, channels)), 0, 255)
    pixels = pixels.astype("uint8") if dtype == "uint8" else (pixels / 255).astype("float32")
    spec = TensorSpec("image", pixels.shape[1:], dtype)
    labels = np.array(["dark", "light"])[y].tolist()
    return Dataset(
        "photos", examples_table([f"p{i}" for i in range(n)], labels), Arrays({"image": pixels}, (spec,)), "image"
    )


def convnet(side: int = 12, channels: int = 3, *, name: str = "foreign"):
    """A network of another origin: three resolutions with batch norm, then two layers."""
    import keras
    from keras import layers

    x = inputs = keras.Input((side, side, channels))
    for i, filters in enumerate((4, 6, 8), start=1):
        x = layers.Conv2D(filters, 3, padding="same", strides=1 if i == 1 else 2, name=f"c{i}")(x)
        x = layers.BatchNormalization(name=f"n{i}")(x)
        x = layers.Activation("relu", name=f"a{i}")(x)
    x = layers.GlobalAveragePooling2D(name="pool")(x)
    x = layers.Dense(7, activation="relu", name="dense")(x)
    return keras.Model(inputs, layers.Dense(5, activation="softmax", name="classes")(x), name=name)


def recipe(source: str, *, epochs: int = 3, transfer: dict | None = None, **train) -> dict:
    """A resolved recipe for such data; its own builder is not used."""
    made = load("digits").to_dict()
    made["transfer"] = SETTINGS | {"from": source} | (transfer or {})
    made["train"] |= {"epochs": epochs, "batch_size": 8, "learning_rate": 0.01} | train
    return made
