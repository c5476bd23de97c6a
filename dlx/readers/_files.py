"""Files that readers open: they exist, or the message says what is there instead."""

from __future__ import annotations

from pathlib import Path

from dlx.errors import UserError, nearest

__all__ = ["existing"]


def existing(path: str | Path, *, kind: str = "file") -> Path:
    """The path, which must exist.

    Args:
        path: file or folder, absolute or relative to the working directory.
        kind: ``file``, ``folder`` or ``any``.

    Raises:
        UserError: it does not exist or is of the other kind; the nearest name beside it is given.
    """
    path = Path(path).expanduser()
    if not path.exists():
        raise UserError("no such file or folder", value=str(path), hint=_what_is_there(path))
    if kind == "file" and not path.is_file():
        raise UserError("a file is needed, this is a folder", value=str(path))
    if kind == "folder" and not path.is_dir():
        raise UserError("a folder is needed, this is a file", value=str(path))
    return path


def _what_is_there(path: Path) -> str:
    parent = path.parent
    while not parent.exists():
        parent = parent.parent
    there = sorted(entry.name for entry in parent.iterdir()) if parent.is_dir() else []
    close = nearest(path.name, there)
    if close:
        return f"Did you mean {str(parent / close)!r}?"
    return f"{str(parent)!r} holds: {', '.join(there[:8]) or 'nothing'}{' …' if len(there) > 8 else ''}."
