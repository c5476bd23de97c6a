"""A picture of many small pictures: rows are examples, columns what becomes of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dlx.errors import UserError
from dlx.files import replacing

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["write"]

#: pixels of a picture's longer side, of the space between two, and of the text
CELL, GAP, TEXT = 128, 8, 15
#: pixels of the column with the rows' names
NAMES = 120


def write(path: Path, rows: Sequence[tuple[str, np.ndarray]], heads: Sequence[str], title: str) -> Path:
    """Write a PNG.

    Args:
        path: the file, which ends in ``.png``.
        rows: name, and (columns, height, width, channels) uint8, of each row.
        heads: one word or two above each column.
        title: a line above all.

    Raises:
        UserError: another ending, or a folder that is not there.
        DlxError: the disk is full.
    """
    from PIL import Image, ImageDraw

    if path.suffix.lower() != ".png":
        raise UserError("the picture is a PNG", value=str(path), where="--to", hint="Let the name end in .png.")
    if not path.absolute().parent.is_dir():
        raise UserError("no such folder", value=str(path.absolute().parent), where="--to")
    cells = [[_cell(image) for image in images] for _, images in rows]
    wide, high = cells[0][0].size
    top = 3 * (TEXT + GAP)
    width = NAMES + len(heads) * (wide + GAP) + GAP
    sheet = Image.new("RGB", (width, top + len(rows) * (high + GAP)), "white")
    draw = ImageDraw.Draw(sheet)
    _text(draw, (GAP, GAP), title, width - 2 * GAP)
    for i, head in enumerate(heads):
        _text(draw, (NAMES + i * (wide + GAP), top - TEXT - GAP), head, wide)
    for j, (name, _) in enumerate(rows):
        y = top + j * (high + GAP)
        _text(draw, (GAP, y + (high - TEXT) // 2), name, NAMES - 2 * GAP)
        for i, cell in enumerate(cells[j]):
            sheet.paste(cell, (NAMES + i * (wide + GAP), y))
    with replacing(path) as temporary:
        sheet.save(temporary, "PNG")
    return path


def _cell(pixels: np.ndarray) -> Image:
    """One picture; a tiny one becomes larger by a whole factor, each pixel a square."""
    from PIL import Image

    picture = Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels).convert("RGB")
    times = CELL // max(picture.size)
    if times >= 2:
        return picture.resize((picture.width * times, picture.height * times), Image.Resampling.NEAREST)
    scale = CELL / max(picture.size)
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    return picture.resize(size, Image.Resampling.LANCZOS)


def _text(draw, place: tuple[int, int], text: str, room: int) -> None:
    """A line cut to the room that there is."""
    from PIL import ImageFont

    font = ImageFont.load_default(TEXT - 1)
    whole = text
    while text and draw.textlength(text if text == whole else f"{text}…", font) > room:
        text = text[:-1]
    draw.text(place, text if text == whole else f"{text}…", fill="#222222", font=font)
