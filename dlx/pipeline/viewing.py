"""One example as a browser can show it: pictures as PNG or JPEG of a screen's size, sounds, texts, rows."""

from __future__ import annotations

import io
import warnings
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dlx.desk import Exhibit

if TYPE_CHECKING:
    from PIL.Image import Image

    from dlx.dataset import Dataset

__all__ = ["exists", "is_media", "labelled", "of_example", "of_file"]

_PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".ppm")
_SOUNDS = {".wav": "audio/wav", ".mp3": "audio/mpeg", ".flac": "audio/flac", ".ogg": "audio/ogg", ".m4a": "audio/mp4"}
#: Larger than a screen helps nobody and makes the next example slow.
_SIDE = 1_600
#: Pictures with more pixels are not opened: decoding one would take seconds and a gigabyte.
_MOST_PIXELS = 100_000_000
_MOST_SOUND = 50_000_000
#: From this many pixels on a photo travels as JPEG: a tenth of a PNG.
_JPEG_FROM = 250_000
_LONGEST = 100_000


def is_media(path: str) -> bool:
    """Whether the name is that of a picture or a sound."""
    return Path(path).suffix.lower() in (*_PICTURES, *_SOUNDS)


def exists(file: Path) -> bool:
    """Whether there is such a file; an id that no file can have as its name is none."""
    try:
        return file.is_file()
    except (OSError, ValueError):
        return False


def labelled(shown: Exhibit, label: str) -> Exhibit:
    """The same, with its label."""
    return replace(shown, label=label)


def of_example(dataset: Dataset, task: Any, position: int) -> Exhibit:
    """The example at a position: its file where it has one, else as its task shows it."""
    example = dataset.examples.iloc[position]
    path = example.get("path")
    if isinstance(path, str) and is_media(path) and exists(Path(path)):
        return of_file(Path(path))
    try:
        cell = task.show(pd.Series({"y_true": example["y"], "y_pred": ""}), dataset, position)
    except (OSError, ValueError) as error:  # a lazy payload whose file is gone or broken
        return Exhibit("none", text=f"This example cannot be shown: {error}")
    if cell.kind == "image":
        return _picture(_from_array(np.asarray(cell.value)))
    if cell.kind == "row":
        return Exhibit("row", row={str(name): _value(value) for name, value in cell.value.items()})
    return Exhibit("text", text=str(cell.value)[:_LONGEST])


def of_file(file: Path) -> Exhibit:
    """A picture or a sound from its file; of kind ``none``, with the reason, where it is broken or huge."""
    from PIL import Image, ImageOps, UnidentifiedImageError

    if file.suffix.lower() in _SOUNDS:
        return _sound(file)
    try:
        with warnings.catch_warnings(action="ignore", category=Image.DecompressionBombWarning):
            opened = Image.open(file)  # reads the header only
        with opened as picture:
            if picture.width * picture.height > _MOST_PIXELS:
                size = f"{picture.width:,} × {picture.height:,}"
                return Exhibit("none", text=f"{file.name} is too large to be shown: {size} pixels.")
            picture.draft("RGB", (_SIDE, _SIDE))
            return _picture(ImageOps.exif_transpose(picture))
    except Image.DecompressionBombError:
        return Exhibit("none", text=f"{file.name} is too large to be shown.")
    except (OSError, ValueError, SyntaxError, UnidentifiedImageError) as error:
        return Exhibit("none", text=f"{file.name} cannot be shown: {error}")


def _sound(file: Path) -> Exhibit:
    try:
        if file.stat().st_size > _MOST_SOUND:
            return Exhibit("none", text=f"{file.name} is too large to be played: {file.stat().st_size:,} bytes.")
        return Exhibit("audio", media=file.read_bytes(), mime=_SOUNDS[file.suffix.lower()], text=file.name)
    except OSError as error:
        return Exhibit("none", text=f"{file.name} cannot be played: {error}")


def _picture(picture: Image) -> Exhibit:
    """Encoded anew, whatever it was: what reaches the browser is plain pixels."""
    clear = "A" in picture.getbands() or "transparency" in picture.info
    if picture.mode in ("I", "F", "I;16", "I;16B", "I;16L"):
        picture = _from_array(_stretched(np.asarray(picture, dtype="float64")))
    shown = picture.convert("RGBA" if clear else "L" if picture.mode in ("1", "L") else "RGB")
    shown.thumbnail((_SIDE, _SIDE))
    out = io.BytesIO()
    if clear or shown.width * shown.height < _JPEG_FROM:
        shown.save(out, "PNG")
        return Exhibit("image", media=out.getvalue(), mime="image/png")
    shown.save(out, "JPEG", quality=90)
    return Exhibit("image", media=out.getvalue(), mime="image/jpeg")


def _stretched(values: np.ndarray) -> np.ndarray:
    """Scans of 16 bits and more: from the darkest to the brightest, or next to nothing would be seen."""
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    return (values - low) / (high - low) if high > low else np.zeros_like(values)


def _from_array(values: np.ndarray) -> Image:
    from PIL import Image

    pixels = np.rint(np.clip(np.nan_to_num(values.astype("float64")), 0, 1) * 255).astype("uint8")
    if pixels.ndim == 3 and pixels.shape[-1] not in (3, 4):
        pixels = pixels[..., 0]
    return Image.fromarray(pixels)


def _value(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)
