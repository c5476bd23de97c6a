"""Image data sets that Keras downloads: mnist, fashion_mnist, cifar10, cifar100; their own test set is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlx.errors import UserError, unknown

if TYPE_CHECKING:
    from dlx.dataset import Dataset

__all__ = ["read"]

_FILES = {"mnist": "mnist.npz", "fashion_mnist": "fashion-mnist", "cifar10": "cifar-10", "cifar100": "cifar-100"}


def read(
    name: str,
    *,
    size: list | int | None = None,
    range: list | None = None,
    margin: int = 0,
    classes: dict | None = None,
) -> Dataset:
    """Read a data set of ``keras.datasets``; the first time it is downloaded to Keras' own folder.

    Args:
        name: ``mnist``, ``fashion_mnist``, ``cifar10`` or ``cifar100``.
        size: [height, width] to which images are resized.
        range: [low, high] of the raw values that become 0 and 1; [0, 255] unless given.
        margin: pixels of ``size`` that stay empty on every side of the image.
        classes: new class → the number or numbers that it stands for, e.g. {cat: 3, dog: 5}; every number is in one.

    Raises:
        UserError: an unknown name, or no network and no copy in Keras' folder.
    """
    if name not in _FILES:
        raise unknown("keras data set", name, _FILES, where="reader keras_datasets")
    import numpy as np

    from dlx.dataset import Dataset, examples_table
    from dlx.readers import _classes, _labels, _scale
    from dlx.readers._content import hash_rows

    size, range = _scale.check_size(size), _scale.check_range(range)
    margin = _scale.check_margin(margin, size)
    (x_train, y_train), (x_test, y_test) = _download(name)
    raw = np.concatenate([x_train, x_test])
    where = f"reader keras_datasets, {name}"
    y, _, _ = _labels.from_array(np.concatenate([y_train, y_test]), where=where)
    if classes:
        y = _classes.joined(y, classes, where=where)
    stack, notes = _scale.images(raw, size=size, margin=margin, range=range, where=where)
    split = ["train"] * len(x_train) + ["test"] * len(x_test)
    return Dataset(
        name, examples_table(hash_rows(raw), y, split=split), _scale.image_payload(stack), "image", notes=tuple(notes)
    )


def _download(name: str):
    import importlib
    import urllib.error

    module = importlib.import_module(f"keras.datasets.{name}")
    try:
        return module.load_data()
    except Exception as error:  # Keras turns a failed download into a bare Exception: only such are translated
        reason = error.__context__ if isinstance(error.__context__, urllib.error.URLError) else error
        if not isinstance(reason, OSError) and "corrupted file" not in str(reason):
            raise
        raise UserError(
            f"cannot download {name!r}: {reason}",
            where="reader keras_datasets",
            hint=f"Connect to the network once, or copy the file ({_FILES[name]} …) from another machine's "
            "~/.keras/datasets to the same folder here.",
        ) from error
