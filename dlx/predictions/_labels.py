"""What the labels are: classes, numbers or lists, and how that was decided."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from dlx.errors import UserError
from dlx.predictions._columns import plain

__all__ = ["Labels", "decide", "labels", "natural", "to_classes", "to_lists", "to_numbers"]

_WHOLE = re.compile(r"(-?\d+)\.0+")
_TRUTH = {"true": "True", "false": "False"}
_BITS = {"1": "True", "1.0": "True", "0": "False", "0.0": "False"}


@dataclass(frozen=True)
class Labels:
    """One label column.

    Attributes:
        name: ``y_true`` or ``y_pred``.
        kind: ``text``, ``boolean``, ``number`` or ``list``.
        values: a Categorical of str for text, else an array with one entry per row.
        fraction: position of the first number that is not whole, or None.
    """

    name: str
    kind: Literal["text", "boolean", "number", "list"]
    values: pd.Categorical | np.ndarray
    fraction: int | None = None

    def __len__(self) -> int:
        return len(self.values)


def labels(series: pd.Series, *, parse: bool) -> Labels:
    """Look at one label column without missing values; with ``parse`` (CSV) text that is all numbers is numbers."""
    name, values = str(series.name), series
    if isinstance(values.dtype, pd.CategoricalDtype):
        if not pd.api.types.is_string_dtype(values.cat.categories):
            return labels(values.astype(values.cat.categories.dtype), parse=parse)
        return _text(name, values.array, parse)
    if pd.api.types.is_bool_dtype(values):
        return Labels(name, "boolean", values.to_numpy(dtype=bool))
    if pd.api.types.is_numeric_dtype(values):
        return _number(name, values.to_numpy())
    first = values.iloc[0]
    if isinstance(first, (list, tuple, np.ndarray)):
        return Labels(name, "list", values.to_numpy(dtype=object))
    inferred = pd.api.types.infer_dtype(values)
    if inferred == "boolean":
        return Labels(name, "boolean", values.to_numpy(dtype=bool))
    if inferred in ("integer", "floating", "mixed-integer-float", "decimal"):
        return _number(name, pd.to_numeric(values).to_numpy())
    return _text(name, pd.Categorical(values if inferred == "string" else values.map(_as_text)), parse)


def _number(name: str, values: np.ndarray) -> Labels:
    bad = ~np.isfinite(values) if values.dtype.kind == "f" else np.zeros(len(values), bool)
    if bad.any():
        row = int(np.argmax(bad))
        raise UserError(
            f"every row needs a label, and {name} is missing or infinite",
            value=plain(values[row]),
            where=f"row {row + 1}",
        )
    whole = np.ones(len(values), bool) if values.dtype.kind in "iu" else values == np.floor(values)
    return Labels(name, "number", values, None if whole.all() else int(np.argmin(whole)))


def _text(name: str, values: pd.Categorical, parse: bool) -> Labels:
    categories = values.categories
    if parse and len(categories):
        if all(str(c).startswith("[") for c in categories[:10]):
            return Labels(name, "list", _lists(name, values))
        numbers = pd.to_numeric(pd.Series(categories, dtype=object), errors="coerce").to_numpy("float64")
        lost = np.isnan(numbers)
        if not lost.all() and all(str(c).lower() == "nan" for c in categories[lost]):
            if np.isfinite(numbers).all() and (numbers == np.floor(numbers)).all():
                return Labels(name, "text", values)  # whole numbers are classes, and 007 stays 007
            return _number(name, numbers[values.codes])
    return Labels(name, "text", values)


def _lists(name: str, values: pd.Categorical) -> np.ndarray:
    parsed = np.empty(len(values.categories), dtype=object)
    for i, text in enumerate(values.categories):
        try:
            parsed[i] = json.loads(text)
        except ValueError as error:
            row = int(np.argmax(values.codes == i))
            raise UserError(
                f"{name} holds lists, and a list is JSON such as [1,0,null]", value=str(text), where=f"row {row + 1}"
            ) from error
    return parsed[values.codes]


def decide(y_true: Labels, y_pred: Labels) -> tuple[str, str]:
    """The task that the labels tell, and why: ``("regression", "y_pred holds 0.73 …")``."""
    both = (y_true, y_pred)
    for column in both:
        if column.kind == "list":
            if any(isinstance(v, str) for row in column.values for v in row):
                return "multitask", f"{column.name} holds lists of classes"
            return "multilabel", f"{column.name} holds lists"
    if all(_is_number(column) for column in both):
        for column in both:
            if column.fraction is not None:
                value = column.values[column.fraction]
                return "regression", f"{column.name} holds numbers that are not whole, such as {value:g}"
        return "classification", "labels are whole numbers"
    kinds = {"boolean": "yes or no", "text": "text", "number": "text and numbers"}
    return "classification", f"labels are {kinds[y_true.kind if y_true.kind == y_pred.kind else 'number']}"


def _is_number(column: Labels) -> bool:
    if column.kind != "text":
        return column.kind == "number"
    return all(re.fullmatch(r"\s*[-+]?\d+(\.0*)?([eE]\+?\d+)?\s*", str(c)) for c in column.values.categories)


def to_classes(y_true: Labels, y_pred: Labels, known: tuple[str, ...]) -> tuple[pd.Categorical, pd.Categorical]:
    """Both columns as classes over the same categories: ``known`` first, then the others in natural order."""
    both = [_categorical(column) for column in (y_true, y_pred)]
    rename = _same_words(*(set(map(str, c.categories)) for c in both))
    names = [[rename(str(c)) for c in column.categories] for column in both]
    others = sorted({*names[0], *names[1]} - set(known), key=natural)
    index = pd.Index([*known, *others], dtype=object)
    coded = []
    for column, mine in zip(both, names, strict=True):
        codes = index.get_indexer(pd.Index(mine, dtype=object)).astype("int32")
        coded.append(pd.Categorical.from_codes(codes[column.codes] if len(codes) else column.codes, categories=index))
    return coded[0], coded[1]


def _categorical(column: Labels) -> pd.Categorical:
    if column.kind == "text":
        return column.values
    values = column.values
    if column.kind == "list":
        values = np.array([json.dumps(list(v)) for v in values], dtype=object)
    codes, unique = pd.factorize(values)
    return pd.Categorical.from_codes(codes, categories=[_as_text(v) for v in unique])


def _same_words(true: set[str], pred: set[str]):
    """How to spell labels so that both columns spell them alike: 3.0 as 3, true and 1 as True, where all are such."""
    every = true | pred
    truths = [word for word in every if word.lower() in _TRUTH]
    if truths and all(word in truths or word in _BITS for word in every):
        return lambda word: _TRUTH.get(word.lower()) or _BITS[word]
    if every and all(_WHOLE.fullmatch(word) or word.lstrip("-").isdigit() for word in every):
        return lambda word: _WHOLE.sub(r"\1", word)
    return lambda word: word


def to_numbers(column: Labels) -> np.ndarray:
    """The column as float64.

    Raises:
        UserError: a value that is no finite number, with its row.
    """
    if column.kind == "list":
        raise UserError(
            f"regression needs one number in each row of {column.name}", value=column.values[0], where="row 1"
        )
    if column.kind == "text":
        categories = pd.to_numeric(pd.Series(column.values.categories, dtype=object), errors="coerce")
        numbers = categories.to_numpy("float64")[column.values.codes]
        shown = column.values
    else:
        numbers = shown = column.values.astype("float64")
    bad = ~np.isfinite(numbers)
    if bad.any():
        row = int(np.argmax(bad))
        raise UserError(
            f"regression needs finite numbers in {column.name}", value=plain(shown[row]), where=f"row {row + 1}"
        )
    return numbers


def to_lists(column: Labels, *, words: bool = False) -> np.ndarray:
    """The column as lists of 1, 0 and None; with ``words`` of class names and None.

    Raises:
        UserError: a row that is no list, or lists of different lengths.
    """
    if column.kind != "list":
        task, such = ("multitask", '["apple","red",null]') if words else ("multilabel", "[1,0,null]")
        raise UserError(f"{task} needs lists in {column.name}, such as {such}", value=column.values[0], where="row 1")
    lengths = np.array([len(v) for v in column.values])
    if (lengths != lengths[0]).any():
        row = int(np.argmax(lengths != lengths[0]))
        raise UserError(
            f"all lists in {column.name} must have {lengths[0]} labels",
            value=column.values[row],
            where=f"row {row + 1}",
        )
    rows = np.empty(len(column), dtype=object)
    for i, values in enumerate(column.values):
        rows[i] = [None if v is None or v != v else _as_text(v) if words else v for v in values]
    return rows


def natural(label: str) -> tuple[int, float, str]:
    """Sort key: numbers by value, then words."""
    try:
        return (0, float(label), label)
    except ValueError:
        return (1, 0.0, label)


def _as_text(value: object) -> str:
    if isinstance(value, (float, np.floating)) and float(value).is_integer():
        return str(int(value))
    return str(value)
