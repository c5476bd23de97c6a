"""What people's answers are held against: the examples of dev with their labels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from dlx.errors import UserError
from dlx.humans._answers import Answers
from dlx.predictions import Predictions

__all__ = ["Reference"]

_COLUMNS = ("id", "split", "source", "group", "weight", "size", "y_true")


@dataclass(frozen=True)
class Reference:
    """Examples with their labels.

    Attributes:
        table: one row per scored example of any split: id, split, source, group, weight, y_true.
        answers: what may be said about them.
        unit: of the error; empty for rates.
    """

    table: pd.DataFrame
    answers: Answers
    unit: str = ""

    @property
    def dev(self) -> pd.DataFrame:
        """The examples that people are asked about, by id."""
        return self.table[(self.table["split"] == "dev").to_numpy()].set_index("id", drop=False)

    @property
    def bounded(self) -> bool:
        """Whether errors lie in [0, 1]."""
        return self.answers.task != "regression"

    @staticmethod
    def of_predictions(found: Predictions, predictor: str, *, names: tuple[str, ...] = (), unit: str = "") -> Reference:
        """The examples that a model was scored on.

        Args:
            found: the table.
            predictor: whose rows; only their labels are used.
            names: of several labels, where the table has none.
            unit: of the error.

        Raises:
            UserError: a task that people's answers cannot be scored for, or no row of dev.
        """
        rows = found.rows(predictor)
        rows = rows[(rows["size"] > 0).to_numpy()]
        if not (rows["split"] == "dev").any():
            raise UserError("people are asked about dev, and the table has no row of it", value=predictor)
        size = len(rows["y_true"].iloc[0]) if found.task == "multilabel" else 0
        labels = found.classes
        if found.task == "classification" and not labels:
            labels = tuple(str(c) for c in rows["y_true"].cat.categories)
        if found.task == "multilabel":
            labels = names or (labels if len(labels) == size else ())
        kept = rows[[c for c in _COLUMNS if c in rows]].reset_index(drop=True)
        return Reference(plain(kept), Answers(found.task, tuple(labels), size), unit)

    @staticmethod
    def of_examples(
        examples: pd.DataFrame, split: np.ndarray, task: str, *, names: tuple[str, ...] = (), unit: str = ""
    ) -> Reference:
        """The examples of a recipe's data.

        Args:
            examples: ``id``, ``source``, ``group``, ``weight``, ``y``.
            split: (n,) the part each is in; None for none.
            task: the recipe's.
            names: of several labels.
            unit: of the error.

        Raises:
            UserError: a task that people's answers cannot be scored for.
        """
        table = examples[["id", "source", "group", "weight"]].assign(split=split, y_true=examples["y"])
        if task == "classification":
            table["y_true"] = table["y_true"].map(str)
        if task == "regression":
            table["y_true"] = table["y_true"].map(float)
        if task == "multilabel":
            table = table[[any(v is not None and v == v for v in y) for y in table["y_true"]]]
        labels = tuple(sorted(set(table["y_true"]), key=_natural)) if task == "classification" else names
        return Reference(plain(table.reset_index(drop=True)), Answers(task, labels, len(names)), unit)


def plain(table: pd.DataFrame) -> pd.DataFrame:
    """The table with text where it held categories, so that rows of people can be put beside it."""
    coded = [c for c in table if isinstance(table[c].dtype, pd.CategoricalDtype)]
    return table.assign(**{c: table[c].astype(object) for c in coded})


def _natural(label: str) -> tuple[bool, float, str]:
    return (False, float(label), label) if label.isdecimal() else (True, 0.0, label)
