"""Pictures of what a model sees: patches in a mosaic, heat over an image, and sheets with words beneath."""

from __future__ import annotations

import base64
import importlib.util
import io
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from PIL import Image, ImageFont

__all__ = ["data_uri", "heat", "mosaic", "patch", "picture", "png", "row", "sheet"]

_PAPER, _INK, _SOFT, _EMPTY = (255, 255, 255), (27, 29, 32), (90, 95, 102), (226, 226, 220)
#: from cold to hot, evenly spaced: dark, violet, red, orange, pale yellow
_HEAT = np.array([[0, 0, 4], [87, 16, 110], [188, 55, 84], [249, 142, 9], [252, 255, 164]], float)
_LINE, _FONT = 19, 13


def picture(image: np.ndarray) -> np.ndarray:
    """(height, width, channels) raw input → (height, width, 3) uint8.

    uint8 and floats in 0–1 are shown as they are, other numbers from their smallest to their largest; of channels that
    are no colours the mean is shown.
    """
    values = np.asarray(image)
    if values.dtype != np.uint8:
        values = np.nan_to_num(values.astype(np.float64))
        low, high = float(values.min()), float(values.max())
        if low < 0 or high > 1:
            values = (values - low) / (high - low or 1.0)
        values = values * 255
    if values.shape[-1] not in (1, 3, 4):
        values = values.mean(axis=-1, keepdims=True)
    values = values[..., :3] if values.shape[-1] >= 3 else np.repeat(values, 3, axis=-1)
    return np.rint(values).astype(np.uint8)


def patch(pixels: np.ndarray, box: Sequence[int], size: Sequence[int] | None) -> np.ndarray:
    """The part of a picture inside the box; where the field reaches over the border, the patch is filled with grey.

    Args:
        pixels: (height, width, 3).
        box: top, left, bottom, right, inside the picture.
        size: rows and columns of the whole field, or None for the whole picture.
    """
    if size is None:
        return pixels
    height, width = pixels.shape[:2]
    top, left, bottom, right = box
    out = np.full((*size, 3), _EMPTY, np.uint8)
    rows, columns = min(bottom - top, size[0]), min(right - left, size[1])
    # at the upper and left border the part that is missing lies before the patch, else behind it
    y = size[0] - rows if top == 0 and bottom < height else 0
    x = size[1] - columns if left == 0 and right < width else 0
    out[y : y + rows, x : x + columns] = pixels[top : top + rows, left : left + columns]
    return out


def heat(pixels: np.ndarray, values: np.ndarray) -> np.ndarray:
    """The picture in dark grey, and over it the values from 0 (nothing) to their 99th percentile (pale yellow)."""
    from PIL import Image

    high = float(np.percentile(values, 99)) or float(values.max()) or 1.0
    strength = np.clip(values / high, 0, 1).astype(np.float32)
    if strength.shape != pixels.shape[:2]:
        whole = Image.fromarray(strength).resize((pixels.shape[1], pixels.shape[0]), Image.Resampling.BILINEAR)
        strength = np.asarray(whole)
    at = strength * (len(_HEAT) - 1)
    colour = np.stack([np.interp(at, np.arange(len(_HEAT)), channel) for channel in _HEAT.T], axis=-1)
    grey = 0.7 * pixels.astype(float).mean(axis=-1, keepdims=True)
    alpha = 0.9 * strength[..., None]
    return np.rint(grey * (1 - alpha) + colour * alpha).astype(np.uint8)


