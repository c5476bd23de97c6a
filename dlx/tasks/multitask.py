"""Several classifications of each example by one network with a head for each; unknown labels are masked out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dlx.errors import UserError, unknown
from dlx.payloads import TensorSpec
from dlx.tasks._base import Cell, ModelSpec, Targets
from dlx.tasks._several import SeveralLabels, aligned
from dlx.tasks.classification import as_text, natural

if TYPE_CHECKING:
    import keras
    import numpy as np
    import pandas as pd

    from dlx.dataset import Dataset

__all__ = ["Multitask"]

#: float32 rounds small probabilities to 0: the loss of one label is capped at −log of this
_LEAST = 1e-12


class Multitask(SeveralLabels):
    """A shared body and one softmax head per task; the loss is the sum over the known labels (systems S66, rule P57).

    A class that train does not show cannot be said: in dev it is left out of the loss, and counts as an error.

    Args:
        weights: task → factor of its loss, above 0; 1 for those not named.
        only: names of the tasks to learn; None for all. With one name it is the separate network for that task.
    """

    def __init__(self, weights: dict | None = None, only: list | None = None):
        super().__init__(only)
        self.weights = {str(name): factor for name, factor in (weights or {}).items()}
        for name, factor in self.weights.items():
            if isinstance(factor, bool) or not isinstance(factor, (int, float)) or not 0 < factor < float("inf"):
                raise UserError("the weight of a task is a number above 0", value=factor, where=f"task.weights.{name}")

    def targets(self, train: Dataset) -> Targets:
        names = self.names(train)
        for name in self.weights:
            if name not in train.label_names:
                raise unknown("task", name, train.label_names, where="task.weights")
        y = _texts(self.labels(train, {"label_names": names}))
        counts = {}
        for name, column in zip(names, y.T, strict=True):
            if "=" in name:
                raise UserError("the name of a task holds no '='", value=name, where=f"data {train.name!r}")
            known = [label for label in column if label is not None]
            classes = sorted(set(known), key=natural)
            if len(classes) < 2:
                raise UserError(
                    "every task needs at least two classes in train", value={name: classes},
                    where=f"data {train.name!r}",
                )  # fmt: skip
            counts[name] = {label: known.count(label) for label in classes}
        classes = [f"{name}={label}" for name in names for label in counts[name]]
        return {"label_names": names, "counts": counts, "classes": classes}

    def encode(self, dataset: Dataset, targets: Targets) -> np.ndarray:
        """(n, tasks) float32: the number of the class in its task, or -1 where it is unknown."""
        import numpy as np

        y = _texts(self.labels(dataset, targets))
        codes = np.full(y.shape, -1, "float32")
        for t, classes in enumerate(targets["counts"].values()):
            index = {label: i for i, label in enumerate(classes)}
            codes[:, t] = [index.get(label, -1) for label in y[:, t]]
        return codes

    def units(self, dataset: Dataset, targets: Targets) -> pd.DataFrame:
        units = super().units(dataset, targets)
        return units.assign(y_true=_texts(units["y_true"]).tolist())

    def spec(self, features: tuple[TensorSpec, ...], targets: Targets) -> ModelSpec:
        """One tensor of logits for each task, called ``logits_<task>``."""
        heads, taken = [], set()
        for number, (name, classes) in enumerate(targets["counts"].items(), start=1):
            head = f"logits_{re.sub(r'[^A-Za-z0-9]+', '_', name)}"
            head = f"{head}_{number}" if head in taken else head
            taken.add(head)
            heads.append(TensorSpec(head, (len(classes),)))
        return ModelSpec(features, tuple(heads))

    def raw_shape(self, targets: Targets) -> tuple[int, ...]:
        return (len(targets["classes"]),)

    def assemble(self, body: keras.Model, targets: Targets, spec: ModelSpec) -> keras.Model:
        """The heads beside one another in one tensor, in the order of ``targets["classes"]``."""
        import keras

        model = super().assemble(body, targets, spec)
        if len(model.outputs) == 1:
            return model
        together = keras.layers.Concatenate(dtype="float32", name="logits")(model.outputs)
        return keras.Model(model.input, together, name=model.name)

    def loss(self, targets: Targets):
        from keras import ops

        parts = _parts(targets)
        factors = [float(self.weights.get(name, 1.0)) for name in targets["label_names"]]

        def loss(y, z):
            total = 0.0
            for t, (part, factor) in enumerate(zip(parts, factors, strict=True)):
                known = ops.cast(y[:, t] >= 0, z.dtype)
                code = ops.cast(ops.maximum(y[:, t], 0), "int32")
                total += factor * known * ops.sparse_categorical_crossentropy(code, z[:, part], from_logits=True)
            return total

        def error(y, z):
            said = ops.stack([ops.cast(ops.argmax(z[:, part], -1), "float32") for part in parts], axis=-1)
            y = ops.cast(y, "float32")
            known = ops.cast(y >= 0, "float32")
            wrong = known * ops.cast(ops.not_equal(y, said), "float32")
            return ops.sum(wrong, -1) / ops.maximum(ops.sum(known, -1), 1.0)

        return loss, error

    def finish(self, model: keras.Model, targets: Targets) -> keras.Model:
        import keras

        ends = [part.stop for part in _parts(targets)][:-1]
        logits = keras.ops.split(model.output, ends, axis=-1) if ends else [model.output]
        made = [keras.layers.Softmax(dtype="float32", name=f"probability_{t}")(z) for t, z in enumerate(logits, 1)]
        together = keras.layers.Concatenate(dtype="float32", name="probability")(made) if ends else made[0]
        return keras.Model(model.input, together, name=model.name)

    def rows(self, units: pd.DataFrame, raw: np.ndarray, targets: Targets) -> pd.DataFrame:
        import numpy as np

        proba = aligned(raw, units)
        y, loss = _texts(units["y_true"]), np.zeros(len(units))
        for t, (part, classes) in enumerate(zip(_parts(targets), targets["counts"].values(), strict=True)):
            index = {label: i for i, label in enumerate(classes)}
            known = np.array([label is not None for label in y[:, t]], dtype=bool)
            code = np.array([index.get(label, -1) for label in y[:, t]])
            likelihood = np.where(code >= 0, proba[:, part][np.arange(len(y)), np.maximum(code, 0)], 0.0)
            loss -= np.where(known, np.log(np.maximum(likelihood, _LEAST)), 0.0)
        y_pred = _said(proba, targets).tolist()
        error, size = self.error(units["y_true"], y_pred)
        return units.assign(y_pred=y_pred, error=error, size=size, loss=loss, proba=list(proba.astype("float32")))

    def error(self, y_true, y_pred) -> tuple[np.ndarray, np.ndarray]:
        """Share of the known labels that are wrong, and how many are known."""
        import numpy as np

        y, said = _texts(y_true), _texts(y_pred)
        known = y != None  # noqa: E711 - element by element
        size = known.sum(axis=1).astype(float)
        return (known & (y != said)).sum(axis=1) / np.maximum(size, 1), size

    def baseline(self, train: Dataset, units: pd.DataFrame, targets: Targets) -> pd.DataFrame:
        """The most frequent class of each task."""
        most = [max(counts, key=counts.get) for counts in targets["counts"].values()]
        y_pred = [most] * len(units)
        error, size = self.error(units["y_true"], y_pred)
        return units.assign(y_pred=y_pred, error=error, size=size)

    def answers(self, raw: np.ndarray, targets: Targets) -> dict:
        """``prediction`` (``kind=apple, colour=red``), ``prediction_<task>`` and ``proba_<task>=<class>``."""
        import numpy as np

        proba, names = np.asarray(raw, dtype="float64"), targets["label_names"]
        said = _said(proba, targets)
        words = [", ".join(f"{name}={label}" for name, label in zip(names, row, strict=True)) for row in said]
        columns = {"prediction": words} | {f"prediction_{name}": said[:, t] for t, name in enumerate(names)}
        return columns | {f"proba_{name}": proba[:, i] for i, name in enumerate(targets["classes"])}

    def show(self, row: pd.Series, dataset: Dataset, position: int) -> Cell:
        words = row.astype(object).copy()
        words["y_true"], words["y_pred"] = _in_words(row["y_true"]), _in_words(row["y_pred"])
        return super().show(words, dataset, position)


def _texts(values) -> np.ndarray:
    """(n, tasks) object array of the classes as text, None where a label is unknown."""
    import numpy as np

    rows = [[None if v is None or v != v else as_text(v) for v in row] for row in values]
    return np.array(rows, dtype=object).reshape(len(rows), -1)


def _parts(targets: Targets) -> list[slice]:
    """Where the classes of each task stand in an output."""
    parts, start = [], 0
    for classes in targets["counts"].values():
        parts.append(slice(start, start + len(classes)))
        start += len(classes)
    return parts


def _said(proba: np.ndarray, targets: Targets) -> np.ndarray:
    """(n, tasks) object array: the most probable class of each task."""
    import numpy as np

    columns = []
    for part, classes in zip(_parts(targets), targets["counts"].values(), strict=True):
        columns.append(np.array(list(classes), dtype=object)[proba[:, part].argmax(axis=1)])
    return np.stack(columns, axis=1)


def _in_words(labels) -> str:
    if not isinstance(labels, (list, tuple)):
        return str(labels)
    return ", ".join("?" if label is None else str(label) for label in labels)
