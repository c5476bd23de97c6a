"""Predictions files: CSV and Parquet in, Parquet out; labels and ids stay the text they are."""

from __future__ import annotations

import contextlib
import csv
import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from dlx.errors import UserError
from dlx.files import replacing

__all__ = ["from_file", "to_parquet"]

#: Read as text (and coded): everything that a spreadsheet or a number parser would spoil.
TEXT = ("predictor", "id", "split", "source", "group", "y_true", "y_pred", "error", "size", "weight", "loss", "proba")
_KEY = b"dlx"


def from_file(path: Path) -> tuple[pd.DataFrame, dict[str, Any], bool]:
    """The columns of a CSV or Parquet file, unchecked.

    Returns:
        the frame, what dlx recorded in the file (task, classes), and whether all values are text (CSV).

    Raises:
        UserError: no such file, an empty file, or one that is neither CSV nor Parquet.
    """
    path = Path(path)
    if not path.exists():
        raise UserError("no such predictions file", value=str(path), hint="Give a CSV or Parquet file, or a run.")
    if path.is_dir():
        raise UserError("a predictions table is a file, not a folder", value=str(path))
    try:
        with path.open("rb") as file:
            start = file.read(4)
        if not start:
            raise UserError("the predictions file is empty", value=str(path))
        with _lean_memory():
            if start == b"PAR1":
                return *_parquet(path), False
            return _csv(path, gzipped=start[:2] == b"\x1f\x8b"), {}, True
    except pa.ArrowException as error:
        reason = str(error).strip().splitlines()[0].rstrip(".")
        raise UserError(
            f"the predictions file cannot be read: {reason}",
            value=str(path),
            hint="dlx reads CSV (UTF-8, with a header line) and Parquet.",
        ) from error
    except OSError as error:
        raise UserError(f"the predictions file cannot be read: {error.strerror or error}", value=str(path)) from error


@contextlib.contextmanager
def _lean_memory() -> Iterator[None]:
    """Arrow's default pool keeps freed pages; the system's pool took 0.7 of its peak on a million rows."""
    before = pa.default_memory_pool()
    pa.set_memory_pool(pa.system_memory_pool())
    try:
        yield
    finally:
        pa.set_memory_pool(before)


def _parquet(path: Path) -> tuple[pd.DataFrame, dict[str, Any]]:
    import pyarrow.parquet as pq

    with pq.ParquetFile(path, pre_buffer=False) as probe:
        schema = probe.schema_arrow
    known = [name for name in schema.names if _wanted(name)]
    coded = [n for n in known if n != "id" and (pa.types.is_string(t := schema.field(n).type) or _is_large(t))]
    # small batches and small buffers: a million rows are read with little beside the columns themselves
    with pq.ParquetFile(path, read_dictionary=coded, pre_buffer=False, buffer_size=1 << 20) as file:
        batches = list(file.iter_batches(batch_size=1 << 16, columns=known, use_threads=False))
        table = pa.Table.from_batches(batches, schema=batches[0].schema if batches else None) if batches else None
    if table is None:
        table = schema.empty_table().select(known)
    recorded = json.loads((schema.metadata or {}).get(_KEY, b"{}"))
    others = [n for n in schema.names if n not in known and not n.startswith("__index")]
    frame = table.replace_schema_metadata(None).to_pandas(split_blocks=True, self_destruct=True, ignore_metadata=True)
    frame.attrs["ignored"] = others
    return frame, recorded


def _is_large(kind: pa.DataType) -> bool:
    return pa.types.is_large_string(kind)


def _wanted(name: str) -> bool:
    return name in TEXT or name.startswith(("meta_", "proba_"))


def _csv(path: Path, *, gzipped: bool) -> pd.DataFrame:
    from pyarrow import csv as reader

    header, delimiter = _header(path, gzipped)
    repeated = sorted({name for name in header if header.count(name) > 1})
    if repeated:
        raise UserError("column names must differ", value=repeated, where=str(path))
    kinds = {name: pa.dictionary(pa.int32(), pa.string()) for name in header if name in TEXT and name != "id"}
    kinds |= {name: pa.float64() for name in header if name.startswith("proba_")}
    kinds |= {"id": pa.large_string()} if "id" in header else {}
    known = [name for name in header if _wanted(name)]
    table = reader.read_csv(
        pa.BufferReader(gzip.decompress(path.read_bytes())) if gzipped else path,
        read_options=reader.ReadOptions(column_names=header, skip_rows=1, use_threads=False),
        parse_options=reader.ParseOptions(delimiter=delimiter, newlines_in_values=True),
        convert_options=reader.ConvertOptions(
            column_types=kinds, include_columns=known, strings_can_be_null=False, null_values=["", "nan", "NaN"]
        ),
    )
    frame = table.to_pandas(split_blocks=True, self_destruct=True)
    frame.attrs["ignored"] = [name for name in header if name not in known]
    return frame


def _header(path: Path, gzipped: bool) -> tuple[list[str], str]:
    opener = gzip.open if gzipped else open
    try:
        with opener(path, "rt", encoding="utf-8-sig", newline="") as file:
            first = file.readline()
    except UnicodeDecodeError as error:
        raise UserError(
            "the predictions file is neither UTF-8 text nor Parquet",
            value=str(path),
            hint="Save it as CSV (UTF-8) or Parquet.",
        ) from error
    delimiter = max(",;\t", key=first.count)  # spreadsheets of many countries write ; or tabs
    return [name.strip() for name in next(csv.reader([first], delimiter=delimiter), [])], delimiter


def to_parquet(frame: pd.DataFrame, path: Path, recorded: dict[str, Any]) -> None:
    """Write a table as Parquet in one step: a reader sees the old file or the new one, never half of one.

    Raises:
        DlxError: the disk is full; the old file, if any, is still there.
        UserError: the folder may not be written to.
    """
    import pyarrow.parquet as pq

    probabilities = [f"proba_{c}" for c in recorded.get("classes", ())]
    whole = bool(probabilities) and all(name in frame for name in probabilities)
    table = pa.Table.from_pandas(frame.drop(columns=probabilities) if whole else frame, preserve_index=False)
    if whole:
        table = table.append_column("proba", _lists(frame[probabilities].to_numpy("float32")))
    table = table.replace_schema_metadata({**(table.schema.metadata or {}), _KEY: json.dumps(recorded).encode()})
    with replacing(path, durable=True) as temporary:
        pq.write_table(table, temporary, compression="zstd")


def _lists(matrix: np.ndarray) -> pa.ListArray:
    """(n, classes) as one list per row; null where a row has none."""
    there = ~np.isnan(matrix).any(axis=1)
    ends = np.concatenate([[0], np.cumsum(there * matrix.shape[1])]).astype("int32")
    offsets = pa.array(ends, mask=np.append(~there, False))  # a null start makes a null list
    return pa.ListArray.from_arrays(offsets, pa.array(matrix[there].reshape(-1)))
