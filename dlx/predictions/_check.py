"""From columns as they were found to a complete and checked predictions table."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd

from dlx import parts
from dlx.errors import UserError, nearest
from dlx.predictions import _columns, _labels

__all__ = ["OWN", "checked"]

_OPTIONAL = ("predictor", "source", "group", "error", "size", "weight", "loss")
#: The task of a table whose error column is its own measure and whose labels are no classes (word error rate, IoU …).
OWN = "own"


def checked(
    frame: pd.DataFrame, where: str, *, task: str | None = None, recorded: dict | None = None, parse: bool = False
) -> dict[str, Any]:
    """Check the columns and complete them.

    Args:
        frame: columns as they were found, RangeIndex.
        where: what they were found in, for messages.
        task: the task the user names, or None.
        recorded: what dlx wrote into the file: task, classes, note.
        parse: all values are text (CSV): numbers among labels are to be recognised.

    Returns:
        the fields of ``Predictions``.

    Raises:
        UserError: what is wrong, with value and row.
    """
    recorded = recorded or {}
    _columns.require([str(c) for c in frame.columns], where)
    if not len(frame):
        raise UserError("the predictions table has no rows", where=where)
    columns: dict = {"predictor": _predictor(frame, where), "id": _columns.ids(frame["id"], where)}
    columns["split"], notes = _columns.splits(frame["split"], frame, where)
    for name in ("source", "group"):
        columns[name] = _columns.words(frame[name]) if name in frame else _nothing(len(frame))
    _columns.refuse_repeats(pd.DataFrame({k: columns[k] for k in ("predictor", "id", "split")}, copy=False), where)
    given = {n: _columns.numbers(frame[n], frame, where) for n in ("error", "size", "weight") if n in frame}
    error = given.get("error")
    y_true, y_pred = (_label(frame, name, parse, error is not None, where) for name in ("y_true", "y_pred"))
    task, note = _task(y_true, y_pred, task, recorded, error)
    classes = tuple(recorded.get("classes", ())) if recorded.get("task") in (None, task) else ()
    columns["y_true"], columns["y_pred"] = _coded(y_true, y_pred, task, classes, where)
    if task == "classification":
        classes = tuple(columns["y_true"].categories)
    if task == "multitask" and not classes:
        classes = tuple(str(c)[6:] for c in frame if str(c).startswith("proba_") and "=" in str(c))
    columns |= _measures(given, columns, task)
    columns |= _extras(frame, classes, where)
    table = pd.DataFrame(columns, copy=False)
    _refuse_no_weight(table, where)
    notes = [note, *(f"{n[0].upper()}{n[1:]}." for n in [*notes, *_hints(frame)])]
    bounded = task != "regression" and bool(table["error"].max() <= 1)
    return {"table": table, "task": task, "note": " ".join(notes), "classes": classes, "bounded": bounded}


def _predictor(frame: pd.DataFrame, where: str) -> pd.Series:
    if "predictor" not in frame:
        return pd.Series(pd.Categorical.from_codes(np.zeros(len(frame), "int8"), categories=["model"]))
    names = _columns.words(frame["predictor"])
    missing = names.cat.codes.to_numpy() < 0
    if missing.any():
        place = _columns.row(frame, int(np.argmax(missing)), where)
        raise UserError("every row needs a predictor where the column is there", where=place)
    return names


def _nothing(n: int) -> pd.Series:
    return pd.Series(pd.Categorical.from_codes(np.full(n, -1, "int8"), categories=pd.Index([], dtype=object)))


def _label(frame: pd.DataFrame, name: str, parse: bool, given: bool, where: str) -> _labels.Labels:
    """One label column; an empty text is a missing label, unless the error is given (an empty transcript is one)."""
    series = frame[name]
    missing = series.isna().to_numpy()
    if not given and _is_text(series):
        missing = missing | (series == "").fillna(False).to_numpy(dtype=bool)
    if missing.any():
        position = int(np.argmax(missing))
        raise UserError(
            f"every row needs a label in {name}",
            value=_columns.plain(series.iloc[position]),
            where=_columns.row(frame, position, where),
            hint="Leave rows out that have none.",
        )
    try:
        return _labels.labels(series, parse=parse)
    except UserError as error:
        raise UserError(error.rule, value=error.value, where=f"{where}, {error.where}", hint=error.hint) from error


def _is_text(series: pd.Series) -> bool:
    if isinstance(series.dtype, pd.CategoricalDtype):
        return "" in series.cat.categories
    return pd.api.types.infer_dtype(series) == "string" if series.dtype == object else series.dtype == "string"


def _task(y_true: _labels.Labels, y_pred: _labels.Labels, task: str | None, recorded: dict, error):
    """The task's name and the sentence that says how it was decided."""
    if recorded.get("task") and task in (None, recorded["task"]):
        return recorded["task"], recorded.get("note") or f"Task: {recorded['task']}, as recorded in the file."
    if task is not None:
        return task, f"Task: {task}, as you said."
    task, why = _labels.decide(y_true, y_pred)
    if error is not None:
        if task == "classification" and not np.isin(error, (0, 1)).all():
            return OWN, "Task: your own, since the column error holds more than 0 and 1."
        return task, f"Task: {task}, since {why}; the error is read from its column."
    other = {"classification": "regression", "regression": "classification"}.get(task)
    change = f" (if not: --task {other})" if other and "number" in why else ""
    return task, f"Task: {task}, since {why}{change}."


