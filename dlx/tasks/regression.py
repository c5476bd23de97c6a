"""Regression: one number per example, scored by absolute error in the target's unit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlx.errors import UserError
from dlx.payloads import TensorSpec
from dlx.tasks._base import ModelSpec, Targets, Task

if TYPE_CHECKING:
    import keras
    import numpy as np
    import pandas as pd

    from dlx.dataset import Dataset

__all__ = ["Regression"]


class Regression(Task):
    """A real number: linear output, squared loss on the standardised target (rule P45).

    Args:
        unit: the target's unit, shown beside every error.
        non_negative: the target cannot be negative; predictions are cut at 0.
        loss: ``mse`` or ``mae``, on the target divided by its standard deviation on train.
    """

    METRIC, BOUNDED = "mae", False

    def __init__(self, unit: str = "", non_negative: bool = False, loss: str = "mse"):
        if loss not in ("mse", "mae"):
            raise UserError("the loss of a regression is 'mse' or 'mae'", value=loss, where="task.loss")
        self.UNIT, self.non_negative, self.loss_name = unit, non_negative, loss

    def targets(self, train: Dataset) -> Targets:
        import numpy as np

        y = numbers(train)
        scale = float(np.std(y))
        if scale == 0:
            raise UserError(
                "regression needs a target that varies in train", value=float(y[0]), where=f"data {train.name!r}"
            )
        return {"mean": float(np.mean(y)), "scale": scale, "median": float(np.median(y)), "unit": self.UNIT}

    def units(self, dataset: Dataset, targets: Targets) -> pd.DataFrame:
        return super().units(dataset, targets).assign(y_true=numbers(dataset))

    def encode(self, dataset: Dataset, targets: Targets) -> np.ndarray:
        return ((numbers(dataset) - targets["mean"]) / targets["scale"]).astype("float32")

    def spec(self, features: tuple[TensorSpec, ...], targets: Targets) -> ModelSpec:
        return ModelSpec(features, (TensorSpec("standardised", (1,)),))

    def loss(self, targets: Targets):
        from keras import ops

        scale, squared = targets["scale"], self.loss_name == "mse"

        def loss(y, z):
            difference = ops.reshape(y, (-1,)) - ops.reshape(z, (-1,))
            return ops.square(difference) if squared else ops.abs(difference)

        def error(y, z):
            return scale * ops.abs(ops.reshape(y, (-1,)) - ops.reshape(z, (-1,)))

        return loss, error

    def finish(self, model: keras.Model, targets: Targets) -> keras.Model:
        import keras

        unit = keras.layers.Rescaling(targets["scale"], offset=targets["mean"], dtype="float32", name="in_its_unit")
        output = unit(model.output)
        if self.non_negative:
            output = keras.layers.ReLU(name="not_negative")(output)
        return keras.Model(model.input, output, name=model.name)

    def rows(self, units: pd.DataFrame, raw: np.ndarray, targets: Targets) -> pd.DataFrame:
        import numpy as np

        y_pred = np.asarray(raw, dtype="float64").reshape(-1)
        error, size = self.error(units["y_true"], y_pred)
        return units.assign(y_pred=y_pred, error=error, size=size, loss=error**2)

    def error(self, y_true, y_pred) -> tuple[np.ndarray, np.ndarray]:
        import numpy as np

        error = np.abs(np.asarray(y_true, dtype="float64") - np.asarray(y_pred, dtype="float64"))
        return error, np.ones(len(error))

    def baseline(self, train: Dataset, units: pd.DataFrame, targets: Targets) -> pd.DataFrame:
        y_pred = [targets["median"]] * len(units)  # the median is the best constant for the absolute error
        error, size = self.error(units["y_true"], y_pred)
        return units.assign(y_pred=y_pred, error=error, size=size)

    def answers(self, raw: np.ndarray, targets: Targets) -> dict:
        import numpy as np

        return {"prediction": np.asarray(raw, dtype="float64").reshape(-1)}


def numbers(dataset: Dataset) -> np.ndarray:
    """(n,) float64: the labels as finite numbers.

    Raises:
        UserError: a label that is no finite number, with its row.
    """
    import numpy as np
    import pandas as pd

    y = pd.to_numeric(dataset.examples["y"], errors="coerce").to_numpy("float64")
    if not np.isfinite(y).all():
        row = int(np.flatnonzero(~np.isfinite(y))[0])
        raise UserError(
            "regression needs a finite number as label",
            value=dataset.examples["y"][row],
            where=f"example {dataset.examples['id'][row]} (row {row + 1})",
        )
    return y
