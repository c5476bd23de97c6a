"""Pieces of every .xlsx that dlx writes: text that is no formula, drop-downs, pictures in their rows."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlx.tagging.cells import FORMULA

if TYPE_CHECKING:
    from openpyxl.workbook import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

__all__ = ["SIDE", "listed", "pictures", "text"]

#: Pixels of a thumbnail's longer side.
SIDE = 64
#: Points of height for one pixel, and a little air between pictures.
_POINTS = 0.78


def text(sheet: Worksheet, row: int, column: int, value: str) -> Any:
    """Text that stays text: a leading ``=`` makes no formula, now or when the cell is edited; returns the cell."""
    cell = sheet.cell(row, column, value)
    cell.data_type = "s"
    if value.startswith(FORMULA):
        cell.quotePrefix = True
    return cell


def listed(book: Workbook, sheet: Worksheet, cells: str, names: Sequence[str], *, strict: bool = True) -> None:
    """A drop-down of names, kept on a hidden sheet: there may be thousands, and commas in them.

    Args:
        book: the workbook.
        sheet: where the drop-down is.
        cells: which cells have it, such as ``C2:C101``.
        names: what may be chosen.
        strict: whether the program refuses anything else.
    """
    from openpyxl.worksheet.datavalidation import DataValidation

    known = book.create_sheet("labels")
    known.sheet_state = "hidden"
    for number, name in enumerate(names, start=1):
        text(known, number, 1, name)
    among = DataValidation(type="list", formula1=f"labels!$A$1:$A${len(names)}", allow_blank=True)
    among.error, among.errorTitle = "Choose one of the labels of the data.", "Unknown label"
    among.showErrorMessage = strict
    sheet.add_data_validation(among)
    among.add(cells)


def pictures(sheet: Worksheet, sources: Sequence[str | Path | bytes | None]) -> list[int]:
    """Thumbnails in the first column, from the second row on.

    Args:
        sheet: where they go.
        sources: a file, a data URI, a picture's bytes, or None for no picture, in the order of the rows.

    Returns:
        positions of pictures that are broken, missing or huge.
    """
    from openpyxl.drawing.image import Image

    from dlx.tagging.thumbnails import thumbnail

    missing = []
    sheet.column_dimensions["A"].width = SIDE / 6
    for position, source in enumerate(sources):
        if source is None:
            continue
        small = thumbnail(source, SIDE, enlarge=True)
        if small is None:
            missing.append(position)
            continue
        sheet.row_dimensions[position + 2].height = SIDE * _POINTS
        sheet.add_image(Image(small), f"A{position + 2}")
    return missing
