"""Pictures of characters: two pixels in each cell as half-blocks, or shades where there is no colour."""

from __future__ import annotations

import io
import warnings
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from PIL.Image import Image
    from rich.segment import Segment

__all__ = ["Ink", "drawn"]

#: ``colour``: half-blocks; ``shades``: blocks of four greys; ``ascii``: letters.
Ink = Literal["colour", "shades", "ascii"]
_RAMPS = {"shades": " ░▒▓█", "ascii": " .:-=+*#%@"}
#: A picture with more pixels is not opened.
_MOST_PIXELS = 100_000_000


def drawn(media: bytes, columns: int, rows: int, ink: Ink) -> list[list[Segment]]:
    """A picture as lines of cells, as large as fits; small ones are enlarged by whole numbers.

    Args:
        media: an image file's bytes.
        columns: cells there are for it.
        rows: lines likewise.
        ink: what it is drawn with.

    Raises:
        ValueError: it is no picture, or a huge one.
    """
    from rich.segment import Segment
    from rich.style import Style

    picture = _fitted(_opened(media), max(1, columns), 2 * max(1, rows))
    if ink != "colour":
        return _shaded(picture, _RAMPS[ink])
    pixels, (width, height) = picture.load(), picture.size

    def cell(x: int, y: int) -> Segment:
        upper = f"rgb({','.join(map(str, pixels[x, y]))})"
        if y + 1 == height:
            return Segment("▀", Style.parse(upper))
        return Segment("▀", Style.parse(f"{upper} on rgb({','.join(map(str, pixels[x, y + 1]))})"))

    return [[cell(x, y) for x in range(width)] for y in range(0, height, 2)]


def _opened(media: bytes) -> Image:
    from PIL import Image, UnidentifiedImageError

    try:
        with warnings.catch_warnings(action="ignore", category=Image.DecompressionBombWarning):
            picture = Image.open(io.BytesIO(media))
        if picture.width * picture.height > _MOST_PIXELS:
            raise ValueError(f"this picture is too large to be shown: {picture.width:,} × {picture.height:,} pixels")
        if "A" not in picture.getbands() and "transparency" not in picture.info:
            return picture.convert("RGB")
        ground = Image.new("RGBA", picture.size, "white")
        return Image.alpha_composite(ground, picture.convert("RGBA")).convert("RGB")
    except (OSError, SyntaxError, UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise ValueError(f"this picture cannot be shown: {error}") from error


def _fitted(picture: Image, width: int, height: int) -> Image:
    from PIL.Image import Resampling

    times = min(width // picture.width, height // picture.height)
    if times >= 1:
        return picture.resize((picture.width * times, picture.height * times), Resampling.NEAREST)
    scale = min(width / picture.width, height / picture.height)
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    return picture.resize(size, Resampling.LANCZOS)


def _shaded(picture: Image, ramp: str) -> list[list[Segment]]:
    """One cell for two pixels, one above the other: a cell is twice as high as it is wide."""
    from PIL.Image import Resampling
    from rich.segment import Segment

    grey = picture.convert("L").resize((picture.width, max(1, (picture.height + 1) // 2)), Resampling.BOX)
    values = list(grey.tobytes())
    lines = [values[start : start + grey.width] for start in range(0, len(values), grey.width)]
    return [[Segment("".join(ramp[v * len(ramp) // 256] for v in line))] for line in lines]
