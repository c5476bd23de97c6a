"""Several yes/no labels per example; missing ones are masked out of loss and scores."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlx.errors import UserError
from dlx.payloads import TensorSpec
from dlx.tasks._base import ModelSpec, Targets
from dlx.tasks._several import SeveralLabels, aligned

if TYPE_CHECKING:
    import keras
    import numpy as np
    import pandas as pd

    from dlx.dataset import Dataset

__all__ = ["Multilabel"]


class Multilabel(SeveralLabels):
    """One sigmoid per label; the loss is the sum of the logistic losses of the known labels (systems S66).

    Args:
        threshold: probability from which a label is said, in (0, 1).
        only: names of the labels to learn; None for all.
    """

    def __init__(self, threshold: float = 0.5, only: list | None = None):
        super().__init__(only)
        if not 0 < threshold < 1:
            raise UserError("the threshold is a number between 0 and 1", value=threshold, where="task.threshold")
        self.threshold = threshold

    def targets(self, train: Dataset) -> Targets:
        import numpy as np

        names = self.names(train)
        y = self.encode(train, {"label_names": names})
        known = y >= 0
        for name, column in zip(names, known.T, strict=True):
            if not column.any():
                raise UserError(
                    "every label needs at least one known value in train", value=name, where=f"data {train.name!r}"
                )
        share = np.where(known, y, 0).sum(0) / known.sum(0)
        return {"label_names": names, "share": share.tolist(), "threshold": self.threshold}

    def encode(self, dataset: Dataset, targets: Targets) -> np.ndarray:
        """(n, labels) float32: 1, 0, or -1 where the label is missing."""
        import numpy as np

        return as_matrix(self.labels(dataset, targets), missing=-1.0).astype(np.float32)

    def spec(self, features: tuple[TensorSpec, ...], targets: Targets) -> ModelSpec:
        return ModelSpec(features, (TensorSpec("logits", (len(targets["label_names"]),)),))

    def loss(self, targets: Targets):
        from keras import ops

        def loss(y, z):
            known = ops.cast(y >= 0, z.dtype)
            return ops.sum(known * ops.binary_crossentropy(ops.maximum(y, 0.0), z, from_logits=True), axis=-1)

        def error(y, z):
            known = ops.cast(y >= 0, "float32")
            wrong = ops.cast(ops.not_equal(y > 0.5, z > 0), "float32")
            return ops.sum(known * wrong, -1) / ops.maximum(ops.sum(known, -1), 1.0)

        return loss, error

    def finish(self, model: keras.Model, targets: Targets) -> keras.Model:
        import keras

        probability = keras.layers.Activation("sigmoid", dtype="float32", name="probability")
        return keras.Model(model.input, probability(model.output), name=model.name)

    def rows(self, units: pd.DataFrame, raw: np.ndarray, targets: Targets) -> pd.DataFrame:
        import numpy as np

        p = aligned(raw, units)
        said = (p >= targets["threshold"]).astype(int)
        y = as_matrix(units["y_true"], missing=-1.0)
        known = y >= 0
        likelihood = np.where(y > 0.5, p, 1 - p)
        loss = -np.where(known, np.log(np.maximum(likelihood, 1e-12)), 0).sum(axis=1)
        y_pred = said.tolist()
        error, size = self.error(units["y_true"], y_pred)
        return units.assign(y_pred=y_pred, error=error, size=size, loss=loss, proba=list(p.astype("float32")))

    def error(self, y_true, y_pred) -> tuple[np.ndarray, np.ndarray]:
        """Share of the known labels that are wrong, and how many are known."""
        import numpy as np

        y, said = as_matrix(y_true, missing=-1.0), as_matrix(y_pred, missing=0.0)
        known = y >= 0
        size = known.sum(axis=1).astype(float)
        return (known & ((y > 0.5) != (said > 0.5))).sum(axis=1) / np.maximum(size, 1), size

    def baseline(self, train: Dataset, units: pd.DataFrame, targets: Targets) -> pd.DataFrame:
        most = [int(share > 0.5) for share in targets["share"]]
        y_pred = [most] * len(units)
        error, size = self.error(units["y_true"], y_pred)
        return units.assign(y_pred=y_pred, error=error, size=size)

    def answers(self, raw: np.ndarray, targets: Targets) -> dict:
        import numpy as np

        p, names = np.asarray(raw, dtype="float64"), targets["label_names"]
        said = [", ".join(n for n, v in zip(names, row, strict=True) if v >= targets["threshold"]) for row in p]
        return {"prediction": said} | {f"proba_{n}": p[:, i] for i, n in enumerate(names)}


def as_matrix(values, *, missing: float) -> np.ndarray:
    """(n, labels) float64 from lists of 1/0/None.

    Raises:
        UserError: a label that is neither.
    """
    import numpy as np

    try:
        matrix = np.array([[np.nan if v is None else v for v in row] for row in values], dtype="float64")
    except ValueError as error:
        words = next([v for v in row if isinstance(v, str)] for row in values if any(isinstance(v, str) for v in row))
        raise UserError(
            "multilabel takes labels that are 1, 0 or unknown", value=words[0],
            hint="Labels with classes of their own are learned by task: multitask.",
        ) from error  # fmt: skip
    return np.where(np.isnan(matrix), missing, matrix)
