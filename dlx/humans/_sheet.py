"""The blind sheet of one person: what is to be seen, and a cell for the answer; as .xlsx with pictures, or as CSV."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dlx.errors import UserError
from dlx.files import replacing
from dlx.tagging.cells import guarded

__all__ = ["Line", "write"]

_SUFFIXES = (".xlsx", ".csv", ".tsv")
_SIDE = 96
_WIDTHS = {"id": 14, "text": 60, "label": 16, "comment": 40}


@dataclass(frozen=True)
class Line:
    """One example of the sheet.

    Attributes:
        id: a name that does not tell the label.
        image: a picture's bytes, if there is one.
        text: what is to be read.
        row: column → value, for tables.
        label: what this person has said already.
        comment: likewise.
    """

    id: str
    image: bytes = b""
    text: str = ""
    row: Mapping[str, str] = field(default_factory=dict)
    label: str = ""
    comment: str = ""


def write(lines: Sequence[Line], path: Path, *, labels: Sequence[str], what: str) -> None:
    """Write the sheet in one step.

    Args:
        lines: the examples, in order.
        path: .xlsx, .csv or .tsv; only the first holds pictures.
        labels: for the drop-down; empty for any text.
        what: title of the sheet.

    Raises:
        UserError: another suffix, a folder that is not there, or one that may not be written to.
        DlxError: the disk is full.
    """
    suffix = path.suffix.lower()
    if suffix not in _SUFFIXES:
        raise UserError(f"a sheet is one of {', '.join(_SUFFIXES)}", value=path.name, where="--export")
    if not path.absolute().parent.is_dir():
        raise UserError("no such folder to write to", value=str(path.parent), where="--export")
    features = list(dict.fromkeys(name for line in lines for name in line.row))
    texts = ["text"] if any(line.text for line in lines) else []
    headers = ["id", *texts, *(f"{name}:" for name in features), "label", "comment"]  # no feature is taken for a field
    rows = [_cells(line, features, bool(texts)) for line in lines]
    with replacing(path) as temporary:
        if suffix == ".xlsx":
            _workbook(temporary, lines, headers, rows, labels, what)
            return
        with temporary.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file, delimiter="\t" if suffix == ".tsv" else ",")
            writer.writerows([[guarded(cell) for cell in row] for row in (headers, *rows)])


def _cells(line: Line, features: Sequence[str], texts: bool) -> list[str]:
    seen = [line.text] if texts else []
    return [line.id, *seen, *(str(line.row.get(name, "")) for name in features), line.label, line.comment]


def _workbook(path: Path, lines, headers, rows, labels: Sequence[str], what: str) -> None:
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter

    book = Workbook()
    sheet: Any = book.active
    sheet.title = "label"
    pictures = any(line.image for line in lines)
    for number, row in enumerate((headers, *rows), start=1):
        for column, value in enumerate(row, start=1 + pictures):
            cell = sheet.cell(number, column, value)
            cell.data_type = "s"  # text stays text: a leading = makes no formula
            cell.quotePrefix = value.startswith(("=", "+", "-", "@"))
            cell.alignment = Alignment(wrap_text=True, vertical="center")
            if number == 1:
                cell.font = Font(bold=True)
    for column, name in enumerate(headers, start=1 + pictures):
        sheet.column_dimensions[get_column_letter(column)].width = _WIDTHS.get(name, 12)
    if pictures:
        _draw(sheet, lines)
    if labels:
        _drop_down(book, sheet, get_column_letter(headers.index("label") + 1 + pictures), len(rows) + 1, labels)
    sheet.freeze_panes = sheet.cell(2, 1)
    sheet.oddHeader.center.text = what.replace("&", "&&")
    book.save(path)


def _draw(sheet, lines: Sequence[Line]) -> None:
    import io

    from openpyxl.drawing.image import Image
    from PIL import Image as Pictures

    sheet["A1"] = "image"
    sheet.column_dimensions["A"].width = _SIDE / 6
    for number, line in enumerate(lines, start=2):
        sheet.row_dimensions[number].height = _SIDE * 0.84  # points; a little air between pictures
        if not line.image:
            continue
        picture = Pictures.open(io.BytesIO(line.image))
        small = max(picture.size) <= _SIDE // 2
        factor = _SIDE / max(picture.size)
        size = [max(1, round(side * factor)) for side in picture.size]
        picture = picture.resize(size, Pictures.Resampling.NEAREST if small else Pictures.Resampling.LANCZOS)
        kept = io.BytesIO()
        picture.save(kept, "PNG")
        kept.seek(0)
        sheet.add_image(Image(kept), f"A{number}")


def _drop_down(book, sheet, letter: str, last: int, labels: Sequence[str]) -> None:
    from openpyxl.worksheet.datavalidation import DataValidation

    known = book.create_sheet("labels")
    known.sheet_state = "hidden"
    for number, name in enumerate(labels, start=1):
        known.cell(number, 1, name).data_type = "s"
    choice = DataValidation(type="list", formula1=f"labels!$A$1:$A${len(labels)}", allow_blank=True)
    choice.error, choice.errorTitle, choice.showErrorMessage = "Choose a label, or ? for cannot tell.", "Label", False
    sheet.add_data_validation(choice)
    choice.add(f"{letter}2:{letter}{last}")
