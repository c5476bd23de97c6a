"""The sample as a sheet: its columns and what stands in them, for CSV and .xlsx alike; and reading one back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from dlx.errors import UserError
from dlx.files import replacing
from dlx.tagging.frozen import Sample
from dlx.tagging.merge import Cells, totals_row
from dlx.tagging.names import FIELDS, clean
from dlx.tagging.state import State

__all__ = ["Grid", "cells_of", "grid", "known_suffix", "read_sheet", "write_sheet"]

_DESCRIBED = ("id", "y_true", "y_pred", "confidence", "loss", "error", "source")
_SUFFIXES = (".xlsx", ".csv", ".tsv")


@dataclass(frozen=True)
class Grid:
    """A sheet before it is a file.

    Attributes:
        headers: (columns,) names.
        rows: (rows, columns): text, numbers, or True and False in columns that are ticked.
        ticked: names of the columns that are ticked.
        classes: labels that a correction may name; empty for any.
        images: id as it stands in its cell → picture file or data URI, where there are any.
    """

    headers: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    ticked: tuple[str, ...]
    classes: tuple[str, ...] = ()
    images: Mapping[str, str | Path] | None = None


def grid(
    sample: Sample, state: State, reviewer: str, mark: str, *, images: Mapping[str, str | Path] | None = None
) -> Grid:
    """What one reviewer's sheet holds.

    Args:
        sample: the examples.
        state: what the log says.
        reviewer: whose tags.
        mark: the sheet's key.
        images: id → picture.

    Raises:
        UserError: an example whose id a row of totals needs.
    """
    table = sample.table
    described = [c for c in _DESCRIBED if c in table and table[c].notna().any()]
    described = [c for c in described if c != "error" or sample.task != "classification"]
    described += [c for c in table if c.startswith("meta_")]
    ticked = ("reviewed", "incorrectly_labelled", *state.tags)
    headers = (*described, *FIELDS, *state.tags, "export")
    rows = []
    for row in table[described].itertuples(index=False):
        values = [_plain(value) for value in row]
        if totals_row(str(values[0])):
            raise UserError("this id is that of a row of totals; give the example another one", value=values[0])
        review = state.review(str(row[0]), reviewer)  # by the id itself: a cell holds no blanks at its ends
        said = [review.value(name) for name in (*FIELDS, *state.tags)]
        rows.append((*values, *said, mark))
    shown = None if images is None else {clean(example): picture for example, picture in images.items()}
    return Grid(headers, tuple(rows), ticked, sample.classes, shown)


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, (list, tuple)) or hasattr(value, "tolist"):
        value = value.tolist() if hasattr(value, "tolist") else list(value)
    if isinstance(value, (list, dict)):
        return clean(str(value))
    if pd.isna(value):
        return ""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(f"{value:.6g}") if isinstance(value, float) else value
    return clean(value)


def write_sheet(made: Grid, path: Path) -> list[str]:
    """Write .xlsx, or CSV by any other of the known suffixes, in one step.

    Returns:
        notes: what could not be shown.

    Raises:
        UserError: another suffix, or a place that cannot be written to.
        DlxError: the disk is full.
    """
    known_suffix(path, "--export")
    with replacing(path) as temporary:
        if path.suffix.lower() == ".xlsx":
            from dlx.tagging import workbook

            return workbook.write(made, temporary)
        from dlx.tagging import csvfile

        csvfile.write(made, temporary, delimiter="\t" if path.suffix.lower() == ".tsv" else ",")
        return []


def read_sheet(path: Path) -> Cells:
    """Read .xlsx or CSV, of whatever program.

    Raises:
        UserError: no such file, another kind of file, or one that cannot be read.
    """
    if not path.is_file():
        raise UserError("no such sheet", value=str(path), where="--import")
    known_suffix(path, "--import")
    if path.suffix.lower() == ".xlsx":
        from dlx.tagging import workbook

        return workbook.read(path)
    from dlx.tagging import csvfile

    return csvfile.read(path)


def known_suffix(path: Path, where: str) -> None:
    """Refuse another kind of file.

    Raises:
        UserError: it is neither .xlsx nor CSV.
    """
    if path.suffix.lower() not in _SUFFIXES:
        raise UserError(
            f"a sheet is one of {', '.join(_SUFFIXES)}", value=path.name, where=where, hint="Save it as .xlsx or CSV."
        )


def cells_of(
    values: Sequence[Sequence[Any]],
    places: Sequence[int],
    letters: Sequence[str],
    where: str,
    notes: Sequence[str] = (),
) -> Cells:
    """A sheet from its lines: the header is the first of them that names an id.

    Raises:
        UserError: nothing in it.
    """
    from dlx.tagging.cells import id_column, text_of

    if not any(text_of(value) for line in values for value in line):
        raise UserError("this sheet is empty", where=where)
    heads = [[text_of(value) for value in line] for line in values[:10]]
    start = next((i for i, head in enumerate(heads) if id_column(head) is not None), 0)
    width = len(letters)
    rows = [tuple(line) + (None,) * (width - len(line)) for line in values[start + 1 :]]
    header = tuple(heads[start]) + ("",) * (width - len(heads[start]))
    return Cells(where, header, tuple(rows), tuple(places[start + 1 :]), tuple(letters), tuple(notes))
