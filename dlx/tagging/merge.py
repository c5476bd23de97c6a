"""From a sheet that comes back to lines of the log: a three-way merge on id.

What a cell said when the sheet was written, what it says now, and what the log says now. Only what was changed in the
sheet is taken over; where both changed, the log stays and the cell is listed. Rows may be sorted, filtered, removed or
doubled, columns renamed or added.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dlx.errors import UserError, all_faults, nearest
from dlx.tagging import cells
from dlx.tagging.names import key, tag_name
from dlx.tagging.state import State

__all__ = ["Cells", "Merge", "merge", "totals_row"]

_TEXTS = ("correct_label", "comment")
#: First cells of the rows of totals beneath a sheet.
TOTALS = ("count", "% of reviewed")
#: Renamed columns share at least this much of their ticks.
_SAME = 0.8


@dataclass(frozen=True)
class Cells:
    """A sheet as it was found.

    Attributes:
        where: the file's name.
        headers: (columns,) text, "" for none.
        rows: (rows, columns) values.
        places: (rows,) row numbers as the user sees them.
        letters: (columns,) column names as the user sees them.
        notes: what was guessed while reading.
    """

    where: str
    headers: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    places: tuple[int, ...]
    letters: tuple[str, ...]
    notes: tuple[str, ...] = ()

    def place(self, row: int, column: int) -> str:
        """A cell's name with its column's header."""
        return f"{self.letters[column]}{self.places[row]} ({self.headers[column]})"


@dataclass
class Merge:
    """What a sheet changes.

    Attributes:
        values: (id, tag or field, value), in the order of the sheet.
        renamed: (old tag, new name).
        conflicts: cells that were changed on both sides, or differ between copies of a row; the log stays.
        notes: what was left out or guessed.
        ids: examples the sheet has rows of, in its order.
        mark: the sheet's key.
        labels_checked: whether the sheet asks for wrong labels.
    """

    values: list[tuple[str, str, Any]] = field(default_factory=list)
    renamed: list[tuple[str, str]] = field(default_factory=list)
    conflicts: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    mark: str | None = None
    labels_checked: bool = True


def totals_row(text: str) -> bool:
    """Whether a row with this id holds totals."""
    return text.casefold() in TOTALS


def merge(
    sheet: Cells,
    now: State,
    bases: Mapping[str, State],
    reviewer: str,
    *,
    ids: Collection[str] | None = None,
    classes: Collection[str] = (),
) -> Merge:
    """Compare a sheet with what it was made from and with the log.

    Args:
        sheet: what was read.
        now: what the log says.
        bases: key of a sheet → what the log said when it was written or last read, if by this reviewer.
        reviewer: who filled it in.
        ids: examples that may be named; None for any.
        classes: labels that a correction may name; empty for any.

    Raises:
        UserError: no ids, or cells that cannot be understood: all of them in one message.
    """
    where = sheet.where
    id_column = cells.id_column(sheet.headers)
    if id_column is None:
        raise UserError(
            "a sheet needs a column of ids", value=[h for h in sheet.headers if h], where=where, hint="Call it 'id'."
        )
    kinds = [None if i == id_column else cells.column_of(h) if h else None for i, h in enumerate(sheet.headers)]
    made, faults = Merge(notes=list(sheet.notes)), _header_faults(sheet, kinds)
    rows = _rows(sheet, id_column, ids, made, faults)
    made.mark = _mark(sheet, kinds, rows)
    base = bases.get(made.mark or f"file:{where}", State())
    labels = cells.Matcher(classes, fold=True) if classes else None
    if made.mark and made.mark not in bases:
        made.notes.append(
            f"This log does not know the export of this sheet for {reviewer}: what was emptied in it is not removed."
        )
    table = _parsed(sheet, kinds, rows, labels, faults)
    if faults:
        raise all_faults(faults, where=where)
    named = _tags(sheet, kinds, table, now, base, reviewer, made)
    made.labels_checked = "incorrectly_labelled" in kinds or "correct_label" in kinds
    made.ids = list(rows)
    for example, numbers in rows.items():
        was, is_ = base.review(example, reviewer), now.review(example, reviewer)
        for column, name in named.items():
            given = [(number, table[number, column]) for number in numbers]
            _cell(sheet, example, column, name, given, was, is_, made)
        if "reviewed" not in kinds and not is_.reviewed:
            made.values.append((example, "reviewed", True))
    known = {key(tag) for tag in now.tags} | {key(name) for _, name, value in made.values if value}
    # a column without a tick is a tag all the same: none of a hundred is a finding
    made.values += [
        (made.ids[0], name, False) for c, name in named.items() if kinds[c] == "tag" and key(name) not in known
    ]
    return made


def _header_faults(sheet: Cells, kinds: Sequence[str | None]) -> list[str]:
    faults = []
    seen: dict[str, str] = {}
    for column, (header, kind) in enumerate(zip(sheet.headers, kinds, strict=True)):
        letter = sheet.letters[column]
        if not header:
            if any(cells.text_of(row[column]) for row in sheet.rows):
                faults.append(f"column {letter} has values but no header: its header is the tag's name")
            continue
        if kind is None:
            continue
        word = kind if kind != "tag" else key(header)
        if word in seen:
            faults.append(f"columns {seen[word]} and {letter} have the same header {header!r}")
        seen[word] = letter
        if kind == "tag":
            try:
                tag_name(header)
            except UserError as error:
                faults.append(f"column {letter}: {error}")
    return faults


def _rows(sheet: Cells, id_column: int, ids, made: Merge, faults: list[str]) -> dict[str, list[int]]:
    """Example → its rows, in the order of the sheet; rows of totals and of unknown examples are left out."""
    matcher = None if ids is None else cells.Matcher(ids)
    found: dict[str, list[int]] = {}
    strangers = []
    for number, row in enumerate(sheet.rows):
        text = cells.text_of(row[id_column])
        if not text:
            if any(cells.text_of(value) for value in row):
                faults.append(f"row {sheet.places[number]} has values but no id")
            continue
        example = text if matcher is None else matcher.find(text)
        if example is not None and not (matcher is None and totals_row(text)):
            found.setdefault(example, []).append(number)
        elif not totals_row(text):
            strangers.append(text)
    if strangers and not found:
        raise UserError(
            "no row of this sheet names an example of these predictions", value=strangers[0], where=sheet.where,
            hint="Was it exported from another run or file?",
        )  # fmt: skip
    if strangers:
        shown = ", ".join(repr(text) for text in strangers[:3])
        made.notes.append(f"{len(strangers)} rows name examples that are not on dev and are left out: {shown}.")
    if not found and not faults:
        raise UserError("this sheet has no rows", where=sheet.where)
    return found


def _mark(sheet: Cells, kinds: Sequence[str | None], rows: Mapping[str, list[int]]) -> str | None:
    if "export" not in kinds:
        return None
    column = kinds.index("export")
    return next((t for ns in rows.values() for n in ns if (t := cells.text_of(sheet.rows[n][column]))), None)


def _parsed(sheet: Cells, kinds, rows, labels, faults: list[str]) -> dict[tuple[int, int], Any]:
    """(row, column) → what the cell says; every cell that says nothing sensible is a fault."""
    table: dict[tuple[int, int], Any] = {}
    for column, kind in enumerate(kinds):
        if kind is None or kind == "export":
            continue
        wrong = []
        for number in (n for numbers in rows.values() for n in numbers):
            value = sheet.rows[number][column]
            if kind == "comment":
                table[number, column] = cells.text_of(value)
            elif kind == "correct_label":
                text = cells.text_of(value)
                meant = text if labels is None or not text else labels.find(text)
                if meant is None:
                    close = nearest(text, labels.known)
                    hint = f"did you mean {close!r}?" if close else f"labels are {', '.join(sorted(labels.known)[:12])}"
                    faults.append(f"cell {sheet.place(number, column)}: unknown label {text!r}; {hint}")
                table[number, column] = meant or ""
            else:
                yes = cells.is_yes(value)
                if yes is None:
                    wrong.append(
                        f"cell {sheet.place(number, column)}: {cells.text_of(value)[:40]!r} is neither yes (x) nor no"
                    )
                table[number, column] = bool(yes)
        if wrong and not any(table[n, column] for numbers in rows.values() for n in numbers):
            wrong[0] += "; a column of texts is called 'comment'"
        faults += wrong[:5] + (
            [f"column {sheet.letters[column]}: {len(wrong) - 5} more like these"] if len(wrong) > 5 else []
        )
    _looked_at(sheet, kinds, table)
    return table


def _looked_at(sheet: Cells, kinds, table: dict[tuple[int, int], Any]) -> None:
    """Whoever writes a no has looked at the example; the totals beneath the sheet count it, too."""
    if "reviewed" not in kinds:
        return
    reviewed = kinds.index("reviewed")
    ticked = [i for i, kind in enumerate(kinds) if kind in ("tag", "incorrectly_labelled")]
    for number in {n for n, _ in table}:
        row = sheet.rows[number]
        if not cells.text_of(row[reviewed]):
            table[number, reviewed] = any(cells.text_of(row[c]) and not table[number, c] for c in ticked)


def _tags(sheet: Cells, kinds, table, now: State, base: State, reviewer: str, made: Merge) -> dict[int, str]:
    """Column → field or tag; a new header is a new tag or, with the ticks of one that is gone, its new name."""
    named = {i: kind for i, kind in enumerate(kinds) if kind not in (None, "tag", "export")}
    fresh = []
    for column, kind in enumerate(kinds):
        if kind == "tag":
            known = now.tag(sheet.headers[column])
            named[column] = known or tag_name(sheet.headers[column])
            fresh += [] if known else [column]
    gone = [tag for tag in base.tags if tag in now.tags and tag not in named.values()]
    id_column = cells.id_column(sheet.headers)
    for column in fresh:
        ticked = {cells.text_of(sheet.rows[n][id_column]) for (n, c), yes in table.items() if c == column and yes}
        for tag in gone:
            before = {example for (example, who), r in base.reviews.items() if who == reviewer and tag in r.tags}
            before &= {cells.text_of(row[id_column]) for row in sheet.rows}
            if before and len(before & ticked) >= _SAME * len(before | ticked):
                made.renamed.append((tag, named[column]))
                named[column] = tag  # compared under its old name, renamed for all afterwards
                gone.remove(tag)
                break
    return named


def _cell(sheet: Cells, example: str, column: int, name: str, given, was, is_, made: Merge) -> None:
    """Take over what one example says in one column, if it was changed in the sheet and nowhere else."""
    base, current = was.value(name), is_.value(name)
    changed = [(number, value) for number, value in given if value != base]
    if not changed:
        return
    number, value = changed[0]
    if len({v for _, v in changed}) > 1:
        others = " and ".join(sheet.place(n, column) for n, _ in changed)
        made.conflicts.append(f"{others}: copies of the row of {example!r} differ; the log says {current!r}")
    elif current == value:
        return
    elif current == base or name not in _TEXTS:
        made.values.append((example, name, value))
    else:
        made.conflicts.append(
            f"{sheet.place(number, column)}: {value!r} here, {current!r} in the log since; the log stays"
        )
