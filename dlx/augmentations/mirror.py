"""Mirrored images, where left and right do not matter for the label: no text, no digits."""

from __future__ import annotations

from typing import Literal

from dlx.augmentations._base import Augmentation, draws, within
from dlx.augmentations._geometry import matrices

__all__ = ["mirror"]


def mirror(*, axis: Literal["horizontal", "vertical", "both"] = "horizontal", probability: float = 0.5) -> Augmentation:
    """Exchange left and right, top and bottom, or both, each independently.

    Args:
        axis: horizontal exchanges left and right; vertical is for pictures taken from above or through a microscope.
        probability: of each exchange, 0–1.
    """
    within("probability", probability, 0, 1)

    def matrix(n, size, seed):
        import tensorflow as tf

        across, down = (tf.where(u < probability, -1.0, 1.0) for u in draws(seed, n, (0, 1), (0, 1)))
        horizontal = across if axis in ("horizontal", "both") else 1.0
        vertical = down if axis in ("vertical", "both") else 1.0
        return matrices([(horizontal, 0, 0), (0, vertical, 0)], n)

    return Augmentation(matrix=matrix, aligned=True)
