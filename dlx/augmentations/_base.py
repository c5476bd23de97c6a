"""The contract of an augmentation: a batch of images in, the same images changed, each by a draw of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dlx.errors import UserError

if TYPE_CHECKING:
    import numpy as np
    import tensorflow as tf

__all__ = ["Augmentation", "draws", "sometimes", "within"]

#: (images, seed) → images
Apply = Callable[[Any, Any], Any]


@dataclass(frozen=True)
class Augmentation:
    """What the factory of a part returns: one that can be applied, or one that is fitted on train images first.

    Attributes:
        apply: ``apply(images, seed)``: images (n, height, width, channels) float32 in 0–1 with 1 or 3 channels, and a
            seed (2,) int64, to changed images of the same shape, again in 0–1. It consists of TensorFlow operations on
            the whole batch, is the same for the same seed, and draws anew for each image.
        matrix: for changes of place alone, instead of ``apply``: ``matrix(n, (height, width), seed)`` gives (n, 3, 3)
            float32. Each maps a pixel (x, y, 1) of the result to where it comes from, in pixels from the centre, x to
            the right and y down. Neighbours in a recipe are multiplied and the images are resampled once.
        aligned: the matrices only scale, shift and mirror, and never look outside of the image.
        ingredients: distinct pictures that are mixed in; None where none are.
        fit: a sample of train images (n, height, width, channels), float32 in 0–1, to the augmentation to be used.
    """

    apply: Apply | None = None
    matrix: Callable[[int, tuple[int, int], Any], tf.Tensor] | None = None
    aligned: bool = False
    ingredients: int | None = None
    fit: Callable[[np.ndarray], Augmentation] | None = None


def within(name: str, value: float, low: float, high: float, *, open_low: bool = False) -> float:
    """The value of an argument, checked against its range.

    Raises:
        UserError: it lies outside; ``where`` is the argument's name, to which the recipe's loader adds the place.
    """
    if not low <= value <= high or (open_low and value == low):
        rule = f"must be above {low:g} and at most {high:g}" if open_low else f"must be from {low:g} to {high:g}"
        raise UserError(rule, value=value, where=name)
    return value


def draws(seed: tf.Tensor, n: tf.Tensor | int, *ranges: tuple[float, float]) -> list[tf.Tensor]:
    """Uniform numbers (n,) float32 for each range (low, high), all independent."""
    import tensorflow as tf

    unit = tf.random.stateless_uniform([len(ranges), n], seed)
    return [low + (high - low) * unit[i] for i, (low, high) in enumerate(ranges)]


def sometimes(seed: tf.Tensor, n: tf.Tensor | int, probability: float) -> tf.Tensor:
    """(n, 1, 1, 1): 1 with that probability, else 0. A product with it takes a fifth of the time of ``tf.where``."""
    import tensorflow as tf

    key = tf.random.experimental.stateless_fold_in(seed, 2**30)  # not one that the change itself has used
    return tf.cast(tf.random.stateless_uniform([n, 1, 1, 1], key) < probability, tf.float32)
