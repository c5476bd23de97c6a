"""Colour shifted along the principal components of the training pixels, as in AlexNet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlx.augmentations._base import Augmentation, within

if TYPE_CHECKING:
    import numpy as np

__all__ = ["pca_colour"]


def pca_colour(*, strength: float = 0.1) -> Augmentation:
    """Add Σ αᵢ·λᵢ·pᵢ to every pixel of an image, αᵢ ~ N(0, strength²) drawn once per image (Krizhevsky et al. 2012).

    pᵢ and λᵢ are eigenvectors and eigenvalues of the 3×3 covariance of the train pixels' colours in 0–1: the light
    changes mostly in the way in which it differs between the pixels of the data.

    Args:
        strength: standard deviation of α, 0–5; 0.1 in the paper.
    """
    within("strength", strength, 0, 5)
    return Augmentation(fit=lambda images: Augmentation(_along(images, strength)))


def _along(sample: np.ndarray, strength: float):
    import numpy as np

    pixels = sample.reshape(-1, sample.shape[-1]).astype("float64")
    values, vectors = np.linalg.eigh(np.atleast_2d(np.cov(pixels, rowvar=False)))
    steps = (np.maximum(values, 0) * vectors).T.astype("float32")  # row i: λᵢ·pᵢ

    def apply(images, seed):
        import tensorflow as tf

        n = tf.shape(images)[0]
        shift = tf.random.stateless_normal([n, len(steps)], seed, stddev=strength) @ tf.constant(steps)
        return tf.clip_by_value(images + shift[:, None, None], 0.0, 1.0)

    return apply
