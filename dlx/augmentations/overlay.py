"""A second picture blended in: reflections, fog, dirt, rain, double exposure."""

from __future__ import annotations

from dlx.augmentations import _pictures
from dlx.augmentations._base import Augmentation, draws, sometimes, within

__all__ = ["overlay"]


def overlay(path: str, *, strength: float = 0.3, probability: float = 0.5) -> Augmentation:
    """Mix a random part of a picture from a folder into the image: (1 − s)·image + s·picture, s drawn for each image.

    It is synthesis: what is mixed in should be as varied as in reality, or the network learns these very pictures.

    Args:
        path: folder of pictures; at most 2,000 of them are used, spread evenly.
        strength: largest share s of the second picture, above 0 and at most 1.
        probability: of being mixed at all, 0–1.
    """
    within("strength", strength, 0, 1, open_low=True)
    within("probability", probability, 0, 1)

    def fit(sample):
        pictures = _pictures.read(path, sample.shape[1:], where="augment, overlay: path")
        cut = _pictures.cuts(pictures)

        def apply(images, seed):
            import tensorflow as tf

            keys = tf.random.experimental.stateless_split(seed, 2)
            n = tf.shape(images)[0]
            (share,) = draws(keys[0], n, (0, strength))
            second = cut(n, tuple(images.shape[1:3]), keys[1])
            return images + (second - images) * (share[:, None, None, None] * sometimes(seed, n, probability))

        return Augmentation(apply, ingredients=len(pictures))

    return Augmentation(fit=fit)
