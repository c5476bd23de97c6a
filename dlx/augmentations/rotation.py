"""Images turned by a few degrees about their centre."""

from __future__ import annotations

import math

from dlx.augmentations._base import Augmentation, draws, within
from dlx.augmentations._geometry import matrices

__all__ = ["rotation"]


def rotation(*, degrees: float = 15.0) -> Augmentation:
    """Turn by a random angle; what comes in at the corners is the image mirrored at its edges.

    Args:
        degrees: largest angle to either side, 0–180. Six and nine are one beyond 90.
    """
    within("degrees", degrees, 0, 180)

    def matrix(n, size, seed):
        import tensorflow as tf

        (angle,) = draws(seed, n, (-math.radians(degrees), math.radians(degrees)))
        sine, cosine = tf.sin(angle), tf.cos(angle)
        return matrices([(cosine, sine, 0), (-sine, cosine, 0)], n)

    return Augmentation(matrix=matrix)
