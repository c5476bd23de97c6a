"""What each column of a table is for: said by the recipe, else guessed, and every guess is a note."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dlx.dataset import split_name
from dlx.errors import UserError, all_faults, nearest
from dlx.readers._table import Table, as_number, as_text

__all__ = ["Roles", "assign"]

_LABEL = ("label", "labels", "target", "class", "y", "outcome", "species", "diagnosis", "survived", "price")
_ID = ("id", "uuid", "guid", "index", "row_id", "example_id", "sample_id", "image_id", "unnamed: 0")
_GROUP = ("group", "patient", "subject", "speaker", "user", "session", "video", "household")
_SPLIT = ("split", "subset", "partition", "set")
_TIME = ("time", "timestamp", "datetime", "date")
_WEIGHT = ("sample_weight", "example_weight")
#: a column in which at least this share of the known values are numbers is a column of numbers
_MOSTLY = 0.75


@dataclass(frozen=True)
class Roles:
    """Columns by role.

    Attributes:
        label: one column, or several for several labels.
        id, group, split, time, weight: one column or None.
        meta: kept beside the examples, for slices.
        numeric, categorical: the features, in the table's order.
        notes: what was guessed, one sentence each.
    """

    label: tuple[str, ...]
    id: str | None
    group: str | None
    split: str | None
    time: str | None
    weight: str | None
    meta: tuple[str, ...]
    numeric: tuple[str, ...]
    categorical: tuple[str, ...]
    notes: tuple[str, ...]


def assign(
    table: Table,
    *,
    label: str | Sequence[str] | None = None,
    singles: dict[str, str | None],
    meta: Sequence[str] = (),
    drop: Sequence[str] = (),
    features: Sequence[str] | None = None,
    numeric: Sequence[str] = (),
    categorical: Sequence[str] = (),
) -> Roles:
    """Give every column its role.

    Args:
        table: the table.
        label: label column(s), or None to guess.
        singles: ``id``, ``group``, ``split``, ``time``, ``weight`` → column, None to guess, "" for none.
        meta, drop: columns kept for slices, and columns left out.
        features: the only columns to learn from, or None for all that have no other role.
        numeric, categorical: features whose kind is said, not guessed.

    Raises:
        UserError: columns that do not exist, a label that cannot be guessed, text in a numeric column, no feature left.
    """
    columns = [str(c) for c in table.frame.columns]
    labels = [label] if isinstance(label, str) else list(label or ())
    listed = {"meta": meta, "drop": drop, "features": features or (), "numeric": numeric, "categorical": categorical}
    given = {"label": labels, **{role: [name] if name else [] for role, name in singles.items()}, **listed}
    _check_names(given, columns, table.where)
    notes: list[str] = []
    taken = {name for role in ("label", *singles, "meta", "drop") for name in given[role]}
    taken |= set(given["features"]) | set(numeric) | set(categorical)
    found = dict(singles)
    for role, name in singles.items():
        found[role] = (
            (name or None) if name is not None else _guess(role, table, [c for c in columns if c not in taken])
        )
        if name is None and found[role]:
            taken.add(found[role])
            notes.append(f"{role}: column {found[role]!r}")
    if not labels:
        labels = [_guess_label(table, [c for c in columns if c not in taken or c in given["features"]])]
        notes.insert(0, f"label: column {labels[0]!r}")
    used = {*labels, *(name for name in found.values() if name), *meta, *drop}
    if features is not None:
        pool = [str(f) for f in features if f not in used]
    else:
        pool = [c for c in columns if c not in used]
    numbers, categories, said = _features(table, pool, numeric, categorical, asked=features is not None)
    if not numbers and not categories:
        raise UserError("no feature column is left", value=columns, where=table.where)
    return Roles(
        tuple(labels), **found, meta=tuple(meta), numeric=numbers, categorical=categories, notes=(*notes, *said)
    )


def _check_names(given: dict[str, Sequence[str]], columns: list[str], where: str) -> None:
    faults = []
    for role, names in given.items():
        for name in names:
            if name not in columns:
                close = nearest(str(name), columns)
                hint = f"did you mean {close!r}?" if close else f"columns: {', '.join(columns[:20])}"
                faults.append(f"{role}: no column {name!r}; {hint}")
    if faults:
        raise all_faults(faults, where=where)


def _guess(role: str, table: Table, columns: list[str]) -> str | None:
    words = {"id": _ID, "group": _GROUP, "split": _SPLIT, "time": _TIME, "weight": _WEIGHT}[role]
    for column in columns:
        name = column.strip().lower()
        named = name in words or (role == "group" and name.removesuffix("_id") in words)
        if named and _looks_like(role, as_text(table.frame[column])):
            return column
    return None


def _looks_like(role: str, values: np.ndarray) -> bool:
    distinct = set(values)
    if role == "id":
        return len(distinct) == len(values)
    if role == "group":
        return 1 < len(distinct) < len(values)
    if role == "split":
        return len(distinct) > 1 and all(split_name(value) for value in distinct)
    return True


def _guess_label(table: Table, columns: list[str]) -> str:
    for word in _LABEL:
        for column in columns:
            if column.strip().lower() == word:
                return column
    if columns:
        values = as_text(table.frame[columns[-1]])
        distinct = len(set(values))
        number, bad = as_number(table.frame[columns[-1]])
        whole = bad.any() or bool(np.all(number[~np.isnan(number)] % 1 == 0))
        if whole and 1 < distinct <= max(2, min(100, len(values) // 5)):
            return columns[-1]
    raise UserError(
        "cannot tell which column is the label",
        value=columns[:30],
        where=table.where,
        hint=f"Say it in the recipe, for example label: {columns[-1] if columns else 'name'}.",
    )


def _features(
    table: Table, pool: list[str], numeric: Sequence[str], categorical: Sequence[str], *, asked: bool
) -> tuple[tuple[str, ...], tuple[str, ...], list[str]]:
    """Numeric and categorical features, and notes; columns of too many texts are left out unless asked for."""
    numbers, categories, notes = [], [], []
    for column in pool:
        if column in categorical:
            categories.append(column)
            continue
        values, bad = as_number(table.frame[column])
        if column in numeric:
            _refuse_text(table, column, bad, "or leave it out of numeric:")
            numbers.append(column)
            continue
        if not bad.any() and not asked and _is_key(column, values):
            notes.append(f"column {column!r} was left out: it numbers the rows (numeric: [{column}] keeps it)")
            continue
        if not bad.any():
            numbers.append(column)
            continue
        text = as_text(table.frame[column])
        known = int(np.sum(text != ""))
        if known and 1 - bad.sum() / known >= _MOSTLY:
            _refuse_text(
                table, column, bad, f"or declare it, categorical: [{column}], or leave it out, drop: [{column}]"
            )
        elif asked or not _too_many_texts(text[text != ""]):
            categories.append(column)
        else:
            distinct = len(set(text[text != ""]))
            notes.append(
                f"column {column!r} was left out: {distinct:,} different texts in {known:,} rows "
                f"(categorical: [{column}] keeps it)"
            )
    for kind, names in (("numbers", numbers), ("categories", categories)):
        if names:
            shown = ", ".join(names[:8]) + (" …" if len(names) > 8 else "")
            notes.append(f"{len(names)} feature{'s' if len(names) > 1 else ''} read as {kind}: {shown}")
    return tuple(numbers), tuple(categories), notes


def _refuse_text(table: Table, column: str, bad: np.ndarray, remedy: str) -> None:
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        raise UserError(
            f"text in a column of numbers ({int(bad.sum())} of {len(bad)} rows)",
            value=str(table.frame[column].iloc[row]),
            where=f"{table.where}, column {column!r}, row {row + 1}",
            hint=f"Mend the row, {remedy}.",
        )


def _is_key(column: str, values: np.ndarray) -> bool:
    """A column named like an id, with another whole number in every row: a model would learn the order of the rows."""
    named = re.search(r"(^|[\s_.-])(id|ID|Id)$|[a-z]I[dD]$", column.strip())
    return bool(named) and not np.isnan(values).any() and not np.any(values % 1) and len(set(values)) == len(values)


def _too_many_texts(known: np.ndarray) -> bool:
    distinct = len(set(known))
    long = float(np.mean([len(text) for text in known])) > 60 if len(known) else False
    return long or (distinct > 20 and len(known) / distinct < 2)
