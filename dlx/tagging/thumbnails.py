"""Small pictures for the sheet: from image files, or from those a run has kept."""

from __future__ import annotations

import base64
import io
import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

__all__ = ["COLUMNS", "found", "thumbnail"]

_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".ppm")
#: Columns that name a picture.
COLUMNS = ("meta_image", "meta_path", "meta_file", "meta_filename")
_URI = "data:image/"
#: Pictures with more pixels are not opened: decoding one would take seconds and a gigabyte.
_MOST_PIXELS = 100_000_000


def found(
    table: pd.DataFrame, worst: Iterable[Mapping[str, Any]] = (), folder: Path | None = None
) -> dict[str, str | Path] | None:
    """id → picture of the rows of a sample: by a column with paths, by the id itself, or among a run's worst errors.

    Args:
        table: rows with ``id``, ``example`` and perhaps ``meta_path`` or the like.
        worst: what the run kept of its worst errors: ``id`` and ``image``, a data URI.
        folder: where relative paths begin; default: the working directory.

    Returns:
        None where there is no picture at all.
    """
    kept = {str(e["id"]): e["image"] for e in worst if str(e.get("image") or "").startswith(_URI)}
    pictures: dict[str, str | Path] = {}
    names = [c for c in COLUMNS if c in table]
    for row in table.to_dict("records"):
        example = str(row["example"])
        paths = [str(row[c]) for c in names if isinstance(row[c], str)] + [example]
        files = (Path(folder or ".") / p for p in paths if p.lower().endswith(_SUFFIXES))
        file = next((f for f in files if _is_file(f)), None)
        if file is not None or example in kept:
            pictures[str(row["id"])] = kept[example] if file is None else file
    return pictures or None


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # an id that no file can have as its name
        return False


def thumbnail(source: str | Path, side: int) -> io.BytesIO | None:
    """A PNG of at most ``side`` pixels; None where the picture is missing, broken or huge."""
    from PIL import Image, UnidentifiedImageError

    try:
        with warnings.catch_warnings(action="ignore", category=Image.DecompressionBombWarning):
            opened = Image.open(_content(source))  # reads the header only
        with opened as picture:
            if picture.width * picture.height > _MOST_PIXELS:
                return None
            picture.draft("RGB", (side * 2, side * 2))
            small = picture.convert("RGBA" if "A" in picture.getbands() else "RGB")
            small.thumbnail((side, side))
    except (OSError, ValueError, SyntaxError, UnidentifiedImageError, Image.DecompressionBombError):
        return None
    out = io.BytesIO()
    small.save(out, "PNG")
    out.seek(0)
    return out


def _content(source: str | Path) -> Any:
    if isinstance(source, str) and source.startswith(_URI):
        return io.BytesIO(base64.b64decode(source.partition(",")[2]))
    return source
