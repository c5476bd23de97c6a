"""What the model sees in an example: the features before its last layer, kept in ``features.npz`` beside the table.

From them come the nearest training example of an error and the clusters of errors, without TensorFlow.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from dlx.analysis.features import FILE, Features
from dlx.dataset import Dataset

if TYPE_CHECKING:
    import keras
    import pandas as pd

    from dlx.learning import Learned
    from dlx.run import Run

__all__ = ["extractor", "write"]

#: Examples of a split that are kept; on dev the errors come first.
MOST = 20_000
#: Wider features are projected at random to as many: that keeps distances to within some per cent.
WIDEST = 256


def write(run: Run, learned: Learned, train: Dataset, dev: Dataset, rows: pd.DataFrame, *, batch_size: int) -> bool:
    """Compute and keep the features of dev and of the train sample; one more pass without the last layer.

    Args:
        run: where ``features.npz`` goes.
        learned: the finished model.
        train: the train examples that the predictions table holds.
        dev: the dev split.
        rows: the model's rows on dev, with ``id`` and ``error``.
        batch_size: of the prediction.

    Returns:
        whether the model has a last layer that can be taken off; without one nothing is written.
    """
    from dlx.training.batches import inputs_only

    cut = extractor(learned.trained)
    if cut is None or not len(train) or not len(dev):
        return False
    parts = {"train": _some(train, None), "dev": _some(dev, rows)}
    values = [cut.predict(inputs_only(learned.seen(part).payload, batch_size), verbose=0) for part in parts.values()]
    Features.of(
        ids=[i for part in parts.values() for i in part.examples["id"]],
        split=[name for name, part in parts.items() for _ in range(len(part))],
        y=[_label(y) for part in parts.values() for y in part.examples["y"]],
        values=np.concatenate(values),
    ).write(run.file(FILE))
    return True


def _some(dataset: Dataset, rows: pd.DataFrame | None) -> Dataset:
    """At most ``MOST`` examples: errors first, then by the hash of their content."""
    if len(dataset) <= MOST:
        return dataset
    import pandas as pd

    keys = pd.util.hash_array(dataset.examples["content"].to_numpy(object), categorize=False)
    wrong = set() if rows is None else set(rows.loc[rows["error"] > 0, "id"])
    right = ~dataset.examples["id"].isin(wrong).to_numpy()
    return dataset.subset(np.sort(np.lexsort((keys, right))[:MOST]))


def _label(value: Any) -> str:
    if isinstance(value, list):
        return json.dumps(value, ensure_ascii=False)
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def extractor(model: keras.Model) -> keras.Model | None:
    """The model without its last layer: raw inputs → (n, d) float32; None where it cannot be cut.

    Positions of feature maps and steps of sequences are averaged, features wider than ``WIDEST`` are projected.

    Args:
        model: a finished model: inputs, then nested models (preprocessing, network), then what finishes the output.
    """
    import keras

    from dlx import transfer

    found = transfer.cut(model)
    if found is None:
        return None
    before, body = found
    # no layer of the model is called again, so that it is saved as it was
    inputs, tensor = (body.input, body.output) if before is None else (before.input, body(before.output))
    if len(tensor.shape) > 2:
        tensor = keras.ops.mean(tensor, axis=tuple(range(1, len(tensor.shape) - 1)))
    tensor = keras.ops.cast(tensor, "float32")
    width = tensor.shape[-1]
    if width is None:
        return None
    if width > WIDEST:
        project = np.random.default_rng(0).normal(size=(width, WIDEST)).astype("float32") / np.sqrt(WIDEST)
        tensor = keras.ops.matmul(tensor, project)
    return keras.Model(inputs, tensor, name="features")
