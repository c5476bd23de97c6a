"""Slanted images, as handwriting slants or a camera looks from the side."""

from __future__ import annotations

from dlx.augmentations._base import Augmentation, draws, within
from dlx.augmentations._geometry import matrices

__all__ = ["shear"]


def shear(*, most: float = 0.15) -> Augmentation:
    """Shift rows sideways, or columns up and down, in proportion to their distance from the centre.

    Args:
        most: largest shift in pixels per pixel of distance, to either side, 0–1; 0.15 is a slant of 9 degrees.
    """
    within("most", most, 0, 1)

    def matrix(n, size, seed):
        import tensorflow as tf

        slant, which = draws(seed, n, (-most, most), (0, 1))
        sideways = tf.where(which < 0.5, slant, 0.0)
        return matrices([(1, sideways, 0), (slant - sideways, 1, 0)], n)

    return Augmentation(matrix=matrix)
