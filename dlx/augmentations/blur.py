"""Blur: out of focus (Gaussian), or a camera that moved."""

from __future__ import annotations

import math

from dlx.augmentations._base import Augmentation, draws, sometimes, within

__all__ = ["blur"]


def blur(*, most: float = 0.015, motion: float = 0.5, probability: float = 0.5) -> Augmentation:
    """Blur each image with a kernel of its own.

    Args:
        most: largest standard deviation of the kernel, in shares of the image's shorter side, above 0 and at most 0.1.
        motion: share of the blurred images in which the blur is a line at a random angle, 0–1; the others are Gaussian.
        probability: of being blurred at all, 0–1.
    """
    within("most", most, 0, 0.1, open_low=True)
    within("motion", motion, 0, 1)
    within("probability", probability, 0, 1)

    def apply(images, seed):
        import tensorflow as tf

        n, height, width, channels = tf.shape(images)[0], *images.shape[1:]
        widest = most * min(height, width)
        reach = max(1, math.ceil(2.5 * widest))
        deviation, angle, kind = draws(seed, n, (0, widest), (0, math.pi), (0, 1))
        thin = tf.where(kind < motion, 0.3, deviation)  # a line is a Gaussian that is wide in one direction only
        kernels = _kernels(deviation, thin, angle, reach)
        # depthwise convolution knows one kernel per channel: the images become channels
        side = 2 * reach + 1
        filters = tf.reshape(tf.tile(kernels[..., None], [1, 1, 1, channels]), [side, side, -1, 1])
        padded = tf.pad(images, [[0, 0], [reach, reach], [reach, reach], [0, 0]], "SYMMETRIC")
        flat = tf.reshape(tf.transpose(padded, [1, 2, 0, 3]), [1, height + 2 * reach, width + 2 * reach, -1])
        blurred = tf.nn.depthwise_conv2d(flat, filters, [1, 1, 1, 1], "VALID")
        blurred = tf.transpose(tf.reshape(blurred, [height, width, n, channels]), [2, 0, 1, 3])
        return tf.clip_by_value(images + (blurred - images) * sometimes(seed, n, probability), 0.0, 1.0)

    return Augmentation(apply)


def _kernels(wide, thin, angle, reach: int):
    """(side, side, n): Gaussians with two standard deviations in pixels, turned, each with sum 1."""
    import tensorflow as tf

    at = tf.range(-reach, reach + 1, dtype=tf.float32)
    x, y = at[None, :, None], at[:, None, None]
    along = x * tf.cos(angle) + y * tf.sin(angle)
    across = y * tf.cos(angle) - x * tf.sin(angle)
    wide, thin = tf.maximum(wide, 0.1), tf.maximum(thin, 0.1)
    bell = tf.exp(-0.5 * ((along / wide) ** 2 + (across / thin) ** 2))
    return bell / tf.reduce_sum(bell, axis=[0, 1], keepdims=True)
