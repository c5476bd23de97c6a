"""Image files to pixels, in threads: Pillow lets go of the interpreter while it decodes and resizes."""

from __future__ import annotations

import collections
import functools
import io
import os
import struct
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageOps

from dlx.dataset import content_hash
from dlx.payloads import TensorSpec
from dlx.readers._scale import to_unit

__all__ = ["BROKEN", "Header", "ImageFiles", "decode", "header", "in_threads"]

#: what Pillow raises for files that are no image, are cut off or are broken inside
BROKEN = (OSError, SyntaxError, ValueError, EOFError, IndexError, struct.error, Image.DecompressionBombError)
#: EXIF orientations of a camera that was held upright: height and width change places
_TURNED = (5, 6, 7, 8)
_GREY = ("1", "L", "LA", "I;16", "I", "F")
_WORKERS = max(2, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 2)
#: files that one task of a thread handles: a task for every small file would cost as much as decoding it
_PER_TASK = 16


@dataclass(frozen=True)
class Header:
    """What an image file says without being decoded.

    Attributes:
        content: BLAKE2b of the file's bytes.
        size: (height, width) as people see it, turned by its EXIF orientation.
        grey: one channel.
        clear: it has transparency.
        frames: it has several pictures, of which the first is read.
        fault: why it cannot be used, or "".
        image: the file, opened but not decoded, if it is to be kept for decoding.
    """

    content: str = ""
    size: tuple[int, int] = (0, 0)
    grey: bool = True
    clear: bool = False
    frames: bool = False
    fault: str = ""
    image: Image.Image | None = None


def header(path: str, keep: bool = False) -> Header:
    """Read a file's bytes for its hash, and its header for size and channels; ``keep`` holds it for :func:`decode`."""
    try:
        data = Path(path).read_bytes()
        image = Image.open(io.BytesIO(data))
        width, height = image.size
        if _orientation(image) in _TURNED:
            width, height = height, width
        grey, several = image.mode in _GREY, getattr(image, "is_animated", False)
        form = {"size": (height, width), "grey": grey, "clear": image.has_transparency_data, "frames": several}
        return Header(content_hash(data), **form, image=image if keep else None)
    except BROKEN as error:
        return Header(fault=_reason(error))


def decode(source: str | Path | Image.Image, size: tuple[int, int], channels: int) -> np.ndarray | str:
    """(height, width, channels) uint8 in 0–255, or the reason why the file cannot be read.

    The picture is stretched to the size (bilinear with antialiasing); a JPEG is decoded at the smallest scale (1, ½, ¼,
    ⅛) that still covers the size, which saves most of the time on photographs. What is transparent lies on white, as
    people see it: the colour beneath is arbitrary.
    """
    height, width = size
    mode = "L" if channels == 1 else "RGB"
    try:
        with source if isinstance(source, Image.Image) else Image.open(source) as image:
            image.draft(mode, (width, height))
            picture = ImageOps.exif_transpose(image) if _orientation(image) != 1 else image
            if picture.mode in ("I;16", "I", "F"):
                picture = _eight_bit(picture)
            elif picture.has_transparency_data:
                clear = picture.convert("RGBA")
                picture = Image.alpha_composite(Image.new("RGBA", clear.size, "white"), clear)
            if picture.mode != mode:
                picture = picture.convert(mode)
            if picture.size != (width, height):
                picture = picture.resize((width, height), Image.Resampling.BILINEAR, reducing_gap=2.0)
            return np.frombuffer(picture.tobytes(), np.uint8).reshape(height, width, channels)
    except BROKEN as error:
        return _reason(error)


