"""Tables as they stand in the file: text stays text until its column's role is known."""

from __future__ import annotations

import csv
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from dlx.errors import UserError
from dlx.readers._files import existing

__all__ = ["MISSING", "Table", "as_number", "as_text", "load"]

#: words that mean "no value" in a column of numbers; in labels, ids and text columns they are words like any other
MISSING = ("", "na", "n/a", "nan", "null", "none", "?", "-")


@dataclass(frozen=True)
class Table:
    """A table with its place and what was guessed while opening it.

    Attributes:
        frame: columns of text (CSV) or of their own types (Parquet), RangeIndex.
        where: the file, for messages.
        notes: what was guessed, one sentence each.
        headerless: the file has no header and no names were given.
    """

    frame: pd.DataFrame
    where: str
    notes: tuple[str, ...] = ()
    headerless: bool = False

    def __len__(self) -> int:
        return len(self.frame)


def load(path: str | Path, *, sep: str | None = None, names: list[str] | None = None) -> Table:
    """Open a CSV, TSV or Parquet file.

    Args:
        path: the file; ``.parquet`` and ``.pq`` are Parquet, anything else is separated text.
        sep: separator; guessed and said when not given.
        names: column names of a file without a header.

    Raises:
        UserError: missing, empty or unreadable file, rows of different length, names that do not fit.
    """
    file = existing(path)
    if file.suffix.lower() in (".parquet", ".pq"):
        return Table(_parquet(file), str(path))
    first = _first_lines(file)
    notes = []
    if sep is None:
        sep = _separator(first[0], file)
        if sep != ("\t" if file.suffix.lower() == ".tsv" else ","):
            notes.append(f"separator: {sep!r}")
    cells = next(csv.reader([first[0]], delimiter=sep, skipinitialspace=True))
    headerless = names is None and all(_is_number(cell) for cell in cells)
    if headerless:
        notes.append(f"the first row holds only numbers: no header, columns are named c1 to c{len(cells)}")
        names = [f"c{i + 1}" for i in range(len(cells))]
    if names is not None and len(names) != len(cells):
        raise UserError(f"names: gives {len(names)} names for {len(cells)} columns", value=list(names), where=str(path))
    has_header = names is None or [c.strip() for c in cells] == [str(n) for n in names]
    frame = _text(file, sep, None if has_header else [str(n) for n in names])
    if frame.empty:
        raise UserError("the table has no rows", where=str(path))
    commas = _decimal_commas(frame) if sep != "," else []
    if commas:
        notes.append(f"numbers with a decimal comma: {', '.join(commas)}")
        frame[commas] = frame[commas].apply(lambda column: column.str.replace(",", ".", regex=False))
    return Table(frame, str(path), tuple(notes), headerless)


def _decimal_commas(frame: pd.DataFrame) -> list[str]:
    """Columns that hold nothing but numbers as many countries write them: 3,5 for 3.5."""
    found = []
    for column in frame:
        known = frame[column].str.strip()
        known = known[~known.str.lower().isin(MISSING)]
        if known.str.contains(",").any() and known.str.fullmatch(r"[+-]?\d+(,\d+)?([eE][+-]?\d+)?").all():
            found.append(column)
    return found


def as_text(column: pd.Series) -> np.ndarray:
    """(n,) object array of str, "" where missing; whole numbers without a decimal point."""
    if pd.api.types.is_float_dtype(column.dtype):
        whole = column.dropna()
        if len(whole) and np.all(np.isfinite(whole)) and np.all(whole == np.round(whole)):
            column = column.astype("Int64")
    values = column.astype(object)
    return np.array(["" if missing else str(v) for v, missing in zip(values, column.isna(), strict=True)], dtype=object)


def as_number(column: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """(values, bad): float64 with NaN where missing, and which cells are neither a finite number nor missing."""
    if pd.api.types.is_numeric_dtype(column.dtype) and not pd.api.types.is_bool_dtype(column.dtype):
        values = column.to_numpy("float64", na_value=np.nan)
        return values, np.isinf(values)
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        return np.full(len(column), np.nan), column.notna().to_numpy()
    text = pd.Series(as_text(column), dtype=object).str.strip()
    values = pd.to_numeric(text, errors="coerce").to_numpy("float64", na_value=np.nan)
    known = ~text.str.lower().isin(MISSING).to_numpy()
    return values, known & ~np.isfinite(values)


def _first_lines(file: Path) -> list[str]:
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            lines = [line for line in (stream.readline() for _ in range(20)) if line.strip()]
    except UnicodeDecodeError as error:
        raise UserError(
            f"the table is not UTF-8 text: {error.reason} at byte {error.start}",
            where=str(file),
            hint="Save it as UTF-8, or as Parquet.",
        ) from error
    except OSError as error:
        raise UserError(f"cannot read the file: {error.strerror}", where=str(file)) from error
    if not lines:
        raise UserError("the table is empty", where=str(file))
    return lines


def _separator(line: str, file: Path) -> str:
    if file.suffix.lower() == ".tsv":
        return "\t"
    counts = {sep: line.count(sep) for sep in (",", ";", "\t", "|")}
    best = max(counts, key=lambda sep: counts[sep])
    return best if counts[best] else ","


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _text(file: Path, sep: str, names: list[str] | None) -> pd.DataFrame:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)  # rows longer than the header
            return pd.read_csv(
                file,
                sep=sep,
                names=names,
                header=0 if names is None else None,
                dtype=str,
                na_filter=False,
                index_col=False,
                skipinitialspace=True,
                encoding="utf-8-sig",
            )
    except (pd.errors.ParserError, pd.errors.ParserWarning, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        raise UserError(
            f"the table cannot be read: {str(error).strip()}", where=str(file), hint="Is sep: right?"
        ) from error


def _parquet(file: Path) -> pd.DataFrame:
    import pyarrow

    try:
        frame = pd.read_parquet(file)
    except (pyarrow.ArrowException, OSError) as error:
        raise UserError(f"not a readable Parquet file: {error}", where=str(file)) from error
    if frame.empty:
        raise UserError("the table has no rows", where=str(file))
    frame.columns = [str(name) for name in frame.columns]
    return frame.reset_index(drop=True)
