"""The predictions table: read from CSV, Parquet or a DataFrame, checked, and written."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from dlx import parts
from dlx.errors import UserError
from dlx.predictions import _files
from dlx.predictions._check import checked

__all__ = ["Predictions", "read", "write"]


@dataclass(frozen=True)
class Predictions:
    """Predictions of one or more predictors, one row per (predictor, scored unit).

    Attributes:
        table: RangeIndex; ``predictor``, ``split``, ``source``, ``group`` (Categorical of text, the last two may be
            missing), ``id`` (text), ``y_true``, ``y_pred`` (Categorical of text over the same categories for classes,
            float64 for regression, lists of 1/0/None for multilabel, of class names and None for multitask),
            ``error``, ``size``, ``weight`` (float64 ≥ 0), and where there are any ``loss``, ``proba_<class>`` (0–1) and
            the user's ``meta_*``.
        task: name of a part of family ``tasks``, or ``own`` where only the error column tells.
        note: the task and how it was decided, and whatever else was assumed; one or more sentences.
        classes: the classes in the order of ``proba_<class>``, for multitask ``<task>=<class>``; empty where there are
            none.
        bounded: whether the error lies in 0–1 by its kind.
    """

    table: pd.DataFrame
    task: str
    note: str = ""
    classes: tuple[str, ...] = ()
    bounded: bool = True

    def __len__(self) -> int:
        return len(self.table)

    @property
    def predictors(self) -> tuple[str, ...]:
        """Names of the predictors that have rows."""
        column = self.table["predictor"]
        used = np.unique(column.cat.codes)
        return tuple(str(column.cat.categories[c]) for c in used)

    @property
    def label_names(self) -> tuple[str, ...]:
        """Names of the labels, or tasks, where a row has several; empty where they are not known."""
        if self.task == "multilabel":
            return self.classes
        if self.task == "multitask":
            return tuple(dict.fromkeys(name.partition("=")[0] for name in self.classes))
        return ()

    def rows(self, predictor: str | None = None, split: str | None = None) -> pd.DataFrame:
        """The rows of one predictor or split; the whole table, uncopied, where that is all."""
        keep = np.ones(len(self.table), bool)
        if predictor is not None:
            keep &= (self.table["predictor"] == predictor).to_numpy()
        if split is not None:
            keep &= (self.table["split"] == split).to_numpy()
        return self.table if keep.all() else self.table[keep]

    def _repr_html_(self) -> str:
        from html import escape

        counts = self.table.groupby(["predictor", "split"], observed=True).size().unstack(fill_value=0)
        return f"<p>{escape(self.note)}</p>{counts.to_html()}"


def read(
    source: str | os.PathLike | pd.DataFrame | Predictions, task: str | None = None, *, classes: Sequence[str] = ()
) -> Predictions:
    """Read and check a predictions table of any framework.

    Args:
        source: a CSV (also gzipped, also with ``;`` or tabs) or Parquet file, or a DataFrame. Columns ``id``,
            ``split``, ``y_true`` and ``y_pred`` are required; ``predictor``, ``source``, ``group``, ``error``,
            ``size``, ``weight``, ``loss``, ``proba_<class>`` and ``meta_*`` are optional, others are ignored.
        task: ``classification``, ``multilabel``, ``multitask`` or ``regression``; None decides by the labels: text,
            booleans and whole numbers are classes, any number that is not whole means regression, lists mean several
            labels, of words several tasks.
        classes: order of the classes (or names of the labels) in a column ``proba`` of lists; where it is not
            given, the order that stands in the file, else numbers by value and words by alphabet.

    Returns:
        the table, complete and checked; ``note`` says what was decided.

    Raises:
        UserError: what is wrong, with value and row.
    """
    if isinstance(source, Predictions) and task in (None, source.task):
        return source
    if task is not None:
        parts.find("tasks", task, where="--task")
    recorded: dict = {}
    parse = False
    if isinstance(source, Predictions):
        frame, where = source.table, "the table"
    elif isinstance(source, pd.DataFrame):
        frame, where = source.reset_index(drop=source.index.name != "id" or "id" in source), "the DataFrame"
    elif isinstance(source, (str, os.PathLike)):
        frame, recorded, parse = _files.from_file(Path(source))
        where = Path(source).name
    else:
        raise UserError("a predictions table is a file or a DataFrame", value=type(source).__name__)
    if classes:
        recorded = recorded | {"classes": list(classes), "task": task or recorded.get("task")}
    return Predictions(**checked(frame, where, task=task, recorded=recorded, parse=parse))


def write(predictions: Predictions, path: str | os.PathLike) -> Path:
    """Write the table as Parquet, atomically; task and classes stand in the file's schema.

    Rows that were not read by dlx (those of a task, with a column ``proba`` of lists) are checked and completed first.

    Args:
        predictions: what to write.
        path: the file.

    Returns:
        the path.

    Raises:
        DlxError: the disk is full; the old file, if any, is still there.
        UserError: rows that are no predictions table.
    """
    recorded = {"task": predictions.task, "classes": list(predictions.classes), "note": predictions.note}
    table = predictions.table
    if "proba" in table or not isinstance(table["predictor"].dtype, pd.CategoricalDtype):
        table = checked(table.reset_index(drop=True), "the table", recorded=recorded)["table"]
    _files.to_parquet(table, Path(path), recorded)
    return Path(path)
