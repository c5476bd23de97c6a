"""Columns of a table as an examples table and a payload want them, with row and column in every message."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from dlx.dataset import split_name
from dlx.errors import UserError
from dlx.readers import _labels
from dlx.readers._roles import Roles
from dlx.readers._table import Table, as_number, as_text

__all__ = ["categories", "labels", "numbers", "singles"]


def numbers(table: Table, columns: Sequence[str]) -> np.ndarray:
    """(n, k) float64, NaN where missing.

    Raises:
        UserError: text, an infinite number or one too large for float32.
    """
    values = np.empty((len(table), len(columns)), dtype=np.float64)
    for i, column in enumerate(columns):
        values[:, i], bad = as_number(table.frame[column])
        bad = bad | (np.abs(values[:, i]) > np.finfo(np.float32).max)
        if bad.any():
            raise _at(table, column, bad, "a feature must be a finite number that fits in 32 bits")
    return values


def categories(table: Table, columns: Sequence[str]) -> np.ndarray:
    """(n, k) object array of str, "" where missing."""
    values = np.empty((len(table), len(columns)), dtype=object)
    for i, column in enumerate(columns):
        values[:, i] = [text.strip() for text in as_text(table.frame[column])]
    return values


def labels(table: Table, columns: Sequence[str]) -> tuple[list, tuple[str, ...]]:
    """(y, label_names): text for classes, float for numbers with a fraction, lists for several columns.

    Raises:
        UserError: missing labels, with how many and the first row.
    """
    if len(columns) > 1:
        return _labels.several({c: as_text(table.frame[c]) for c in columns}, where=table.where), tuple(columns)
    column = columns[0]
    text = np.array([value.strip() for value in as_text(table.frame[column])], dtype=object)
    _refuse_missing(table, column, text == "")
    values, bad = as_number(table.frame[column])
    if bad.any() or pd.api.types.is_bool_dtype(table.frame[column].dtype):
        return text.tolist(), ()
    fractions = bool(np.any(values[~np.isnan(values)] % 1))
    # among numbers "nan" is a missing label; "NA" is one too where numbers have fractions, but a class among whole ones
    words = np.array([value.lower() for value in text])
    _refuse_missing(table, column, np.isnan(values) if fractions else words == "nan")
    return ([float(v) for v in values] if fractions else text.tolist()), ()


def singles(table: Table, roles: Roles) -> dict[str, list]:
    """Columns of the examples table for the roles that have one: id, group, split, time, weight.

    Raises:
        UserError: a split that is no split, a time that is none, a weight below 0.
    """
    found: dict[str, list] = {}
    for role in ("id", "group"):
        name = getattr(roles, role)
        if name:
            text = as_text(table.frame[name])
            if role == "id":
                _refuse_missing(table, name, text == "", what="id")
            found[role] = [value or None for value in text]
    if roles.split:
        text = as_text(table.frame[roles.split])
        known = [split_name(value) if value else None for value in text]
        bad = np.array([name is None and value != "" for name, value in zip(known, text, strict=True)])
        if bad.any():
            raise _at(table, roles.split, bad, "a split is train, train_dev, dev (val, valid, validation) or test")
        found["split"] = known
    if roles.time:
        found["time"] = _times(table, roles.time)
    if roles.weight:
        values, bad = as_number(table.frame[roles.weight])
        bad = bad | ~(values >= 0)
        if bad.any():
            raise _at(table, roles.weight, bad, "a weight is a number of at least 0")
        found["weight"] = values.tolist()
    return found


def _times(table: Table, column: str) -> list[float]:
    """Seconds since 1970 (UTC), or the numbers themselves."""
    series = table.frame[column]
    values, bad = as_number(series)
    if not bad.any() and not np.isnan(values).any():
        return values.tolist()
    times = pd.to_datetime(series, errors="coerce", utc=True, format="ISO8601")
    if times.isna().any():
        raise _at(
            table, column, times.isna().to_numpy(), "a time is a number or a date like 2024-05-31 or 2024-05-31 13:45"
        )
    return [float(t) for t in times.map(lambda t: t.timestamp())]


def _refuse_missing(table: Table, column: str, missing: np.ndarray, *, what: str = "label") -> None:
    if missing.any():
        row = int(np.flatnonzero(missing)[0])
        raise UserError(
            f"{int(missing.sum())} of {len(missing)} rows have no {what}",
            where=f"{table.where}, column {column!r}, row {row + 1}",
            hint="Fill them in, or leave those rows out.",
        )


def _at(table: Table, column: str, bad: np.ndarray, rule: str) -> UserError:
    row = int(np.flatnonzero(bad)[0])
    where = f"{table.where}, column {column!r}, row {row + 1}"
    return UserError(rule, value=str(table.frame[column].iloc[row]), where=where)
