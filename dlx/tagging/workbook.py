"""The sheet as .xlsx: thumbnails, drop-downs, and totals that spreadsheet programs keep up to date."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlx.errors import UserError
from dlx.tagging.cells import text_of
from dlx.tagging.merge import TOTALS, Cells
from dlx.tagging.sheet import Grid, cells_of
from dlx.tagging.xlsx import listed, pictures, text

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

__all__ = ["read", "write"]

#: Empty columns to the right that are ready for new tags.
_SPARE = 8
_WIDTHS = {"comment": 40, "correct_label": 14, "incorrectly_labelled": 19, "reviewed": 10}
#: Cells that say no. Excel keeps FALSE and 0 apart, LibreOffice does not: counting each with COUNTIF would count one
#: cell twice.
_NO = ("FALSE", "0", '"no"', '"n"', '"-"')
#: Characters a column of ids may take; hashes have 32.
_WIDEST = 36


def write(made: Grid, path: Path) -> list[str]:
    """Write the workbook; returns notes on pictures that could not be shown."""
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter

    book = Workbook()
    sheet = book.active
    sheet.title = "errors"
    pictured = made.images is not None
    headers = ["image", *made.headers] if pictured else list(made.headers)
    for column, header in enumerate(headers, start=1):
        text(sheet, 1, column, header)
        sheet.cell(1, column).font = Font(bold=True)
        sheet.cell(1, column).alignment = Alignment(wrap_text=True, vertical="top")
        sheet.column_dimensions[get_column_letter(column)].width = _WIDTHS.get(
            header, max(11, min(len(header) + 2, 24))
        )
    for number, row in enumerate(made.rows, start=2):
        for column, (header, value) in enumerate(zip(made.headers, row, strict=True), start=1 + pictured):
            if header in made.ticked:
                if value:
                    sheet.cell(number, column, "x")
            elif isinstance(value, str):
                if value:
                    text(sheet, number, column, value)
            else:
                sheet.cell(number, column, value)
    longest = max((len(str(row[made.headers.index("id")])) for row in made.rows), default=0)
    sheet.column_dimensions[get_column_letter(headers.index("id") + 1)].width = min(max(18, longest + 2), _WIDEST)
    notes = _pictures(sheet, made) if pictured else []
    export = get_column_letter(len(headers))
    sheet.column_dimensions[export].hidden = True
    last = len(made.rows) + 1
    first = headers.index("reviewed") + 1
    _choices(book, sheet, made, headers, last)
    _totals(sheet, headers, first, last)
    sheet.freeze_panes = sheet.cell(2, headers.index("id") + 2)
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(headers) + _SPARE)}{last}"
    _on_paper(sheet, f"A1:{get_column_letter(len(headers))}{last + 3}")
    if pictured:
        for line in sheet.iter_rows(min_row=2, max_row=last, max_col=len(headers)):
            for cell in line:
                cell.alignment = Alignment(vertical="center")
    book.save(path)
    return notes


def _on_paper(sheet: Worksheet, area: str) -> None:
    """Printed or as PDF: all columns on a page's width, the header on every page."""
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.print_title_rows, sheet.print_area = "1:1", area


def _choices(book, sheet: Worksheet, made: Grid, headers: list[str], last: int) -> None:
    """Drop-downs: x or nothing for tags, the classes for the right label."""
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    def letters(name: str) -> str:
        return get_column_letter(headers.index(name) + 1)

    tick = DataValidation(type="list", formula1='"x"', allow_blank=True, showErrorMessage=False)
    sheet.add_data_validation(tick)
    end = len(headers)
    spare = [get_column_letter(end + i + 1) for i in range(_SPARE)]
    for letter in [*(letters(name) for name in made.ticked), *spare]:
        tick.add(f"{letter}2:{letter}{last}")
    if made.classes:
        right = letters("correct_label")
        listed(book, sheet, f"{right}2:{right}{last}", made.classes)