def in_threads(function: Callable[..., Any], items: Sequence[Any], *arguments: Any) -> Iterator[Any]:
    """``function(item, *arguments)`` for each item, in order, a bounded number of them ahead."""

    def work(some: Sequence[Any]) -> list[Any]:
        return [function(item, *arguments) for item in some]

    step = max(1, min(_PER_TASK, len(items) // (2 * _WORKERS)))
    waiting: collections.deque[Future] = collections.deque()
    pool = _pool(os.getpid())
    try:
        for start in range(0, len(items), step):
            waiting.append(pool.submit(work, items[start : start + step]))
            if len(waiting) > 4 * _WORKERS:
                yield from waiting.popleft().result()
        while waiting:
            yield from waiting.popleft().result()
    finally:
        for future in waiting:  # whoever asked has stopped, or one has failed
            future.cancel()


@functools.cache
def _pool(process: int) -> ThreadPoolExecutor:
    """Threads that are started once, not for every batch; by process, because a forked one has none of them."""
    return ThreadPoolExecutor(_WORKERS, thread_name_prefix=f"dlx-images-{process}")


@dataclass(frozen=True)
class ImageFiles:
    """A payload of image files decoded when they are taken, for folders that fit neither in memory nor on disk.

    Attributes:
        paths: one file per example.
        size: (height, width) of every image.
        channels: 1 or 3.
        range: raw values that become 0 and 1, or None: uint8 as it is.
    """

    paths: tuple[str, ...]
    size: tuple[int, int]
    channels: int
    range: tuple[float, float] | None = None

    @property
    def inputs(self) -> tuple[TensorSpec, ...]:
        return (TensorSpec("image", (*self.size, self.channels), "uint8" if self.range is None else "float32"),)

    def __len__(self) -> int:
        return len(self.paths)

    def take(self, index: np.ndarray) -> dict[str, np.ndarray]:
        wanted = [self.paths[i] for i in np.asarray(index, dtype=np.int64)]
        pixels = np.empty((len(wanted), *self.size, self.channels), np.uint8)
        # a caller in a thread of its own is one of several that fill batches: more threads would only make it slower
        alone = threading.current_thread() is threading.main_thread()
        images = in_threads(decode, wanted, self.size, self.channels) if alone else map(self._decode, wanted)
        for i, image in enumerate(images):
            if isinstance(image, str):  # it could be read when the data set was opened
                raise OSError(f"{wanted[i]} can no longer be read: {image}")
            pixels[i] = image
        if self.range is None:
            return {"image": pixels}
        return {"image": to_unit(pixels, self.range, where="images")}

    def _decode(self, path: str) -> np.ndarray | str:
        return decode(path, self.size, self.channels)

    def subset(self, index: np.ndarray) -> ImageFiles:
        return replace(self, paths=tuple(self.paths[i] for i in np.asarray(index, dtype=np.int64)))

    def nbytes(self) -> int:
        return len(self.paths) * self.size[0] * self.size[1] * self.channels * (1 if self.range is None else 4)


def _orientation(image: Image.Image) -> int:
    return image.getexif().get(0x0112, 1) if "exif" in image.info or image.format not in ("JPEG", "PNG") else 1


def _eight_bit(picture: Image.Image) -> Image.Image:
    """Deep greys in 0–255: numbers with a fraction of 0–1 or 0–255, whole ones of 0–255 or 0–65535.

    Raises:
        ValueError: values on no such scale, which would lose their contrast.
    """
    values = np.asarray(picture).astype(np.float64)
    least, most = float(values.min(initial=0)), float(values.max(initial=0))
    if not 0 <= least <= most <= 65535:  # NaN included
        raise ValueError(f"grey values from {least:g} to {most:g}: 0–1, 0–255 or 0–65535 can be read")
    scale = 1.0 if picture.mode == "F" and most <= 1 else 255.0 if most <= 255 else 65535.0
    return Image.fromarray(np.round(values * 255 / scale).astype(np.uint8))


def _reason(error: BaseException) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    if isinstance(error, Image.DecompressionBombError):
        return f"more than {2 * (Image.MAX_IMAGE_PIXELS or 0):,} pixels, the most that is opened: make it smaller"
    text = str(error).partition(" <_io")[0].partition(" '/")[0]
    return text or type(error).__name__
