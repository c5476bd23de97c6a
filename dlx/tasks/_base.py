"""The contract of a task: from targets to rows of the predictions table; Keras only inside methods."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dlx.payloads import TensorSpec

if TYPE_CHECKING:
    import keras
    import numpy as np
    import pandas as pd
    import tensorflow as tf

    from dlx.dataset import Dataset

__all__ = ["Cell", "ModelSpec", "Targets", "Task"]

#: What was fitted on train and is needed to decode: classes, vocabulary, scale, threshold. Plain JSON.
Targets = dict[str, Any]


@dataclass(frozen=True)
class ModelSpec:
    """What a builder is given: the tensors that come in and the outputs that the task wants.

    Attributes:
        inputs: preprocessed inputs, float; most models have one, named ``features``.
        outputs: what the head gives, for builders that make their own head.
    """

    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]


@dataclass(frozen=True)
class Cell:
    """One example made visible.

    Attributes:
        kind: ``image`` (array (height, width, channels), 0–1), ``row`` (mapping) or ``text``.
        value: what is shown.
        caption: one line beneath it.
    """

    kind: str
    value: Any
    caption: str


class Task:
    """What is predicted, how it is learned and how it is scored.

    A subclass's ``__init__`` arguments are the task's recipe keys. The defaults here fit every task with one scored
    unit per example and in-memory or lazy payloads; detection, triplets, translation … override what differs.
    """

    #: the metric of a row's ``error``, its unit, and whether it lies in [0, 1]
    METRIC, UNIT, BOUNDED = "error", "", True

    def targets(self, train: Dataset) -> Targets:
        """Fit what decoding needs, on train only.

        Raises:
            UserError: labels that the task cannot take.
        """
        raise TypeError(f"{type(self).__name__} must define targets()")

    def units(self, dataset: Dataset, targets: Targets) -> pd.DataFrame:
        """Scored units, one row each: id, source, group, size, weight, y_true and meta columns; here the examples."""
        examples = dataset.examples
        keep = ["id", "source", "group", "weight", *[c for c in examples if c.startswith("meta_")]]
        return examples[keep].assign(size=1.0, y_true=examples["y"])

    def encode(self, dataset: Dataset, targets: Targets) -> np.ndarray:
        """Labels as the loss wants them: (n,) or (n, outputs).

        Raises:
            UserError: a label that train did not show.
        """
        raise TypeError(f"{type(self).__name__} must define encode()")

    def batches(
        self,
        dataset: Dataset,
        targets: Targets,
        *,
        batch_size: int,
        training: bool,
        seed: int = 0,
        epoch: int = 0,
        class_weight: dict[str, float] | None = None,
        augment: Callable | None = None,
    ) -> tf.data.Dataset:
        """Batches of (inputs, y, weight); in training shuffled by (seed, epoch), read anew at each pass.

        ``augment`` changes the inputs of training batches: (inputs, seed, epoch, batch number) → inputs.
        """
        from dlx.training.batches import batches

        y = self.encode(dataset, targets)
        weight = self.example_weights(dataset, targets, class_weight)
        order = {"batch_size": batch_size, "training": training, "seed": seed, "epoch": epoch}
        return batches(dataset.payload, y, weight, **order, augment=augment)

    def example_weights(self, dataset: Dataset, targets: Targets, class_weight: dict[str, float] | None) -> np.ndarray:
        """(n,) float32: the example weights of the data; tasks with classes multiply in the class weights."""
        return dataset.examples["weight"].to_numpy("float32")

    def spec(self, features: tuple[TensorSpec, ...], targets: Targets) -> ModelSpec:
        """Preprocessed inputs and the outputs wanted of the model."""
        raise TypeError(f"{type(self).__name__} must define spec()")

    def raw_shape(self, targets: Targets) -> tuple[int | None, ...]:
        """Shape of the finished model's output for one example."""
        return self.spec((), targets).outputs[0].shape

    def assemble(self, body: keras.Model, targets: Targets, spec: ModelSpec) -> keras.Model:
        """Head on the body: named features in, ``spec.outputs`` out (logits or standardised numbers)."""
        from dlx.builders._layers import head

        return head(body, spec)

    def loss(self, targets: Targets):
        """``(loss, error)``: two functions of (y, output) that give one number per example."""
        raise TypeError(f"{type(self).__name__} must define loss()")

    def finish(self, model: keras.Model, targets: Targets) -> keras.Model:
        """The model as users want it: probabilities or the target's unit instead of logits."""
        raise TypeError(f"{type(self).__name__} must define finish()")

    def decode(self, model: keras.Model, dataset: Dataset, targets: Targets, *, batch_size: int = 256) -> np.ndarray:
        """Raw outputs of the finished model, one row per example; search and sampling override this."""
        from dlx.training.batches import inputs_only

        return model.predict(inputs_only(dataset.payload, batch_size), verbose=0)

    def rows(self, units: pd.DataFrame, raw: np.ndarray, targets: Targets) -> pd.DataFrame:
        """The waist: units plus y_pred, error, size, and loss and probabilities where there are any."""
        raise TypeError(f"{type(self).__name__} must define rows()")

    def error(self, y_true, y_pred) -> tuple[np.ndarray, np.ndarray]:
        """``(error, size)`` of each row, in the user's own labels; no TensorFlow, the same for foreign tables."""
        raise TypeError(f"{type(self).__name__} must define error()")

    def tune(self, targets: Targets, dev: pd.DataFrame, raw: np.ndarray, metric) -> Targets:
        """Choose on dev what is left to choose (a threshold) and record it; here nothing."""
        return targets

    def baseline(self, train: Dataset, units: pd.DataFrame, targets: Targets) -> pd.DataFrame:
        """Rows of the best constant prediction, fitted on train."""
        raise TypeError(f"{type(self).__name__} must define baseline()")

    def answers(self, raw: np.ndarray, targets: Targets) -> dict[str, Any]:
        """Columns for ``dlx predict``: ``prediction`` and, where there are any, ``proba_<class>``."""
        raise TypeError(f"{type(self).__name__} must define answers()")

    def show(self, row: pd.Series, dataset: Dataset, position: int) -> Cell:
        """One example for the report, the tagging page or the terminal."""
        caption = f"{row['y_pred']} (true: {row['y_true']})"
        raw = dataset.payload.take([position])
        if "image" in raw:
            image = raw["image"][0]
            return Cell("image", image / 255.0 if image.dtype == "uint8" else image, caption)
        values = {}
        for tensor in dataset.payload.inputs:
            names = tensor.names or [f"{tensor.name}[{i}]" for i in range(min(raw[tensor.name][0].size, 12))]
            values |= dict(zip(names, raw[tensor.name][0].ravel().tolist(), strict=False))
        return Cell("row", values, caption)
