"""Files of weights read into a network, after every tensor's shape was compared: nothing is skipped in silence."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dlx.errors import UserError

if TYPE_CHECKING:
    import h5py
    import keras

__all__ = ["check", "load"]

_WHERE = "transfer.weights"


def check(path: Path) -> None:
    """Refuse what is no file of weights, before data are read.

    Raises:
        UserError: no such file, or a whole model.
    """
    if path.suffix == ".keras":
        hint = f"Begin from the model itself: -s transfer.from={path}."
        raise UserError("this is a whole model, not a file of weights", value=str(path), where=_WHERE, hint=hint)
    if not path.is_file():
        raise UserError("no such file of weights", value=str(path), where=_WHERE)


def load(model: keras.Model, path: Path, *, name: str) -> None:
    """Read weights into a network without its top; those of the top, in the file, are left out.

    Args:
        model: the network.
        path: ``.h5`` as Keras has published them, or ``.weights.h5`` as Keras 3 saves them.
        name: of the network, for messages.

    Raises:
        UserError: a damaged file, or one of another network.
    """
    import h5py

    check(path)
    try:
        with h5py.File(path, "r") as file:
            root = file.get("model_weights", file)
            stored = _stored(root) if "layer_names" in root.attrs else None
    except (OSError, KeyError, RuntimeError) as error:
        text = "not an HDF5 file, or a damaged one"
        raise UserError(text, value=str(path), where=_WHERE, hint="Fetch it again.") from error
    if stored is None:
        _as_keras_3(model, path, name)
        return
    wanted = [layer for layer in model.layers if layer.weights]
    if all(layer.name in stored for layer in wanted):
        pairs = [(layer, stored[layer.name]) for layer in wanted]
    else:  # layers without names of their own are numbered by the process: their order tells
        pairs = list(zip(wanted, stored.values(), strict=False))
    if len(pairs) < len(wanted):
        text = f"it has {len(stored)} layers with weights, {name} has {len(wanted)}"
        raise _misfit(name, path, text)
    for layer, arrays in pairs:
        shapes, given = [tuple(w.shape) for w in layer.weights], [a.shape for a in arrays]
        if shapes != given:
            raise _misfit(name, path, f"layer {layer.name} has weights of shape {_told(shapes)}, there {_told(given)}")
    for layer, arrays in pairs:
        if not all(np.isfinite(a).all() for a in arrays):
            raise UserError(f"layer {layer.name} holds numbers that are not finite", value=str(path), where=_WHERE)
        layer.set_weights(arrays)


def _stored(root: h5py.Group) -> dict[str, list[np.ndarray]]:
    """Layer → its arrays, for those that have any, in the file's order."""
    found = {}
    for raw in root.attrs["layer_names"]:
        layer = raw.decode() if isinstance(raw, bytes) else str(raw)
        names = [n.decode() if isinstance(n, bytes) else str(n) for n in root[layer].attrs["weight_names"]]
        if names:
            found[layer] = [np.asarray(root[layer][name]) for name in names]
    return found


def _as_keras_3(model: keras.Model, path: Path, name: str) -> None:
    before = model.get_weights()
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        try:
            model.load_weights(path)
        except (ValueError, OSError, KeyError) as error:
            raise _misfit(name, path, str(error).strip().partition("\n")[0][:200]) from error
    if told or all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True)):
        raise _misfit(name, path, str(told[0].message)[:200] if told else "it holds none of its layers")


def _misfit(name: str, path: Path, reason: str) -> UserError:
    hint = "Is transfer.alpha right?" if name.startswith("MobileNet") else None
    return UserError(f"these weights are not those of {name}: {reason}", value=str(path), where=_WHERE, hint=hint)


def _told(shapes: list[tuple[int, ...]]) -> str:
    return ", ".join("×".join(map(str, shape)) for shape in shapes) or "none"
