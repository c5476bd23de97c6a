"""The sheet as CSV, with any delimiter and encoding that spreadsheet programs write."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

from dlx.errors import UserError
from dlx.tagging.cells import guarded, unguarded
from dlx.tagging.merge import Cells
from dlx.tagging.names import clean
from dlx.tagging.sheet import Grid, cells_of

__all__ = ["read", "write"]

#: Larger than any cell of a spreadsheet program; csv's own limit is a fault that names no cell.
_LARGEST_CELL = 10_000_000


def write(made: Grid, path: Path, *, delimiter: str = ",") -> None:
    """UTF-8 with a byte order mark, so that spreadsheet programs do not guess; ticks are ``x``."""
    ticked = [header in made.ticked for header in made.headers]
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, delimiter=delimiter)
        writer.writerow([guarded(header) for header in made.headers])
        for row in made.rows:
            writer.writerow([_cell(value, tick) for value, tick in zip(row, ticked, strict=True)])


def _cell(value: Any, tick: bool) -> str:
    if tick:
        return "x" if value else ""
    return guarded(value) if isinstance(value, str) else str(value)


def read(path: Path) -> Cells:
    """Read a CSV file.

    Raises:
        UserError: it is no text, or broken.
    """
    text, notes = _text(path)
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(",;\t", key=first.count)
    csv.field_size_limit(_LARGEST_CELL)
    values, places = [], []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for line in reader:
            if any(cell.strip() for cell in line):
                values.append([unguarded(clean(cell)) for cell in line])
                places.append(reader.line_num)
    except csv.Error as error:
        raise UserError(
            f"this CSV file cannot be read: {error}", where=f"{path.name}, line {reader.line_num}"
        ) from error
    width = max((len(line) for line in values), default=0)
    letters = [f"column {i + 1} of line " for i in range(width)]
    return cells_of(values, places, letters, path.name, notes)


def _text(path: Path) -> tuple[str, list[str]]:
    content = path.read_bytes()
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encodings = ["utf-16"]
    elif b"\x00" in content[:1000]:
        raise UserError("this is no CSV file", value=path.name, hint="Save it as .xlsx or CSV (UTF-8).")
    else:
        encodings = ["utf-8-sig", "cp1252", "latin-1"]
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        note = [] if encoding.startswith("utf") else ["The file is not UTF-8 and was read as Western European text."]
        return text, note
    raise UserError("this CSV file is in no encoding that dlx knows", value=path.name, hint="Save it as CSV (UTF-8).")
