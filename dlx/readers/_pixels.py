"""Decoded pixels kept in a file on disk, for image folders that do not fit in memory: decoded once, then mapped."""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import PIL
from filelock import AcquireReturnProxy, FileLock, Timeout

from dlx.errors import DlxError
from dlx.files import replacing
from dlx.places import cache_folder

__all__ = ["Pixels", "folder", "keep"]

#: changes when the same file and arguments would be decoded to other pixels; Pillow's version counts as well
_FORM = 2
#: this share of the disk stays free
_SPARE = 0.1


@dataclass(frozen=True)
class Pixels:
    """Decoded images in a file.

    Attributes:
        stack: (n, height, width, channels) uint8, mapped from ``file``; zeros where the image cannot be decoded.
        faults: position → why that image cannot be decoded.
        least: smallest and
        most: largest value of all images, in 0–255.
        file: where they are.
    """

    stack: np.memmap
    faults: dict[int, str]
    least: int
    most: int
    file: Path


def folder() -> Path:
    """Where pixels are kept: ``images`` in the cache folder.

    Raises:
        OSError: this user has no home folder.
    """
    return cache_folder("images")


def keep(
    contents: Sequence[str], size: tuple[int, int], channels: int, decoded: Callable[[], Iterator[np.ndarray | str]]
) -> Pixels | str:
    """The pixels of these images, from an earlier run's file or decoded into a new one; or why that cannot be.

    The file is whole or absent, and one process writes it while others wait.

    Args:
        contents: hash of each image file's bytes, in order: with size and channels they name the file.
        size: (height, width).
        channels: 1 or 3.
        decoded: gives (height, width, channels) uint8 or the reason why it cannot be decoded, for each image in order.
    """
    shape = (len(contents), *size, channels)
    try:
        file = folder() / f"{_name(contents, size, channels)}.npy"
        file.parent.mkdir(parents=True, exist_ok=True)
        with _alone(file):
            found = _open(file, shape)
            if found is None:
                _clear(file)
                lack = _lack_of_room(file.parent, int(np.prod(shape)))
                if lack:
                    return lack
                _write(file, shape, decoded())
                found = _open(file, shape)
            return found or f"{file} changed while it was written"
    except DlxError as error:
        return f"{error.rule} ({error.where})"
    except OSError as error:
        return f"{error.strerror} ({error.filename})" if error.strerror else str(error)


def _name(contents: Sequence[str], size: tuple[int, int], channels: int) -> str:
    digest = hashlib.blake2b(digest_size=16)
    for part in (_FORM, PIL.__version__, *size, channels, *contents):
        digest.update(f"{part}\n".encode())
    return digest.hexdigest()


def _alone(file: Path) -> AcquireReturnProxy:
    """The lock of that file, taken; says so where another process has it."""
    lock = FileLock(file.with_suffix(".lock"))
    try:
        return lock.acquire(timeout=0)
    except Timeout:
        print("Another run is decoding these images; waiting for it.", file=sys.stderr)
        return lock.acquire()


def _open(file: Path, shape: tuple[int, ...]) -> Pixels | None:
    """The file's pixels; None where there are none, or not all of them."""
    try:
        said = json.loads(file.with_suffix(".json").read_text(encoding="utf-8"))
        faults = {int(position): str(reason) for position, reason in said["faults"].items()}
        stack = np.load(file, mmap_mode="r", allow_pickle=False)
        if stack.shape != shape or stack.dtype != np.uint8 or not stack.flags.c_contiguous:
            return None
        return Pixels(stack, faults, int(said["least"]), int(said["most"]), file)
    except (FileNotFoundError, ValueError, EOFError, KeyError, TypeError, AttributeError):
        return None


def _clear(file: Path) -> None:
    """Remove what is damaged, and what a process that was killed left of this file."""
    for rest in (file, file.with_suffix(".json"), *file.parent.glob(f".{file.stem}.*.tmp.*")):
        rest.unlink(missing_ok=True)


def _lack_of_room(place: Path, nbytes: int) -> str:
    disk = shutil.disk_usage(place)
    if disk.free - nbytes >= _SPARE * disk.total:
        return ""
    return (
        f"the disk of {place} has {disk.free / 1e9:.1f} GB free, the pixels take {nbytes / 1e9:.1f} GB, "
        f"and a tenth of the disk is left free"
    )


def _write(file: Path, shape: tuple[int, ...], decoded: Iterator[np.ndarray | str]) -> None:
    """Write pixels and what was found, the pixels last: where they are, both are.

    Plain writes, not through the mapping: a disk that fills up is then an error, and does not kill the process.

    Raises:
        DlxError: the disk is full.
        UserError: the folder may not be written to.
    """
    blank = np.zeros(shape[1:], np.uint8)
    faults, least, most = {}, 255, 0
    with replacing(file, durable=True) as temporary:
        with open(temporary, "wb", buffering=2**20) as stream:
            header = {"descr": "|u1", "fortran_order": False, "shape": shape}
            np.lib.format.write_array_header_1_0(stream, header)
            for position, image in enumerate(decoded):
                if isinstance(image, str):
                    faults[position], image = image, blank
                else:
                    least, most = min(least, int(image.min())), max(most, int(image.max()))
                stream.write(image.data)
        with replacing(file.with_suffix(".json"), durable=True) as beside:
            beside.write_text(json.dumps({"least": least, "most": most, "faults": faults}) + "\n", encoding="utf-8")
