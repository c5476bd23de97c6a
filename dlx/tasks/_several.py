"""What tasks with several labels per example share: which labels are learned, and examples without any are left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlx.errors import UserError, unknown
from dlx.tasks._base import Targets, Task

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import tensorflow as tf

    from dlx.dataset import Dataset

__all__ = ["SeveralLabels"]


class SeveralLabels(Task):
    """A task whose ``y`` is a list with one label per name, None where a label is not known.

    Args:
        only: names of the labels to learn; None for all. With one name it is the separate network for that label.
    """

    def __init__(self, only: list | None = None):
        if only is not None and (not only or len(set(only)) < len(only)):
            raise UserError("only: names at least one label, each once", value=only, where="task.only")
        self.only = None if only is None else [str(name) for name in only]

    def names(self, train: Dataset) -> list[str]:
        """The labels that are learned, in the order of the data.

        Raises:
            UserError: one label per example, or ``only`` names a label that the data lack.
        """
        if not train.label_names:
            raise UserError(
                f"{type(self).__name__.lower()} needs several labels per example",
                value=train.examples["y"].iloc[0],
                where=f"data {train.name!r}",
                hint="Name several label columns in the reader, or use task: classification.",
            )
        for name in self.only or ():
            if name not in train.label_names:
                raise unknown("label", name, train.label_names, where="task.only")
        return [name for name in train.label_names if self.only is None or name in self.only]

    def labels(self, dataset: Dataset, targets: Targets) -> pd.Series:
        """Lists of the labels that are learned, in the order of ``targets["label_names"]``."""
        y, names = dataset.examples["y"], targets["label_names"]
        if list(dataset.label_names) == list(names):
            return y
        places = [dataset.label_names.index(name) for name in names]
        return y.map(lambda row: [row[i] for i in places])

    def units(self, dataset: Dataset, targets: Targets) -> pd.DataFrame:
        """The examples with a known label: others cannot be scored; the index is the position in the data set."""
        units = super().units(dataset, targets).assign(y_true=self.labels(dataset, targets))
        return units[units["y_true"].map(lambda row: any(_is_known(v) for v in row)).to_numpy(bool)]

    def batches(self, dataset: Dataset, targets: Targets, **settings) -> tf.data.Dataset:
        """As every task's, without the examples of which no label is known: they would dilute each mean of a batch."""
        import numpy as np

        known = (self.encode(dataset, targets) >= 0).any(axis=1)
        if known.any() and not known.all():
            dataset = dataset.subset(np.flatnonzero(known))
        return super().batches(dataset, targets, **settings)


def aligned(raw: np.ndarray, units: pd.DataFrame) -> np.ndarray:
    """(units, outputs) float64: outputs of the units alone, where ``raw`` has one row per example."""
    import numpy as np

    raw = np.asarray(raw, dtype="float64")
    return raw if len(raw) == len(units) else raw[units.index.to_numpy()]


def _is_known(value) -> bool:
    return value is not None and value == value
