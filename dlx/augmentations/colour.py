"""Other light: brightness, contrast, saturation and a slight shift of hue."""

from __future__ import annotations

import math

from dlx.augmentations._base import Augmentation, draws, within

__all__ = ["colour"]

#: luminance of red, green and blue (ITU-R BT.601)
LUMA = (0.299, 0.587, 0.114)


def colour(
    *, brightness: float = 0.2, contrast: float = 0.2, saturation: float = 0.2, hue: float = 0.01
) -> Augmentation:
    """Multiply the light, stretch it about the image's mean, mix with grey and turn the hue.

    All four are one 3×3 matrix and one shift per image, in the order hue, saturation, contrast, brightness; values are
    clipped to 0–1. Grey images have brightness and contrast only.

    Args:
        brightness: the light is multiplied by 1 ± this at most, 0–1.
        contrast: differences from the image's mean luminance are multiplied by 1 ± this at most, 0–1.
        saturation: differences from the pixel's own grey are multiplied by 1 ± this at most, 0–1.
        hue: largest turn of the colour circle, as its share, 0–0.5; at 0.05 a yellow apple is green.
    """
    for name, value in (("brightness", brightness), ("contrast", contrast), ("saturation", saturation)):
        within(name, value, 0, 1)
    within("hue", hue, 0, 0.5)

    def apply(images, seed):
        import tensorflow as tf

        n, channels = tf.shape(images)[0], images.shape[3]
        factors = [(1 - most, 1 + most) for most in (brightness, contrast, saturation)]
        light, stretch, vivid, turn = draws(seed, n, *factors, (-2 * math.pi * hue, 2 * math.pi * hue))
        means = tf.reduce_mean(images, axis=[1, 2])
        if channels == 3:
            changed = _mixed(images, _of_colour(vivid, turn) * (light * stretch)[:, None, None])
            mean = means @ tf.constant(LUMA)[:, None]
        else:
            changed, mean = images * (light * stretch)[:, None, None, None], means
        shift = (light * (1 - stretch))[:, None] * mean
        return tf.clip_by_value(changed + shift[:, None, None], 0.0, 1.0)

    return Augmentation(apply)


def _mixed(images, matrix):
    """Each pixel's colour (a row) times its image's matrix (n, 3, 3)."""
    import tensorflow as tf

    shape = tf.shape(images)
    return tf.reshape(tf.reshape(images, [shape[0], -1, 3]) @ matrix, shape)


def _of_colour(vivid, turn):
    """(n, 3, 3): the hue turned and the saturation multiplied, in the plane of colours of one luminance (YIQ)."""
    import numpy as np
    import tensorflow as tf

    to_yiq = np.array([LUMA, (0.5959, -0.2746, -0.3213), (0.2115, -0.5227, 0.3112)])
    sine, cosine, none = vivid * tf.sin(turn), vivid * tf.cos(turn), tf.zeros_like(vivid)
    rows = [(none + 1, none, none), (none, cosine, -sine), (none, sine, cosine)]
    turned = tf.stack([tf.stack(row, axis=1) for row in rows], axis=1)
    forth = tf.constant(to_yiq.T, tf.float32)
    back = tf.constant(np.linalg.inv(to_yiq).T, tf.float32)
    return forth @ tf.transpose(turned, [0, 2, 1]) @ back
