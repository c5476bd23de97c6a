"""``classes:`` of the readers: labels joined or renamed, said in the recipe or in a file "theirs, ours"."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

from dlx.errors import UserError, unknown
from dlx.readers._files import existing

__all__ = ["joined"]


def joined(
    y: Sequence, classes: Mapping[str, Sequence] | str | Sequence[str], *, folder: Path | None = None, where: str
) -> list[str]:
    """Labels under the names that the recipe wants.

    Args:
        y: text labels.
        classes: new class → the label or labels that it joins; or a CSV file of two columns, label and new class; or
            [file, column of the label, column of the new class].
        folder: what the file's name is relative to.
        where: file and column, for messages.

    Raises:
        UserError: a label in no class or in two, or a file without such columns.
    """
    if isinstance(classes, Mapping):
        pairs = [(str(m), str(new)) for new, some in classes.items() for m in _several(some)]
        where, rule = f"{where}, classes", "every label must be in one of the classes"
        hint = "Add them to a class in the reader's classes:."
    else:
        name, *columns = [classes] if isinstance(classes, str) else classes
        file = existing(folder / name if folder is not None and (folder / name).exists() else name)
        pairs, where = _pairs(file, columns), str(file)
        rule, hint = "every label needs a row in the file of classes", "Add a row for each of them."
    new: dict[str, str] = {}
    for label, name in pairs:
        if new.setdefault(label, name) != name:
            raise UserError(f"a label belongs to one class: {new[label]} or {name}?", value=label, where=where)
    missing = sorted({str(label) for label in y} - set(new))
    if missing:
        raise UserError(rule, value=missing[:10], where=where, hint=hint)
    return [new[str(label)] for label in y]


def _several(members) -> Sequence:
    return members if isinstance(members, (list, tuple)) else [members]


def _pairs(file: Path, columns: list[str]) -> list[tuple[str, str]]:
    """(label, new class) of each row; a header of two columns does no harm, as no label is called like it."""
    try:
        lines = [line for line in file.read_text(encoding="utf-8-sig").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"cannot read the file of classes: {error}", value=str(file)) from error
    sep = next((s for s in (",", "\t", ";") if lines and s in lines[0]), ",")
    rows = [[cell.strip() for cell in row] for row in csv.reader(lines, delimiter=sep, skipinitialspace=True)]
    if not columns:
        wrong = next((row for row in rows if len(row) != 2), None)
        if wrong is not None or not rows:
            raise UserError(
                "a file of classes has two columns, label and new class",
                value=wrong or "no row",
                where=str(file),
                hint="With more columns, name the two: classes: [file, label column, class column].",
            )
        return [(row[0], row[1]) for row in rows]
    if len(columns) != 2:
        raise UserError("classes is [file, label column, class column]", value=[file.name, *columns], where=str(file))
    header = rows.pop(0) if rows else []
    for column in columns:
        if column not in header:
            raise unknown("column", column, header, where=str(file))
    at = [header.index(column) for column in columns]
    for number, row in enumerate(rows, start=2):
        if len(row) != len(header):
            raise UserError(f"every row needs {len(header)} columns", value=row, where=f"{file}, row {number}")
    return [(row[at[0]], row[at[1]]) for row in rows]
