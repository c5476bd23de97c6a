"""Smooth local distortion, as of a bent label, a face or another hand's writing."""

from __future__ import annotations

from dlx.augmentations._base import Augmentation, within

__all__ = ["warp"]


def warp(*, strength: float = 0.03, cells: int = 4) -> Augmentation:
    """Move the points of a coarse grid at random and everything between them smoothly (a free-form deformation).

    The displacement is a cubic B-spline surface over the grid (Rueckert et al. 1999), so it has no creases.

    Args:
        strength: standard deviation of a point's shift, in shares of the image's shorter side, 0–0.2.
        cells: of the grid along each side, 1–16; more cells distort more locally.
    """
    within("strength", strength, 0, 0.2)
    within("cells", cells, 1, 16)

    def apply(images, seed):
        import tensorflow as tf

        n, height, width = tf.shape(images)[0], images.shape[1], images.shape[2]
        points = tf.random.stateless_normal([n, cells + 3, cells + 3, 2], seed) * (strength * min(height, width))
        down, right = (tf.constant(_splines(side, cells)) for side in (height, width))
        shift = tf.einsum("hi,nijd->nhjd", down, points)
        shift = tf.einsum("wj,nhjd->nhwd", right, shift)
        y = tf.range(height, dtype=tf.float32)[:, None] + shift[..., 0]
        x = tf.range(width, dtype=tf.float32) + shift[..., 1]
        return _read(images, y, x)

    return Augmentation(apply)


def _splines(side: int, cells: int):
    """(side, cells + 3) weights of the control points in each pixel; rows sum to 1."""
    import numpy as np

    at = np.linspace(0, cells, side)
    first = np.minimum(at.astype(int), cells - 1)
    t = at - first
    basis = [(1 - t) ** 3, 3 * t**3 - 6 * t**2 + 4, -3 * t**3 + 3 * t**2 + 3 * t + 1, t**3]
    weights = np.zeros((side, cells + 3), np.float32)
    for k, values in enumerate(basis):
        weights[np.arange(side), first + k] = values / 6
    return weights


def _read(images, y, x):
    """The images at (y, x), each (n, height, width) in pixels, bilinearly; beyond an edge its own pixel is repeated."""
    import tensorflow as tf

    n, height, width = tf.shape(images)[0], images.shape[1], images.shape[2]
    y, x = tf.clip_by_value(y, 0.0, height - 1.0), tf.clip_by_value(x, 0.0, width - 1.0)
    top = tf.minimum(tf.cast(y, tf.int32), max(height - 2, 0))
    left = tf.minimum(tf.cast(x, tf.int32), max(width - 2, 0))
    below, beside = min(width * (height - 1), width), min(width - 1, 1)
    part_y, part_x = (y - tf.cast(top, tf.float32))[..., None], (x - tf.cast(left, tf.float32))[..., None]
    corner = (tf.range(n)[:, None, None] * height + top) * width + left
    pixels = tf.reshape(images, [-1, images.shape[3]])
    a, b, c, d = (tf.gather(pixels, corner + step) for step in (0, beside, below, below + beside))
    upper, lower = a + (b - a) * part_x, c + (d - c) * part_x
    return upper + (lower - upper) * part_y
