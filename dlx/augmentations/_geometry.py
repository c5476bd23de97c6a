"""Images resampled at places given by matrices; several augmentations that follow each other are one resampling."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING

from dlx.augmentations._base import Apply, Augmentation

if TYPE_CHECKING:
    import tensorflow as tf

__all__ = ["chained", "matrices", "warp"]

#: A box that touches the image's edge is drawn in by this share, lest rounding look outside, where all is black.
_EDGE = 2e-6


def chained(several: Sequence[Augmentation]) -> Apply:
    """One ``apply`` for augmentations in their order, each with a seed of its own.

    Args:
        several: fitted augmentations.
    """
    placed = enumerate(several)
    groups = [list(group) for _, group in itertools.groupby(placed, key=lambda item: item[1].matrix is not None)]

    def apply(images: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        import tensorflow as tf

        for group in groups:
            seeds = [tf.random.experimental.stateless_fold_in(seed, place) for place, _ in group]
            parts = [each for _, each in group]
            if parts[0].matrix is None:
                for each, own in zip(parts, seeds, strict=True):
                    images = each.apply(images, own)
            else:
                images = _moved(images, parts, seeds)
        return images

    return apply


def _moved(images: tf.Tensor, parts: Sequence[Augmentation], seeds: Sequence[tf.Tensor]) -> tf.Tensor:
    import tensorflow as tf

    n, size = tf.shape(images)[0], (images.shape[1], images.shape[2])
    total = parts[0].matrix(n, size, seeds[0])
    for each, seed in zip(parts[1:], seeds[1:], strict=True):
        total = total @ each.matrix(n, size, seed)
    return warp(images, total, aligned=all(each.aligned for each in parts))


def matrices(rows: Sequence[Sequence[tf.Tensor | float]], n: tf.Tensor | int) -> tf.Tensor:
    """(n, 3, 3) from two rows of numbers or (n,) tensors; the third row is 0, 0, 1."""
    import tensorflow as tf

    cells = [tf.broadcast_to(tf.cast(cell, tf.float32), [n]) for row in (*rows, (0.0, 0.0, 1.0)) for cell in row]
    return tf.reshape(tf.stack(cells, axis=1), [-1, 3, 3])


def warp(images: tf.Tensor, matrix: tf.Tensor, *, aligned: bool = False) -> tf.Tensor:
    """The images read at other places, bilinearly; beyond an edge they go on as in a mirror.

    Args:
        images: (n, height, width, channels) float32.
        matrix: (n, 3, 3), from pixels of the result to pixels of the image, both counted from the centre.
        aligned: it holds boxes inside of the image: these are cropped and resized, which takes a quarter of the time.
    """
    import tensorflow as tf

    height, width = images.shape[1], images.shape[2]
    x, y = (width - 1) / 2, (height - 1) / 2
    m = matrix
    if aligned:
        spans = [(m[:, 1, 1], m[:, 1, 2], y), (m[:, 0, 0], m[:, 0, 2], x)]
        corners = [[(shift + sign * scale * c) / max(2 * c, 1) + 0.5 for scale, shift, c in spans] for sign in (-1, 1)]
        boxes = tf.clip_by_value(tf.stack(corners[0] + corners[1], axis=1), _EDGE, 1 - _EDGE)
        return tf.image.crop_and_resize(images, boxes, tf.range(tf.shape(images)[0]), (height, width))
    right = m[:, 0, 2] + x - m[:, 0, 0] * x - m[:, 0, 1] * y
    down = m[:, 1, 2] + y - m[:, 1, 0] * x - m[:, 1, 1] * y
    none = tf.zeros_like(right)
    rows = [m[:, 0, 0], m[:, 0, 1], right, m[:, 1, 0], m[:, 1, 1], down, none, none]
    return tf.raw_ops.ImageProjectiveTransformV3(
        images=images, transforms=tf.stack(rows, axis=1), output_shape=[height, width], interpolation="BILINEAR",
        fill_mode="REFLECT", fill_value=0.0,
    )  # fmt: skip
