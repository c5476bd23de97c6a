"""A random part of the image, resized to all of it: the object at other places, sizes and proportions."""

from __future__ import annotations

import math

from dlx.augmentations._base import Augmentation, draws, within
from dlx.augmentations._geometry import matrices

__all__ = ["crop"]


def crop(*, least: float = 0.6, aspect: float = 1.25) -> Augmentation:
    """Cut out a box and resize it to the size of the image (Szegedy et al. 2015, who begin at 0.08 of the area).

    Args:
        least: smallest share of the area that is kept, above 0 and at most 1. Small values lose the object: look at
            ``dlx data RECIPE --augmented``.
        aspect: the box is stretched by at most this factor, 1–4; 1 keeps the proportions.
    """
    within("least", least, 0, 1, open_low=True)
    within("aspect", aspect, 1, 4)

    def matrix(n, size, seed):
        import tensorflow as tf

        stretch = math.log(aspect)
        area, log_ratio, right, down = draws(seed, n, (least, 1), (-stretch, stretch), (-1, 1), (-1, 1))
        root = tf.exp(log_ratio / 2)
        wide, high = (tf.minimum(tf.sqrt(area) * side, 1.0) for side in (root, 1 / root))
        height, width = size
        across, along = (1 - wide) * right * ((width - 1) / 2), (1 - high) * down * ((height - 1) / 2)
        return matrices([(wide, 0, across), (0, high, along)], n)

    return Augmentation(matrix=matrix, aligned=True)
