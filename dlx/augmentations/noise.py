"""Gaussian noise on every pixel, as of a sensor in poor light."""

from __future__ import annotations

from dlx.augmentations._base import Augmentation, draws, within

__all__ = ["noise"]


def noise(*, most: float = 0.05) -> Augmentation:
    """Add independent Gaussian noise to each value; how strong it is differs from image to image.

    Args:
        most: largest standard deviation, 0–0.5, in images of 0–1; each image draws its own between 0 and this.
    """
    within("most", most, 0, 0.5)

    def apply(images, seed):
        import tensorflow as tf

        keys = tf.random.experimental.stateless_split(seed, 2)
        (deviation,) = draws(keys[0], tf.shape(images)[0], (0, most))
        grain = tf.random.stateless_normal(tf.shape(images), keys[1])
        return tf.clip_by_value(images + grain * deviation[:, None, None, None], 0.0, 1.0)

    return Augmentation(apply)
