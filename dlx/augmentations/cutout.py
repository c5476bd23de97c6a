"""A square cut out and filled with the image's mean colour, so that no single part decides."""

from __future__ import annotations

import math

from dlx.augmentations._base import Augmentation, draws, sometimes, within

__all__ = ["cutout"]


def cutout(*, share: float = 0.1, probability: float = 0.5) -> Augmentation:
    """Fill one square at a random place (DeVries and Taylor 2017); it lies within the image, so its area is known.

    Args:
        share: of the image's area, above 0 and at most 0.5; the square's side is rounded to whole pixels.
        probability: of being cut out at all, 0–1.
    """
    within("share", share, 0, 0.5, open_low=True)
    within("probability", probability, 0, 1)

    def apply(images, seed):
        import tensorflow as tf

        n, height, width = tf.shape(images)[0], images.shape[1], images.shape[2]
        side = min(max(round(math.sqrt(share * height * width)), 1), height, width)
        top, left = draws(seed, n, (0, height - side + 1), (0, width - side + 1))
        rows, columns = (
            (tf.range(length) >= start) & (tf.range(length) < start + side)
            for length, start in ((height, tf.cast(top, tf.int32)[:, None]), (width, tf.cast(left, tf.int32)[:, None]))
        )
        inside = tf.cast(rows[:, :, None, None] & columns[:, None, :, None], tf.float32)
        mean = tf.reduce_mean(images, axis=[1, 2], keepdims=True)
        return images + (mean - images) * (inside * sometimes(seed, n, probability))

    return Augmentation(apply)
