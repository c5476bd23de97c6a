"""Checkpoints that a `kill -9` cannot break: weights, optimiser state and the number of epochs done."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import BadZipFile

import numpy as np

from dlx.errors import DlxError
from dlx.files import replacing

if TYPE_CHECKING:
    import keras

__all__ = ["reseed", "restore", "save"]


def save(model: keras.Model, path: Path, *, epochs_done: int) -> None:
    """Write atomically: a reader finds the old checkpoint or the new one, never half of one."""
    arrays = {f"v{i:05d}": np.asarray(v) for i, v in enumerate(_state(model))}
    with replacing(path) as temporary:
        np.savez(temporary, epochs_done=epochs_done, **arrays)


def restore(model: keras.Model, path: Path, *, optimizer: bool = True) -> int:
    """Load a checkpoint into a compiled model of the same recipe and return the number of epochs done.

    Args:
        model: the model.
        path: the checkpoint.
        optimizer: also the optimiser's state; without it that begins anew.

    Raises:
        DlxError: the file is damaged, or belongs to another model.
    """
    state = _state(model)
    try:
        with np.load(path, allow_pickle=False) as stored:
            arrays = [stored[f"v{i:05d}"] for i in range(len(stored.files) - 1)]
            done = int(stored["epochs_done"])
    except (OSError, ValueError, KeyError, BadZipFile) as error:
        raise DlxError(
            "the checkpoint cannot be read", where=str(path), hint="Train again without --resume."
        ) from error
    if not optimizer:
        state, arrays = state[: len(model.weights)], arrays[: len(model.weights)]
    if [a.shape for a in arrays] != [tuple(v.shape) for v in state]:
        raise DlxError("the checkpoint belongs to another model", where=str(path), hint="Train again without --resume.")
    for variable, value in zip(state, arrays, strict=True):
        variable.assign(value)
    return done


def reseed(model: keras.Model, seed: int, epoch: int) -> None:
    """Set every random generator of the model as a function of (seed, epoch, its place).

    Keras does not store the state of its seed generators, so a resumed run would draw other dropout masks.
    """
    import keras

    place = 0
    for layer in model._flatten_layers():
        for generator in vars(layer).values():
            if isinstance(generator, keras.random.SeedGenerator):
                key = np.random.SeedSequence([seed, epoch, place]).generate_state(2, np.uint32)
                # the state is a signed or unsigned pair, by Keras version: 31 bits fit both
                generator.state.assign((key >> 1).astype(generator.state.dtype))
                place += 1


def _state(model: keras.Model) -> list:
    # metrics are left out: they begin anew with each epoch
    optimizer = model.optimizer
    if not optimizer.built:
        optimizer.build(model.trainable_variables)
    return [*model.weights, *optimizer.variables]