def _scaled(pixels: np.ndarray, side: int) -> Image.Image:
    """So that the longer side has about that many pixels; small ones grow by whole factors, pixels stay pixels."""
    from PIL import Image

    made = Image.fromarray(pixels)
    longest = max(made.size)
    if longest <= side:
        factor = max(1, side // longest)
        return made.resize((made.width * factor, made.height * factor), Image.Resampling.NEAREST)
    return made.resize([max(1, round(s * side / longest)) for s in made.size], Image.Resampling.LANCZOS)


def mosaic(tiles: Sequence[np.ndarray], *, columns: int = 3, rows: int = 0, side: int = 64, gap: int = 2) -> np.ndarray:
    """Tiles in rows of ``columns``, all in cells of one size.

    Args:
        tiles: pictures of one size.
        columns: tiles in a row.
        rows: at least as many rows; 0 for those that are needed.
        side: longer side of a tile, about, in pixels.
        gap: pixels between them.
    """
    from PIL import Image

    made = [_scaled(tile, side) for tile in tiles]
    width = max((tile.width for tile in made), default=side)
    height = max((tile.height for tile in made), default=side)
    rows = max(rows, -(-len(made) // columns), 1)
    out = Image.new("RGB", (columns * (width + gap) - gap, rows * (height + gap) - gap), _PAPER)
    for i, tile in enumerate(made):
        x, y = (i % columns) * (width + gap), (i // columns) * (height + gap)
        out.paste(tile, (x + (width - tile.width) // 2, y + (height - tile.height) // 2))
    return np.asarray(out)


def row(tiles: Sequence[np.ndarray], *, side: int) -> np.ndarray:
    """Tiles beside each other."""
    return mosaic(tiles, columns=max(len(tiles), 1), side=side, gap=3)


def sheet(title: str, panels: Sequence[tuple[np.ndarray, Sequence[str]]], *, columns: int, wide: int = 0) -> np.ndarray:
    """Panels with lines of text beneath, under a title.

    Args:
        title: what the sheet shows.
        panels: picture and lines.
        columns: panels in a row.
        wide: pixels of a panel at least, for its text.
    """
    from PIL import Image, ImageDraw

    lines = max((len(said) for _, said in panels), default=0)
    width = max([wide, *(made.shape[1] for made, _ in panels)])
    height = max((made.shape[0] for made, _ in panels), default=0) + lines * _LINE + 8
    margin, rows = 16, -(-len(panels) // columns)
    heads = _broken(title, columns * (width + margin) - margin)
    top = margin + len(heads) * _LINE + 8
    size = (margin + columns * (width + margin), top + rows * (height + margin))
    out = Image.new("RGB", size, _PAPER)
    draw = ImageDraw.Draw(out)
    for i, line in enumerate(heads):
        draw.text((margin, margin + i * _LINE), line, font=_font(), fill=_INK)
    for i, (made, said) in enumerate(panels):
        x, y = margin + (i % columns) * (width + margin), top + (i // columns) * (height + margin)
        out.paste(Image.fromarray(made), (x, y))
        for k, text in enumerate(said):
            place = (x, y + made.shape[0] + 4 + k * _LINE)
            draw.text(place, _short(text, width), font=_font(), fill=_SOFT if k else _INK)
    return np.asarray(out)


def _broken(text: str, width: int) -> list[str]:
    """Lines of whole words that fit."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and _font().getlength(longer) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def _short(text: str, width: int) -> str:
    if _font().getlength(text) <= width:
        return text
    while text and _font().getlength(f"{text}…") > width:
        text = text[:-1]
    return f"{text.rstrip()}…"


@cache
def _font() -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """DejaVu Sans, which has Greek, Cyrillic and arrows, from Matplotlib's folder (MLflow installs it)."""
    from PIL import ImageFont

    found = importlib.util.find_spec("matplotlib")
    for folder in found.submodule_search_locations or () if found else ():
        file = Path(folder) / "mpl-data" / "fonts" / "ttf" / "DejaVuSans.ttf"
        if file.is_file():
            return ImageFont.truetype(str(file), _FONT)
    return ImageFont.load_default(_FONT)


def png(pixels: np.ndarray) -> bytes:
    """A PNG file."""
    from PIL import Image

    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG", optimize=True)
    return out.getvalue()


def data_uri(pixels: np.ndarray) -> str:
    """The picture as it stands in a page: PNG, or JPEG where that is smaller, as it is for photographs."""
    from PIL import Image

    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "JPEG", quality=88, subsampling=0)
    mime, content = min(("png", png(pixels)), ("jpeg", out.getvalue()), key=lambda one: len(one[1]))
    return f"data:image/{mime};base64," + base64.b64encode(content).decode()
