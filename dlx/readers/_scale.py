"""Images of one size on one scale: ``size:`` and ``range:`` of the readers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dlx.errors import UserError
from dlx.payloads import Arrays, TensorSpec

__all__ = ["check_margin", "check_range", "check_size", "image_payload", "images", "resize", "to_unit"]


def check_size(size: object) -> tuple[int, int] | None:
    """(height, width) from ``[height, width]`` or one number for both; None stays None.

    Raises:
        UserError: anything else.
    """
    if size is None:
        return None
    both = [size, size] if isinstance(size, int) else size
    good = isinstance(both, Sequence) and not isinstance(both, str) and len(both) == 2
    if not good or any(isinstance(s, bool) or not isinstance(s, int) or s < 1 for s in both):
        raise UserError("size is [height, width] in whole pixels", value=size, hint="For example size: [28, 28].")
    return int(both[0]), int(both[1])


def check_range(range: object) -> tuple[float, float] | None:
    """(low, high) of the raw values, which become 0 and 1; None stays None.

    Raises:
        UserError: not two finite numbers with low < high.
    """
    if range is None:
        return None
    good = isinstance(range, Sequence) and not isinstance(range, str) and len(range) == 2
    if not good or any(isinstance(v, bool) or not isinstance(v, (int, float)) for v in range):
        raise UserError("range is [low, high] of the raw values", value=range, hint="For example range: [0, 255].")
    low, high = float(range[0]), float(range[1])
    if not (np.isfinite([low, high]).all() and low < high):
        raise UserError("range needs finite numbers, low below high", value=range)
    return low, high


def check_margin(margin: object, size: tuple[int, int] | None) -> int:
    """Pixels of empty border within ``size``, on every side.

    Raises:
        UserError: not a whole number from 0 up, no size that it is a part of, or no room left for the image.
    """
    if isinstance(margin, bool) or not isinstance(margin, int) or margin < 0:
        raise UserError("margin is a whole number of pixels from 0 up", value=margin)
    if margin and size is None:
        raise UserError("margin is a part of size", value=margin, hint="Give size: [height, width] too.")
    if margin and 2 * margin >= min(size or ()):
        raise UserError("margin leaves no room for the image", value=margin, where=f"size {list(size or ())}")
    return margin


def to_unit(values: np.ndarray, range: tuple[float, float], *, where: str) -> np.ndarray:
    """(values − low) / (high − low) as float32 in 0–1.

    Raises:
        UserError: no numbers, NaN, or values outside the range, which would no longer share a scale with other sources.
    """
    low, high = range
    if values.dtype.kind not in "biuf":
        raise UserError("images hold numbers", value=str(values.dtype), where=where)
    if np.isnan(values).any():
        raise UserError("an image holds NaN", where=where, hint="Fill such pixels in, or leave those images out.")
    least, most = (min(low, float(values.min())), max(high, float(values.max()))) if values.size else range
    if least < low or most > high:
        raise UserError(
            f"raw values must lie within range [{low:g}, {high:g}]",
            value=[least, most],
            where=where,
            hint=f"Give range: [{min(least, low):g}, {max(most, high):g}].",
        )
    return ((np.asarray(values, dtype=np.float32) - np.float32(low)) / np.float32(high - low)).astype(np.float32)


def image_payload(stack: np.ndarray) -> Arrays:
    """The payload of (n, height, width, channels) images: one input, ``image``."""
    return Arrays({"image": stack}, (TensorSpec("image", stack.shape[1:], str(stack.dtype)),))


def resize(stack: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """(n, h, w, c) → (n, *size, c), bilinear with antialiasing when it shrinks (Pillow's), dtype kept.

    Args:
        stack: uint8 in 0–255 or float32.
        size: (height, width).
    """
    if stack.shape[1:3] == size:
        return stack
    from PIL import Image

    height, width = size
    result = np.empty((len(stack), height, width, stack.shape[3]), stack.dtype)
    for i, image in enumerate(stack):
        for channel in np.arange(stack.shape[3]):
            plane = Image.fromarray(np.ascontiguousarray(image[..., channel]))
            result[i, ..., channel] = np.asarray(plane.resize((width, height), Image.Resampling.BILINEAR))
    return result


def images(
    raw: np.ndarray, *, size: tuple[int, int] | None, range: tuple[float, float] | None, where: str, margin: int = 0
) -> tuple[np.ndarray, list[str]]:
    """Raw images as a payload wants them: uint8 in 0–255 where they are 8-bit, float32 in 0–1 otherwise.

    Args:
        raw: (n, h, w) or (n, h, w, c), any number dtype.
        size: target (height, width), or None to keep.
        range: raw values that become 0 and 1; None for uint8 (0–255) or for floats that lie in 0–1 already.
        where: reader and name, for messages.
        margin: pixels of ``size`` that stay 0 on every side, as round the digits of MNIST.

    Returns:
        (n, height, width, c) and notes.

    Raises:
        UserError: values outside the range, or numbers without a range that do not lie in 0–1.
    """
    stack = raw if raw.ndim == 4 else raw[..., None]
    notes = []
    if not (stack.dtype == np.uint8 and range in (None, (0.0, 255.0))):
        if range is None:
            least, most = float(stack.min(initial=0)), float(stack.max(initial=0))
            if least < 0 or most > 1:
                raise UserError(
                    "images that are not 8-bit need the range of their raw values",
                    value=[least, most],
                    where=where,
                    hint=f"Give range: [{min(least, 0):g}, {most:g}].",
                )
            range = (0.0, 1.0)
        stack = to_unit(stack, range, where=where)
        if range != (0.0, 1.0):
            notes.append(f"raw values {range[0]:g} to {range[1]:g} were mapped to 0–1")
    inner = None if size is None else (size[0] - 2 * margin, size[1] - 2 * margin)
    if inner is not None and stack.shape[1:3] != inner:
        notes.append(f"resized from {stack.shape[1]}×{stack.shape[2]} to {inner[0]}×{inner[1]} pixels (bilinear)")
        stack = resize(stack, inner)
    if margin:
        notes.append(f"{margin} pixels of empty margin were added on every side")
        stack = np.pad(stack, ((0, 0), (margin, margin), (margin, margin), (0, 0)))
    return stack, notes
