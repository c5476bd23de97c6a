"""Sheets out and in: what a spreadsheet says goes through the log like everything else."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dlx.analysis._result import Imported
from dlx.analysis._sampling import GIVEN, Settings, Subject, frozen, given, of_sheet, read_rows
from dlx.errors import UserError
from dlx.tagging.cells import id_column, text_of
from dlx.tagging.frozen import Sample, load
from dlx.tagging.log import TagLog, annotations_folder
from dlx.tagging.merge import Cells, Merge, merge
from dlx.tagging.sheet import grid, read_sheet, write_sheet
from dlx.tagging.state import state

__all__ = ["elsewhere", "give", "take", "take_elsewhere"]

_KINDS = (".csv", ".tsv", ".xlsx")


def give(
    about: Subject,
    path: Path,
    sample: Sample,
    log: TagLog,
    who: str,
    images: Path | None,
    picture: Callable[[str], bytes | None] | None = None,
) -> list[str]:
    """Write the sample as a sheet; returns notes.

    Raises:
        UserError: a folder that is not there, or another kind of file.
    """
    from dlx.tagging.thumbnails import found

    if path.suffix.lower() not in _KINDS:
        raise UserError("a sheet is .xlsx or .csv", value=path.name, where="--export")
    if not path.absolute().parent.is_dir():
        raise UserError("no such folder to write to", value=str(path.parent), where="--export")
    if images is not None and not images.is_dir():
        raise UserError("no such folder of images", value=str(images), where="--images")
    pictures = found(sample.table, about.worst(), images, picture) if path.suffix.lower() == ".xlsx" else None
    mark = log.mark(reviewer=who, sheet=path.name)
    return write_sheet(grid(sample, log.state(), who, mark, images=pictures), path)


def take(about: Subject, path: Path, log: TagLog, who: str, asked: Settings) -> tuple[Sample, Imported, list[str]]:
    """Merge a sheet into the log.

    Raises:
        UserError: cells that cannot be understood; the log is as it was.
    """
    sheet = read_sheet(path)
    known = load(about.path) if about.path.exists() else None
    settings = asked.over({} if known is None or known.by == GIVEN else _settings(known))
    part, found, _ = read_rows(about, settings)
    repeats = [] if known is None else known.table.loc[known.table["kind"] == "repeat", "id"].tolist()
    classes = found.classes if found.task == "classification" else ()
    merged = _merged(sheet, log, who, ids={*part["id"], *repeats}, classes=classes)
    if known is None and merged.mark is None:
        sample, notes = of_sheet(about, asked, merged.ids), []
    else:
        sample, notes = frozen(about, asked)
    outside = len(set(merged.ids) - set(sample.table["id"]))
    if outside:
        notes.append(f"{outside} rows are not in the sample: their tags are kept but do not count here.")
    return sample, _written(sheet, merged, log, who), notes


def _settings(known: Sample) -> dict[str, Any]:
    return {"split": known.split} | known.options


def elsewhere(what: Any, path: str | os.PathLike | None, data: str | None, root) -> tuple[Subject, Cells | None]:
    """A sheet made elsewhere, with its name; no sheet where it was read before.

    Raises:
        UserError: neither a sheet nor one that was read before.
    """
    if path is None and isinstance(what, (str, os.PathLike)) and Path(what).suffix.lower() in _KINDS:
        path = what
    if path is None:
        return _read_before(data, root), None
    path = Path(path)
    folder = annotations_folder(data or path.name.partition(".")[0], root)
    return Subject(str(path), path, path.name.partition(".")[0] or "sheet", folder), read_sheet(path)


def _read_before(data: str | None, root) -> Subject:
    """The sheet that was read last."""
    top = annotations_folder("x", root).parent
    files = [f for f in top.glob(f"{data or '*'}/samples/*.parquet") if load(f).by == GIVEN]
    if not files:
        raise UserError(
            "--n-errors and --n-dev go with a sheet made elsewhere", where=str(top), hint="Add --import FILE."
        )
    file = max(files, key=lambda f: f.stat().st_mtime_ns)
    return Subject(file.stem, file, file.stem, file.parent.parent)


def take_elsewhere(
    about: Subject, sheet: Cells | None, log: TagLog, who: str, n_errors: int, n_dev: int
) -> tuple[Sample, Imported | None]:
    """Merge a sheet made elsewhere; its rows are the sample.

    Raises:
        UserError: cells that cannot be understood, or numbers that cannot be; the log is as it was.
    """
    if sheet is None:
        old = load(about.path)
        ids, columns = (
            old.table["id"].tolist(),
            {c: old.table[c].tolist() for c in ("y_true", "y_pred") if c in old.table},
        )
        return given(ids, about, n_errors=n_errors, n_dev=n_dev, columns=columns), None
    merged = _merged(sheet, log, who, ids=None, classes=())
    sample = given(merged.ids, about, n_errors=n_errors, n_dev=n_dev, columns=_described(sheet, merged.ids))
    return sample, _written(sheet, merged, log, who)


def _described(sheet: Cells, ids: list[str]) -> dict[str, list[str]]:
    """The columns ``y_true`` and ``y_pred`` of the sheet, in the order of the ids."""
    at = id_column(sheet.headers)
    found = {}
    for name in ("y_true", "y_pred"):
        if name in sheet.headers:
            column = sheet.headers.index(name)
            values = {text_of(row[at]): text_of(row[column]) for row in sheet.rows}
            found[name] = [values.get(i, "") for i in ids]
    return found


def _merged(sheet: Cells, log: TagLog, who: str, *, ids, classes) -> Merge:
    records = log.records()
    now = state(records)
    bases = {
        mark: state(records[:before])
        for mark, (name, before) in now.exports.items()
        if name == who and _in(sheet, mark)
    }
    return merge(sheet, now, bases, who, ids=ids, classes=classes)


def _in(sheet: Cells, mark: str) -> bool:
    """Whether this key can be the sheet's: only those bases are worked out."""
    return (
        mark == f"file:{sheet.where}"
        or any(mark in row for row in sheet.rows[:1])
        or any(mark in row for row in sheet.rows)
    )


def _written(sheet: Cells, merged: Merge, log: TagLog, who: str) -> Imported:
    """Append what a sheet changes, and that it and the log now say the same."""
    for old, new in merged.renamed:
        log.rename(old, new, reviewer=who)
    if merged.values:
        facts = {} if merged.labels_checked else {"labels_checked": False}
        log.write(merged.values, reviewer=who, source="sheet", **facts)
    if (merged.values or merged.renamed) and not merged.conflicts:
        log.mark(reviewer=who, sheet=sheet.where, mark=merged.mark or f"file:{sheet.where}")
    return Imported(
        sheet.where, len(merged.values), len(merged.ids), tuple(merged.renamed), tuple(merged.conflicts),
        tuple(merged.notes),
    )  # fmt: skip
