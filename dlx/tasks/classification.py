"""Classification into two or more classes; with `positive:`, a threshold chosen on dev."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlx.errors import UserError, unknown
from dlx.payloads import TensorSpec
from dlx.tasks._base import ModelSpec, Targets, Task

if TYPE_CHECKING:
    import keras
    import numpy as np
    import pandas as pd

    from dlx.dataset import Dataset

__all__ = ["Classification"]


class Classification(Task):
    """One class per example: sigmoid for two classes, softmax for more (rule P45).

    Args:
        positive: the class that a two-class model looks for; its threshold is then chosen on dev and recorded.
        threshold: probability from which the positive class is said, in (0, 1), or ``auto``: chosen on dev where
            ``positive`` is given, else 0.5.
    """

    def __init__(self, positive: str | None = None, threshold: float | str = "auto"):
        if threshold != "auto" and not (isinstance(threshold, (int, float)) and 0 < threshold < 1):
            raise UserError(
                "the threshold is 'auto' or a number between 0 and 1", value=threshold, where="task.threshold"
            )
        self.positive = None if positive is None else as_text(positive)
        self.threshold = threshold

    def targets(self, train: Dataset) -> Targets:
        y = train.examples["y"]
        if y.isna().any():
            row = train.examples.index[y.isna()][0]
            raise UserError("every example needs a label", value=None, where=f"example {train.examples['id'][row]}")
        counts = y.map(as_text).value_counts()
        classes = sorted(counts.index, key=natural)
        if len(classes) < 2:
            raise UserError(
                "classification needs at least two classes in train",
                value=classes,
                where=f"data {train.name!r}",
                hint="Is the label column the right one?",
            )
        if self.positive is not None:
            if self.positive not in classes:
                raise unknown("class", self.positive, classes, where="task.positive")
            if len(classes) != 2:
                raise UserError("a positive class needs exactly two classes", value=classes, where="task.positive")
            classes = [c for c in classes if c != self.positive] + [self.positive]
        threshold = 0.5 if self.threshold == "auto" else float(self.threshold)
        return {"classes": classes, "positive": self.positive, "threshold": threshold, "counts": counts.to_dict()}

    def units(self, dataset: Dataset, targets: Targets) -> pd.DataFrame:
        units = super().units(dataset, targets)
        return units.assign(y_true=units["y_true"].map(as_text))

    def encode(self, dataset: Dataset, targets: Targets) -> np.ndarray:
        index = {name: i for i, name in enumerate(targets["classes"])}
        codes = dataset.examples["y"].map(as_text).map(index)
        if codes.isna().any():
            row = dataset.examples.index[codes.isna()][0]
            label, key = dataset.examples["y"][row], dataset.examples["id"][row]
            raise UserError(
                "a label that train does not show",
                value=label,
                where=f"example {key}",
                hint=f"Train knows: {', '.join(targets['classes'][:20])}. Mend it, or put such examples into train.",
            )
        return codes.to_numpy("int32" if len(index) > 2 else "float32")

    def example_weights(self, dataset: Dataset, targets: Targets, class_weight) -> np.ndarray:
        weight = super().example_weights(dataset, targets, class_weight)
        if not class_weight:
            return weight
        classes, counts = targets["classes"], targets["counts"]
        if class_weight == "balanced":
            total = sum(counts.values())
            table = {c: total / (len(classes) * counts[c]) for c in classes}
        else:
            table = {as_text(c): float(w) for c, w in class_weight.items()}
            for name in table:
                if name not in classes:
                    raise unknown("class", name, classes, where="train.class_weight")
        factor = dataset.examples["y"].map(as_text).map(table).fillna(1.0)
        return weight * factor.to_numpy("float32")

    def spec(self, features: tuple[TensorSpec, ...], targets: Targets) -> ModelSpec:
        n = len(targets["classes"])
        return ModelSpec(features, (TensorSpec("logits", (n if n > 2 else 1,)),))

    def loss(self, targets: Targets):
        import keras
        from keras import ops

        if len(targets["classes"]) == 2:

            def loss(y, z):
                return ops.binary_crossentropy(ops.reshape(y, (-1,)), ops.reshape(z, (-1,)), from_logits=True)

            def error(y, z):
                return ops.cast(ops.not_equal(ops.reshape(y, (-1,)) > 0.5, ops.reshape(z, (-1,)) > 0), "float32")

            return loss, error

        def error(y, z):
            return ops.cast(ops.not_equal(ops.argmax(z, -1), ops.cast(ops.reshape(y, (-1,)), "int64")), "float32")

        return keras.losses.SparseCategoricalCrossentropy(from_logits=True), error

    def finish(self, model: keras.Model, targets: Targets) -> keras.Model:
        import keras

        binary = len(targets["classes"]) == 2
        activation = keras.layers.Activation("sigmoid" if binary else "softmax", dtype="float32", name="probability")
        return keras.Model(model.input, activation(model.output), name=model.name)

    def rows(self, units: pd.DataFrame, raw: np.ndarray, targets: Targets) -> pd.DataFrame:
        import numpy as np

        proba = probabilities(raw)
        classes = np.array(targets["classes"], dtype=object)
        y_pred = classes[chosen(proba, targets)]
        true = units["y_true"].map({c: i for i, c in enumerate(classes)}).to_numpy()
        # float32 rounds small probabilities to 0: the loss of one row is capped at -log(1e-12)
        loss = -np.log(np.maximum(proba[np.arange(len(true)), true.astype(int)], 1e-12))
        error, size = self.error(units["y_true"], y_pred)
        return units.assign(y_pred=y_pred, error=error, size=size, loss=loss, proba=list(proba.astype("float32")))

    def error(self, y_true, y_pred) -> tuple[np.ndarray, np.ndarray]:
        import numpy as np

        wrong = (np.asarray(y_true, dtype=object) != np.asarray(y_pred, dtype=object)).astype(float)
        return wrong, np.ones(len(wrong))

    def tune(self, targets: Targets, dev: pd.DataFrame, raw: np.ndarray, metric) -> Targets:
        if self.positive is None or self.threshold != "auto" or dev.empty:
            return targets
        import numpy as np

        p = probabilities(raw)[:, 1]
        known = np.unique(np.quantile(p, np.linspace(0, 1, 201)))
        # between two neighbours every threshold decides alike: try the middles, and 0.5, which wins a tie
        candidates = np.concatenate([[0.5], (known[1:] + known[:-1]) / 2])
        values = [metric(self.rows(dev, raw, targets | {"threshold": float(t)})) for t in candidates]
        return targets | {"threshold": float(candidates[int(np.argmax(values))]), "threshold_from": "dev"}

    def baseline(self, train: Dataset, units: pd.DataFrame, targets: Targets) -> pd.DataFrame:
        most = max(targets["classes"], key=lambda c: targets["counts"].get(c, 0))
        y_pred = [most] * len(units)
        error, size = self.error(units["y_true"], y_pred)
        return units.assign(y_pred=y_pred, error=error, size=size)

    def answers(self, raw: np.ndarray, targets: Targets) -> dict:
        proba = probabilities(raw)
        columns = {"prediction": [targets["classes"][i] for i in chosen(proba, targets)]}
        return columns | {f"proba_{c}": proba[:, i].astype(float) for i, c in enumerate(targets["classes"])}


def probabilities(raw: np.ndarray) -> np.ndarray:
    """(n, classes) from a sigmoid's (n, 1) or a softmax's (n, classes)."""
    import numpy as np

    raw = np.asarray(raw, dtype="float64")
    if raw.shape[1] == 1:
        return np.concatenate([1 - raw, raw], axis=1)
    return raw


def chosen(proba: np.ndarray, targets: Targets) -> np.ndarray:
    """Index of the class said: the threshold for two classes, else the most probable."""
    if proba.shape[1] == 2:
        return (proba[:, 1] >= targets["threshold"]).astype(int)
    return proba.argmax(axis=1)


def as_text(label) -> str:
    """Labels as the user wrote them: 3.0 from a float column is the class 3."""
    if isinstance(label, float) and label.is_integer():
        return str(int(label))
    return str(label)


def natural(label: str) -> tuple:
    """Sort key: numbers by value, then words."""
    try:
        return (0, float(label), label)
    except ValueError:
        return (1, 0.0, label)
