"""A sheet of examples to be labelled, blind: a picture, a text or a row, a cell for the label, one for a comment."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple

from dlx.errors import UserError, all_faults, nearest
from dlx.files import replacing
from dlx.tagging.cells import Matcher, guarded, id_column, number_of, text_of
from dlx.tagging.merge import Cells
from dlx.tagging.names import clean, key
from dlx.tagging.sheet import known_suffix, read_sheet

__all__ = ["CANNOT_TELL", "Said", "VoteRow", "VotesRead", "read_votes", "write_votes"]

#: What stands in a cell whose label nobody can tell; an empty cell is one that was not looked at.
CANNOT_TELL = "?"
_LABEL = ("label", "your label", "answer", "class", "vote")
_COMMENT = ("comment", "comments", "note", "notes", "remark", "remarks")
_WIDTHS = {"id": 18, "text": 60, "label": 18, "comment": 40}
_LISTED = 12
_SEPARATED = re.compile(r"[,;\n]")


@dataclass(frozen=True)
class VoteRow:
    """One example of the sheet; it holds neither its label nor a prediction, unless ``row`` says so.

    Attributes:
        id: its name on the desk.
        image: a picture: its file, its bytes or a data URI.
        text: what is to be read.
        row: column → value, for tables and for facts that may be seen.
        label: what this person has said already; "" for nothing, ``?`` for "cannot tell".
        comment: likewise.
    """

    id: str
    image: str | Path | bytes | None = None
    text: str = ""
    row: Mapping[str, str] = field(default_factory=dict)
    label: str = ""
    comment: str = ""


class Said(NamedTuple):
    """What one row says.

    Attributes:
        id: the example.
        label: the label (a JSON list of several), "" for "cannot tell", None where the cell is empty.
        comment: free text.
    """

    id: str
    label: str | None
    comment: str


@dataclass(frozen=True)
class VotesRead:
    """A sheet of votes that came back.

    Attributes:
        said: rows that say anything, each example once, in the order of the sheet.
        notes: what was left out or guessed.
    """

    said: tuple[Said, ...]
    notes: tuple[str, ...]


def write_votes(
    rows: Sequence[VoteRow], path: Path, *, labels: Sequence[str] = (), form: str = "one", title: str = "label"
) -> list[str]:
    """Write the sheet, in one step.

    Args:
        rows: the examples, in order.
        path: .xlsx with thumbnails and a drop-down, or .csv or .tsv.
        labels: labels that may be given; empty for any text or number.
        form: ``one`` of them, ``many`` (names with commas between), a ``number`` or any ``text``.
        title: name of the sheet in the workbook.

    Returns:
        notes: pictures that could not be shown.

    Raises:
        UserError: another suffix, or a place that cannot be written to.
        DlxError: the disk is full.
    """
    known_suffix(path, "--export")
    shown = list(dict.fromkeys(name for row in rows for name in row.row))
    texts = ["text"] if any(row.text for row in rows) else []
    # a colon keeps a data column called "label" from being taken for the answer
    headers = ["id", *texts, *(f"{name}:" for name in shown), "label", "comment"]
    lines = [_line(row, shown, bool(texts), form) for row in rows]
    with replacing(path) as temporary:
        if path.suffix.lower() == ".xlsx":
            return _workbook(temporary, rows, headers, lines, labels if form == "one" else (), title)
        with temporary.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file, delimiter="\t" if path.suffix.lower() == ".tsv" else ",")
            writer.writerows([guarded(cell) for cell in line] for line in (headers, *lines))
    return []


def _line(row: VoteRow, shown: Sequence[str], texts: bool, form: str) -> list[str]:
    label = row.label
    if form == "many" and label.startswith("["):
        names = json.loads(label)
        label = label if _SEPARATED.search("".join(names)) else ", ".join(names) or "none"
    read = [row.text] if texts else []
    return [clean(cell) for cell in (row.id, *read, *(row.row.get(n, "") for n in shown), label, row.comment)]


def _workbook(path: Path, rows, headers, lines, labels: Sequence[str], title: str) -> list[str]:
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter

    from dlx.tagging import xlsx

    book = Workbook()
    sheet: Any = book.active
    sheet.title = re.sub(r"[\\/*?:\[\]]", " ", title)[:31] or "label"
    pictured = any(row.image is not None for row in rows)
    if pictured:
        xlsx.text(sheet, 1, 1, "image").font = Font(bold=True)
    wrapped = Alignment(wrap_text=True, vertical="center")
    for number, line in enumerate((headers, *lines), start=1):
        for column, value in enumerate(line, start=1 + pictured):
            cell = xlsx.text(sheet, number, column, value) if value else sheet.cell(number, column)
            cell.alignment = wrapped
            cell.number_format = "@"  # so that a program keeps the label 007 as it is typed
            if number == 1:
                cell.font = Font(bold=True)
    for column, name in enumerate(headers, start=1 + pictured):
        sheet.column_dimensions[get_column_letter(column)].width = _WIDTHS.get(name, 12)
    broken = xlsx.pictures(sheet, [row.image for row in rows]) if pictured else []
    at = get_column_letter(headers.index("label") + 1 + pictured)
    if labels and rows:
        xlsx.listed(book, sheet, f"{at}2:{at}{len(rows) + 1}", [*labels, CANNOT_TELL])
    sheet.freeze_panes = sheet.cell(2, headers.index("id") + 2 + pictured)
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(headers) + pictured)}{len(rows) + 1}"
    book.save(path)
    first = f": {rows[broken[0]].id!r} …" if broken else ""
    return [f"No picture for {len(broken)} examples whose files are broken or huge{first}"] if broken else []


def read_votes(
    path: Path,
    *,
    ids: Collection[str],
    labels: Collection[str] = (),
    form: Literal["one", "many", "number", "text"] = "one",
) -> VotesRead:
    """Read such a sheet: sorted, filtered, with rows removed or doubled, saved by any spreadsheet program.

    Args:
        path: .xlsx or CSV.
        ids: examples that may be named.
        labels: labels that may be given; empty for any.
        form: as in :func:`write_votes`.

    Raises:
        UserError: no ids, no column of labels, or cells that cannot be understood: all of them in one message.
    """
    sheet = read_sheet(path)
    id_at, label_at = id_column(sheet.headers), _column(sheet, _LABEL)
    if id_at is None or label_at is None:
        missing = "ids" if id_at is None else "labels"
        raise UserError(
            f"a sheet of votes needs a column of {missing}", value=[h for h in sheet.headers if h], where=sheet.where,
            hint=f"Call it {missing[:-1] if id_at is None else 'label'!r}.",
        )  # fmt: skip
    comment_at = _column(sheet, _COMMENT)
    known, matcher = Matcher(ids), Matcher(labels, fold=True) if labels else None
    faults: list[str] = []
    strangers: list[str] = []
    found: dict[str, tuple[Said, str]] = {}
    for number, row in enumerate(sheet.rows):
        name = text_of(row[id_at])
        example = known.find(name) if name else None
        comment = "" if comment_at is None else text_of(row[comment_at])
        if example is None:
            strangers += [name] if name else []
            if not name and (text_of(row[label_at]) or comment):
                faults.append(f"row {sheet.places[number]} has a label but no id")
            continue
        place = sheet.place(number, label_at)
        try:
            said = Said(example, _label(text_of(row[label_at]), matcher, form), comment)
        except ValueError as error:
            faults.append(f"cell {place}: {error}")
            continue
        if said.label is None and not comment:
            continue
        before = found.setdefault(example, (said, place))
        if before[0] != said:
            faults.append(f"cells {before[1]} and {place}: copies of the row of {example!r} differ")
    return _read(sheet, found, strangers, faults)


def _read(sheet: Cells, found: Mapping[str, tuple[Said, str]], strangers: list[str], faults: list[str]) -> VotesRead:
    if faults:
        more = len(faults) - _LISTED
        raise all_faults(faults[:_LISTED] + ([f"and {more} more"] if more > 0 else []), where=sheet.where)
    if strangers and len(strangers) == len([row for row in sheet.rows if any(text_of(value) for value in row)]):
        raise UserError(
            "no row of this sheet names an example that was asked about", value=strangers[0], where=sheet.where,
            hint="Was it exported from another sample?",
        )  # fmt: skip
    notes = list(sheet.notes)
    if strangers:
        shown = ", ".join(repr(name) for name in strangers[:3])
        notes.append(f"{len(strangers)} rows name examples that were not asked about and are left out: {shown}.")
    return VotesRead(tuple(said for said, _ in found.values()), tuple(notes))


def _column(sheet: Cells, names: Sequence[str]) -> int | None:
    keys = [key(header) for header in sheet.headers]
    return next((keys.index(name) for name in names if name in keys), None)


def _label(text: str, matcher: Matcher | None, form: str) -> str | None:
    """The label as the log keeps it.

    Raises:
        ValueError: it is none, with what is wrong.
    """
    if not text:
        return None
    if text == CANNOT_TELL and not (matcher and text in matcher.known):
        return ""
    if form == "number":
        value = number_of(text)
        if value is None:
            raise ValueError(f"{text!r} is no number")
        return repr(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)
    if form == "many":
        return json.dumps([_known(name, matcher) for name in _names(text, matcher)], ensure_ascii=False)
    return _known(text, matcher)


def _names(text: str, matcher: Matcher | None) -> list[str]:
    """The names in one cell: a JSON list, or with commas, semicolons or line ends between."""
    if matcher is not None and matcher.find(text) is not None:
        return [text]
    if text.startswith("["):
        try:
            names = json.loads(text)
        except ValueError:
            names = None
        if isinstance(names, list):
            return list(dict.fromkeys(str(name) for name in names))
    if key(text) in ("none", "-"):
        return []
    return list(dict.fromkeys(name for part in _SEPARATED.split(text) if (name := part.strip())))


def _known(name: str, matcher: Matcher | None) -> str:
    found = name if matcher is None else matcher.find(name)
    if found is None:
        close = nearest(name, matcher.known)  # type: ignore[union-attr]
        listed = ", ".join(sorted(matcher.known)[:_LISTED])  # type: ignore[union-attr]
        raise ValueError(
            f"unknown label {name!r}; " + (f"did you mean {close!r}?" if close else f"labels are {listed}")
        )
    return found
