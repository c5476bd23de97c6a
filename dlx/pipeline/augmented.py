"""``dlx data RECIPE --augmented``: train examples before and after, and whether what is synthesised is any good."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dlx.errors import UserError

if TYPE_CHECKING:
    from dlx.dataset import Dataset
    from dlx.pipeline.synthesis import Synthesis
    from dlx.recipe import Recipe
    from dlx.training.augmenting import Augmenting

__all__ = ["Augmented", "augmented"]

#: examples shown, and epochs of each
ROWS, EPOCHS = 6, 7


@dataclass(frozen=True)
class Augmented:
    """What augmentation does to a recipe's train examples.

    Attributes:
        name: of the recipe.
        augment: its augmentations, with every argument.
        picture: the file: rows are train examples, columns these as they are and as the fit sees them in its first
            epochs.
        synthesis: where pictures are mixed in: are they varied, and is the result like dev?
    """

    name: str
    augment: list[dict[str, Any]]
    picture: Path
    synthesis: Synthesis | None

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON data."""
        told = None if self.synthesis is None else self.synthesis.to_dict()
        return {"name": self.name, "augment": self.augment, "picture": str(self.picture), "synthesis": told}

    def _repr_png_(self) -> bytes:
        return self.picture.read_bytes()


def augmented(
    recipe: str | Path | Recipe,
    overrides: Sequence[str] = (),
    *,
    to: str | Path = "augmented.png",
    strict: bool = False,
) -> Augmented:
    """Write a picture of train examples before and after the recipe's ``augment``.

    The examples are always the same ones (by hash of their content), and each is exactly what the fit will see of it.

    Args:
        recipe: a name, a path or a loaded recipe.
        overrides: ``"augment=[mirror, crop]"`` …, stronger than the file.
        to: the PNG to write.
        strict: unreadable examples are an error.

    Raises:
        UserError: nothing to show, the data are no images, or recipe or data at fault.
        DlxError: the disk is full.
    """
    from dlx import device, loading
    from dlx.pipeline import contact_sheet, synthesis
    from dlx.pipeline.tables import hash_sample
    from dlx.recipe import load
    from dlx.training.augmenting import augmenting, image_inputs

    loaded = load(recipe, overrides) if isinstance(recipe, (str, Path)) or overrides else recipe
    if not loaded.augment:
        hint = "For example -s 'augment=[mirror, crop, colour]'; `dlx list augmentations` shows all."
        raise UserError("this recipe augments nothing", where="augment", hint=hint)
    data, divided = loading.load_and_split(loaded, strict=strict)
    train, dev = (data.subset(divided.index(part)) for part in ("train", "dev"))
    image = image_inputs(train)[0].name
    device.start()
    made = augmenting(loaded.to_dict(), train)
    settings = loaded.train
    shown = _shown(train)
    columns = [train.payload.take(shown)[image]]
    columns += [_as_seen(train, made, settings, shown, epoch) for epoch in range(EPOCHS)]
    rows = [
        (str(train.examples["y"].iloc[position]), _pixels(np.stack([column[i] for column in columns])))
        for i, position in enumerate(shown)
    ]
    heads = ["as it is", *(f"epoch {epoch + 1}" for epoch in range(EPOCHS))]
    names = ", ".join(made.names)
    picture = contact_sheet.write(Path(to), rows, heads, f"{loaded.name}, augmented: {names}")
    found = None
    if any(step.ingredients for step in made.steps):
        some, real = (hash_sample(part, synthesis.SAMPLE) for part in (train, dev))
        images = (part.payload.take(np.arange(len(part)))[image] for part in (some, real))
        found = synthesis.examine(made, settings, loaded.augment, *images, n_train=len(train))
    return Augmented(loaded.name, loaded.augment, picture, found)


def _shown(train: Dataset) -> np.ndarray:
    """Positions of the examples to show: the same ones each time, of several classes where there are any."""
    import pandas as pd

    keys = pd.util.hash_array(train.examples["content"].to_numpy(object), categorize=False)
    order = np.argsort(keys, kind="stable")
    labels = train.examples["y"].map(str).to_numpy()[order]
    first = ~pd.Series(labels).duplicated().to_numpy()
    return np.concatenate([order[first], order[~first]])[:ROWS]


def _as_seen(train: Dataset, made: Augmenting, settings: dict[str, Any], shown: np.ndarray, epoch: int) -> np.ndarray:
    """These examples as the fit sees them in that epoch: in their own batch, with its number."""
    import tensorflow as tf

    from dlx.training import optimizers
    from dlx.training.batches import shuffled

    size, name = optimizers.batch_size(settings["batch_size"], len(train)), made.inputs[0]
    order = shuffled(tf.range(len(train), dtype=tf.int64), settings["seed"], epoch).numpy()
    seen = []
    for position in shown:
        batch, place = divmod(int(np.flatnonzero(order == position)[0]), size)
        images = train.payload.take(order[batch * size : (batch + 1) * size])[name]
        seen.append(made.now(images, settings["seed"], epoch, batch)[place])
    return np.stack(seen)


def _pixels(images: np.ndarray) -> np.ndarray:
    return images if images.dtype == np.uint8 else np.rint(np.clip(images, 0, 1) * 255).astype(np.uint8)
