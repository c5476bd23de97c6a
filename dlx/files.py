"""Files that are whole or absent: atomic replacement, append-only logs, and a full disk said clearly."""

from __future__ import annotations

import errno
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dlx.errors import DlxError, UserError

__all__ = ["append_line", "disk_errors", "lines", "replacing"]

_FULL = {errno.ENOSPC, errno.EDQUOT}
_FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}
_NO_FOLDER = {errno.ENOENT, errno.ENOTDIR}


@contextmanager
def disk_errors(path: str | Path) -> Iterator[None]:
    """Turn a full or write-protected disk into one clear message; other errors pass unchanged.

    Raises:
        DlxError: the disk or the quota is full.
        UserError: the place may not be written to, or its folder is not there.
    """
    try:
        yield
    except OSError as error:
        if error.errno in _FULL or "No space left on device" in str(error):  # HDF5 and Arrow give the text only
            raise DlxError(
                "the disk is full",
                where=str(path),
                hint="The file was not changed. Free some space (`dlx runs --prune` lists what can go), then repeat.",
            ) from error
        if error.errno in _FORBIDDEN:
            raise UserError(
                f"cannot write here: {error.strerror}",
                where=str(path),
                hint="Work in a folder of your own, or name one for runs in DLX_RUNS.",
            ) from error
        # pandas and Keras raise an OSError of their own, without a number, for a folder that is not there
        if error.errno in {*_NO_FOLDER, None} and not Path(path).parent.is_dir():
            raise UserError(
                "no such folder to write to", value=str(Path(path).parent), hint="Make it first, or choose another."
            ) from error
        raise


@contextmanager
def replacing(path: str | Path, *, durable: bool = False) -> Iterator[Path]:
    """A new file in the same folder that takes the place of ``path`` if the block ends without an error.

    Readers see the old file or the new one, never a part of either. The suffix is kept, because Keras and pandas
    choose the format by it.

    Args:
        path: the file to write.
        durable: also wait until it is on the disk, so that it survives a power cut.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.stem}.{os.getpid()}-{secrets.token_hex(3)}.tmp{path.suffix}")
    with disk_errors(path):
        try:
            yield temporary
            if durable:
                _to_disk(temporary)
            os.replace(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)


def _to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def append_line(path: str | Path, record: dict[str, Any], *, durable: bool = False) -> None:
    """Append one JSON object as a line, by a single write at the end of the file.

    A line that an earlier process was killed in the middle of is closed first, so that it spoils only itself.
    """
    path = Path(path)
    line = (json.dumps(record, ensure_ascii=False, default=_plain) + "\n").encode()
    with disk_errors(path):
        descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o666)
        try:
            size = os.fstat(descriptor).st_size
            if size and _last_byte(descriptor, size) != b"\n":
                line = b"\n" + line
            written = os.write(descriptor, line)
            if written != len(line):  # the disk filled up inside the line
                os.ftruncate(descriptor, os.fstat(descriptor).st_size - written)
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            if durable:
                os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _last_byte(descriptor: int, size: int) -> bytes:
    os.lseek(descriptor, size - 1, os.SEEK_SET)
    return os.read(descriptor, 1)


def lines(path: str | Path) -> list[dict[str, Any]]:
    """The records of an append-only file, in order; a line cut off in the middle is left out, no file gives none."""
    path = Path(path)
    if not path.exists():
        return []
    records = []
    for line in path.read_bytes().split(b"\n"):
        record = _parse(line)
        if record is not None:
            records.append(record)
    return records


def _parse(line: bytes) -> dict[str, Any] | None:
    try:
        record = json.loads(line)
    except ValueError:  # empty, or its writer was killed in the middle
        return None
    return record if isinstance(record, dict) else None


def _plain(value: Any) -> Any:
    """NumPy scalars and arrays as JSON; everything else as text."""
    if hasattr(value, "tolist"):
        return value.tolist()
    return str(value)