def _totals(sheet: Worksheet, headers: list[str], first: int, last: int) -> None:
    """Two rows beneath: how many are ticked, and which share of the reviewed rows that is."""
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    count, share = last + 2, last + 3
    id_column = headers.index("id") + 1
    for row, label in zip((count, share), TOTALS, strict=True):
        sheet.cell(row, id_column, label).font = Font(bold=True)
    said = [c for c in range(first, len(headers) + _SPARE + 1) if c != len(headers)]
    filled = "+".join(f'({get_column_letter(c)}2:{get_column_letter(c)}{last}<>"")' for c in said)
    reviewed = f"SUMPRODUCT(--(({filled})>0))"
    for column in said:
        letter = get_column_letter(column)
        name = headers[column - 1] if column <= len(headers) else None
        if name == "comment":
            continue
        cells = f"{letter}2:{letter}{last}"
        no = "".join(f"*({cells}<>{value})" for value in _NO) if name != "correct_label" else ""
        total = reviewed if name == "reviewed" else f'SUMPRODUCT(({cells}<>""){no})'
        blank = f'{letter}1=""'
        sheet.cell(count, column, f'=IF({blank},"",{total})')
        share_cell = sheet.cell(share, column, f'=IF({blank},"",{letter}{count}/MAX(1,{reviewed}))')
        share_cell.number_format = "0.0%"
        if name == "reviewed":
            share_cell.value = f"={letter}{count}/{last - 1}"


def _pictures(sheet: Worksheet, made: Grid) -> list[str]:
    ids = [str(row[made.headers.index("id")]) for row in made.rows]
    missing = pictures(sheet, [(made.images or {}).get(example) for example in ids])
    if not missing:
        return []
    return [f"No picture for {len(missing)} examples whose files are broken or huge: {ids[missing[0]]!r} …"]


def read(path: Path) -> Cells:
    """Read the first sheet that has a column of ids; a merged cell says its value in every row it covers.

    Raises:
        UserError: the file is broken, or a formula has no value.
    """
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        values = load_workbook(path, data_only=True)
        formulas = load_workbook(path)
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, EOFError, SyntaxError) as error:
        raise UserError(
            "this .xlsx file cannot be read",
            value=path.name,
            hint="Open it in a spreadsheet program and save it again.",
        ) from error
    found = [_cells(values[name], formulas[name], path.name) for name in values.sheetnames if _visible(values[name])]
    if not found:
        raise UserError("this workbook has no sheet", value=path.name)
    from dlx.tagging.cells import id_column

    with_ids = [cells for cells in found if cells is not None and id_column(cells.headers) is not None]
    if not with_ids:
        raise UserError("no sheet of this workbook has a column of ids", where=path.name, hint="Call it 'id'.")
    return with_ids[0]


def _visible(sheet) -> bool:
    return getattr(sheet, "sheet_state", "") == "visible" and hasattr(sheet, "iter_rows")


def _cells(sheet, formulas, where: str) -> Cells | None:
    from openpyxl.utils import get_column_letter

    lines: list[list[Any]] = [list(row) for row in sheet.iter_rows(values_only=True)]
    if not any(text_of(value) for line in lines for value in line):
        return None
    notes = []
    for area in sheet.merged_cells.ranges:
        value = sheet.cell(area.min_row, area.min_col).value
        if value is None:
            continue
        for row in range(area.min_row, area.max_row + 1):
            for column in range(area.min_col, area.max_col + 1):
                lines[row - 1][column - 1] = value
        notes.append(f"Merged cells {area.coord} were read as {text_of(value)!r} in each of them.")
    letters = [get_column_letter(i + 1) for i in range(sheet.max_column)]
    made = cells_of(lines, range(1, len(lines) + 1), letters, where, notes)
    _refuse_formulas_without_value(formulas, made)
    return made


def _refuse_formulas_without_value(formulas, made: Cells) -> None:
    from dlx.tagging.cells import id_column

    column = id_column(made.headers)
    if column is None:
        return
    for line, number in zip(made.rows, made.places, strict=True):
        if not text_of(line[column]) or text_of(line[column]).casefold() in TOTALS:
            continue
        for i, value in enumerate(line):
            if value is None and formulas.cell(number, i + 1).data_type == "f":
                raise UserError(
                    "a formula has no value yet", value=formulas.cell(number, i + 1).value,
                    where=f"{made.where}, cell {made.letters[i]}{number}",
                    hint="Open the file in a spreadsheet program and save it again, or write the value itself.",
                )  # fmt: skip
