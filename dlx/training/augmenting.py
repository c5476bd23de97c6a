"""Augmentation of training batches, each image by a draw that seed, epoch and batch number decide."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dlx import parts
from dlx.augmentations._base import Augmentation
from dlx.augmentations._geometry import chained
from dlx.errors import UserError
from dlx.payloads import TensorSpec

if TYPE_CHECKING:
    import tensorflow as tf

    from dlx.dataset import Dataset

__all__ = ["Augmenting", "augmenting", "image_inputs"]

#: train images that colour statistics are fitted on, spread evenly
SAMPLE = 500


@dataclass(frozen=True)
class Augmenting:
    """What is done to the inputs of a training batch.

    Attributes:
        names: of the recipe's augmentations, in order.
        steps: these, fitted on train.
        inputs: names of the inputs that are images.
        apply: all of them: (images float32 in 0–1, seed) → images.
    """

    names: tuple[str, ...]
    steps: tuple[Augmentation, ...]
    inputs: tuple[str, ...]
    apply: Callable[[Any, Any], Any]

    def __call__(self, inputs: dict[str, tf.Tensor], seed: int, epoch: Any, batch: Any) -> dict[str, tf.Tensor]:
        """The inputs of one batch with its images changed; dtype and scale stay (uint8 is rounded).

        Args:
            inputs: name → (n, …).
            seed: of the fit.
            epoch: number of the epoch, from 0.
            batch: number of the batch in its epoch, from 0.
        """
        import tensorflow as tf

        key = tf.stack([tf.cast(seed, tf.int64), tf.cast(epoch, tf.int64)])
        key = tf.random.experimental.stateless_fold_in(key, tf.cast(batch, tf.int64))
        # several images of one example, two eyes say, are turned alike
        return inputs | {name: self._changed(inputs[name], key) for name in self.inputs}

    def now(self, images: np.ndarray, seed: int, epoch: int, batch: int) -> np.ndarray:
        """The images of one batch, changed at once, by the processor as in a fit."""
        import tensorflow as tf

        name = self.inputs[0]
        with tf.device("cpu:0"):
            return self({name: tf.constant(images)}, seed, epoch, batch)[name].numpy()

    def _changed(self, images: tf.Tensor, key: tf.Tensor) -> tf.Tensor:
        import tensorflow as tf

        if images.dtype != tf.uint8:
            return self.apply(images, key)
        return tf.cast(tf.round(self.apply(tf.cast(images, tf.float32) / 255, key) * 255), tf.uint8)


def augmenting(recipe: dict[str, Any], train: Dataset) -> Augmenting | None:
    """The recipe's ``augment`` fitted on train; None where it is empty.

    Args:
        recipe: resolved, as plain data.
        train: the train split.

    Raises:
        UserError: the inputs are no images, or pictures to be mixed in cannot be read.
    """
    sections = recipe.get("augment") or []
    if not sections:
        return None
    inputs = image_inputs(train)
    made = [_made(section, place) for place, section in enumerate(sections)]
    sample = _sample(train, inputs[0]) if any(each.fit for each in made) else None
    steps = tuple(each.fit(sample) if each.fit else each for each in made)
    names = tuple(section["name"] for section in sections)
    return Augmenting(names, steps, tuple(spec.name for spec in inputs), chained(steps))


def image_inputs(train: Dataset) -> Sequence[TensorSpec]:
    """The inputs that are images of one or three channels.

    Raises:
        UserError: there are none.
    """
    found = [spec for spec in train.payload.inputs if len(spec.shape) == 3 and spec.shape[-1] in (1, 3)]
    if train.kind == "image" and found:
        return found
    shapes = ", ".join(f"{spec.name} {spec.shape}" for spec in train.payload.inputs)
    hint = "Leave augment: out" + ("" if train.kind == "image" else "; if these are images, read them with kind: image")
    raise UserError(
        "augmentation needs images with 1 or 3 channels",
        value=f"{train.kind}: {shapes}",
        where="augment",
        hint=f"{hint}.",
    )


def _made(section: dict[str, Any], place: int) -> Augmentation:
    where = f"augment.{place}"
    arguments = {key: value for key, value in section.items() if key != "name"}
    try:
        made = parts.load("augmentations", section["name"], where=where)(**arguments)
    except UserError as error:
        key = f"{where}.{error.where}" if error.where in arguments else error.where or where
        raise UserError(error.rule, value=error.value, where=key, hint=error.hint) from error
    if not isinstance(made, Augmentation):
        raise UserError("an augmentation's factory returns an Augmentation", value=type(made).__name__, where=where)
    return made


def _sample(train: Dataset, spec: TensorSpec) -> np.ndarray:
    index = np.unique(np.linspace(0, len(train) - 1, min(len(train), SAMPLE)).astype(int))
    images = train.payload.take(index)[spec.name]
    return images.astype(np.float32) / np.float32(255) if images.dtype == np.uint8 else images