def _coded(y_true: _labels.Labels, y_pred: _labels.Labels, task: str, known: tuple[str, ...], where: str):
    """Both label columns as the task keeps them."""
    try:
        if task == "classification":
            return _labels.to_classes(y_true, y_pred, known)
        if task == "regression":
            return _labels.to_numbers(y_true), _labels.to_numbers(y_pred)
        if task in ("multilabel", "multitask"):
            words = task == "multitask"
            return _labels.to_lists(y_true, words=words), _labels.to_lists(y_pred, words=words)
    except UserError as error:
        hint = error.hint or f"Is {task} the right task?"
        raise UserError(error.rule, value=error.value, where=f"{where}, {error.where}", hint=hint) from error
    return y_true.values, y_pred.values


def _measures(given: dict[str, np.ndarray], columns: dict, task: str) -> dict[str, np.ndarray]:
    """``error``, ``size`` and ``weight``, given or worked out by the task."""
    n, worked_out = len(columns["id"]), {}
    if "error" not in given and task == "classification":  # the task's rule on codes: no million texts are made
        worked_out["error"] = (columns["y_true"].codes != columns["y_pred"].codes).astype("float64")
    elif "error" not in given:
        error, size = parts.load("tasks", task)().error(columns["y_true"], columns["y_pred"])
        worked_out = {"error": np.asarray(error, "float64"), "size": np.asarray(size, "float64")}
    found = worked_out | given
    return {name: found.get(name, np.ones(n)) for name in ("error", "size", "weight")}


def _extras(frame: pd.DataFrame, classes: tuple[str, ...], where: str) -> dict:
    """``loss``, ``proba_<class>`` and ``meta_*``; a column ``proba`` of lists is spread over the classes."""
    extras: dict = {}
    if "loss" in frame:
        loss = frame["loss"]
        loss = loss.astype(object) if isinstance(loss.dtype, pd.CategoricalDtype) else loss
        extras["loss"] = pd.to_numeric(loss, errors="coerce").to_numpy("float64", na_value=np.nan)
    spread = _spread(frame["proba"], classes, where) if "proba" in frame and classes else {}
    named = [str(c) for c in frame if str(c).startswith("proba_")]
    for name in [*named, *(n for n in spread if n not in named)]:
        values = frame[name].to_numpy("float32", na_value=np.nan) if name in named else spread[name]
        if name in named and name in spread:  # rows of both kinds were put together
            values = np.where(np.isnan(values), spread[name], values)
        wrong = (values < -1e-6) | (values > 1 + 1e-6)
        if wrong.any():
            position = int(np.argmax(wrong))
            place = _columns.row(frame, position, where)
            raise UserError(f"{name} lies between 0 and 1", value=float(values[position]), where=place)
        extras[name] = values
    return extras | {c: frame[c].array for c in frame.columns if str(c).startswith("meta_")}


def _spread(column: pd.Series, classes: tuple[str, ...], where: str) -> dict[str, np.ndarray]:
    """One column per class; rows without probabilities (a baseline's) are NaN."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype(object).map(lambda text: json.loads(text) if text else None)
    there = column.notna().to_numpy()
    matrix = np.full((len(column), len(classes)), np.nan, "float32")
    if there.any():
        values = column[there]
        if pd.api.types.is_numeric_dtype(column) and len(classes) == 2:  # one number: the second class's
            matrix[there, 1] = values.to_numpy("float32")
            matrix[there, 0] = 1 - matrix[there, 1]
        else:
            try:
                matrix[there] = np.stack(values.to_numpy())
            except (ValueError, TypeError) as error:
                raise UserError(
                    f"proba holds one number per class, {len(classes)} in each row",
                    value=values.iloc[0],
                    where=where,
                    hint=f"The classes are {', '.join(classes[:10])}; or write columns proba_<class>.",
                ) from error
    return {f"proba_{c}": matrix[:, i] for i, c in enumerate(classes)}


def _refuse_no_weight(table: pd.DataFrame, where: str) -> None:
    code = (
        table["predictor"].cat.codes.to_numpy() * np.int32(len(_columns.SPLITS)) + table["split"].cat.codes.to_numpy()
    )
    total = np.bincount(code, weights=table["weight"].to_numpy() * table["size"].to_numpy())
    rows = np.bincount(code)
    for empty in np.flatnonzero((total == 0) & (rows > 0)):
        predictor, split = divmod(int(empty), len(_columns.SPLITS))
        value = f"{table['predictor'].cat.categories[predictor]}, {_columns.SPLITS[split]}"
        raise UserError("weight times size must not be 0 in all rows of a split", value=value, where=where)


def _hints(frame: pd.DataFrame) -> list[str]:
    """Columns that were ignored, and those that may be misspelt."""
    known = {*_columns.REQUIRED, *_OPTIONAL, "proba"}
    others = frame.attrs.get("ignored", [])
    others = others or [str(c) for c in frame if c not in known and not str(c).startswith(("meta_", "proba_"))]
    notes = []
    for name in others:
        close = nearest(name, [c for c in _OPTIONAL if c not in frame])
        if close:
            notes.append(f"column {name!r} is ignored; if it is meant as {close!r}, rename it")
    return notes
