"""Models that were saved: a run of dlx, or a .keras file of any origin; no code in them is run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlx import predicting, runs
from dlx.errors import UserError
from dlx.payloads import TensorSpec
from dlx.transfer._source import Learned, Network, Source, blocks_of, file_digest, key_of

if TYPE_CHECKING:
    import keras

    from dlx.run import Run

__all__ = ["cut", "of_file", "of_run"]

#: Names that the new head's layers have; a layer of the source that is called so is renamed.
_TAKEN = ("features", "logits", "flat", "dense", "pool", "pooled", "probability", "prediction", "preprocess")


def of_run(settings: dict[str, Any], inputs: tuple[TensorSpec, ...]) -> Source:
    """The source of ``run:RUN``.

    Raises:
        UserError: no such run, one without a model, or inputs that it does not take.
    """
    run = runs.find(settings["from"].partition(":")[2])
    if not (run.has("model.keras") and run.has("targets.json")):
        hint = "A run keeps its model when it is complete; trials of a search keep none."
        raise UserError("this run has no model to begin from", value=run.id, where="transfer.from", hint=hint)
    said = run.read_json("targets.json")
    own = tuple(predicting.tensor_spec(each) for each in said["inputs"])
    size = _fit(own, inputs, settings["size"], run.id)
    path = run.file("model.keras")

    def build() -> Network:
        return _network(predicting.load_model(path), own, inputs, size, None, str(path))

    return Source(
        f"run {run.id}",
        key_of("file", file_digest(path), *inputs, size),
        Learned(f"the data of recipe {run.info.get('recipe')}", said["kind"], _trained_on(run), own[0].shape),
        run.id,
        build,
    )


def of_file(settings: dict[str, Any], inputs: tuple[TensorSpec, ...]) -> Source:
    """The source of a ``.keras`` file.

    Raises:
        UserError: no such file, a damaged or unsafe one, or inputs that it does not take.
    """
    path = Path(settings["from"])
    model = predicting.load_model(path)  # now: only the model itself tells what it takes
    own = _inputs_of(model, inputs, path)
    size = _fit(own, inputs, settings["size"], str(path))
    span = settings["range"]

    def build() -> Network:
        return _network(predicting.load_model(path), own, inputs, size, span, str(path))

    kind = "image" if len(own[0].shape) == 3 else "table" if len(own[0].shape) == 1 else "array"
    return Source(
        f"the file {path.name}",
        key_of("file", file_digest(path), *inputs, size, span),
        Learned(f"unknown data ({path.name})", kind, None, own[0].shape),
        None,
        build,
    )


def _trained_on(run: Run) -> int | None:
    sizes = (run.read_json("data.json", default={}) or {}).get("sizes") or {}
    return sizes.get("train")


def _inputs_of(model: keras.Model, inputs: tuple[TensorSpec, ...], path: Path) -> tuple[TensorSpec, ...]:
    given = getattr(model, "inputs", None)
    if not given or len(given) != len(inputs):
        text = "does not say what it takes" if not given else f"has {len(given)} inputs, the data have {len(inputs)}"
        raise UserError(f"this model {text}", value=str(path), where="transfer.from")
    by_name = {str(t.name).split(":")[0]: t for t in given}
    ordered = [by_name[s.name] for s in inputs] if set(by_name) == {s.name for s in inputs} else list(given)
    return tuple(
        TensorSpec(str(t.name).split(":")[0], tuple(t.shape[1:]), str(t.dtype), s.names)
        for t, s in zip(ordered, inputs, strict=True)
    )


def _fit(
    own: tuple[TensorSpec, ...], inputs: tuple[TensorSpec, ...], asked: int | str, name: str
) -> tuple[int, int] | None:
    """The size to which pictures are brought, None where nothing is changed; or what does not fit."""
    where = "transfer.from"
    if isinstance(asked, int):
        hint = "Leave transfer.size out: pictures are brought to the size it was trained on."
        raise UserError(f"{name} takes pictures of one size", value=asked, where="transfer.size", hint=hint)
    if len(own) != len(inputs):
        said = [spec.name for spec in own], [spec.name for spec in inputs]
        raise UserError(f"{name} has other inputs than these data", value=said, where=where)
    for there, here in zip(own, inputs, strict=True):
        if (there.dtype == "string") != (here.dtype == "string") or len(there.shape) != len(here.shape):
            raise _other_shape(there, here, name)
        if there.names != here.names:
            raise _other_columns(there, here, name)
        if there.shape[-1:] != here.shape[-1:]:
            hint = "Read both alike: channels: 1 or 3 in the reader." if len(here.shape) == 3 else None
            raise _other_shape(there, here, name, hint)
        if there.shape != here.shape and not (len(here.shape) == 3 and None not in there.shape):
            raise _other_shape(there, here, name)
    return tuple(own[0].shape[:2]) if own[0].shape != inputs[0].shape else None


def _other_columns(there: TensorSpec, here: TensorSpec, name: str) -> UserError:
    lacking = [c for c in there.names if c not in here.names]
    further = [c for c in here.names if c not in there.names]
    told = f"lacks {', '.join(lacking[:5])}" if lacking else f"has {', '.join(further[:5])} beside them"
    if not lacking and not further:
        told = "has them in another order"
    hint = f"Give the reader features: [{', '.join(there.names)}]."
    return UserError(f"{name} takes other columns: this table {told}", where="transfer.from", hint=hint)


def _other_shape(there: TensorSpec, here: TensorSpec, name: str, hint: str | None = None) -> UserError:
    text = f"{name} takes inputs of shape {there.shape} {there.dtype}, these are {here.shape} {here.dtype}"
    return UserError(text, where="transfer.from", hint=hint)


def _network(
    model: keras.Model,
    own: tuple[TensorSpec, ...],
    inputs: tuple[TensorSpec, ...],
    size: tuple[int, int] | None,
    span: list[float] | None,
    where: str,
) -> Network:
    import keras

    found = cut(model)
    if found is None:
        hint = "It must be a graph of Keras layers with a dense or convolutional layer at its end."
        text = "this model has no last layer that can be taken off"
        raise UserError(text, value=where, where="transfer.from", hint=hint)
    before, body = found
    given, fed = {}, []
    for there, here in zip(own, inputs, strict=True):
        x = given[here.name] = keras.Input(here.shape, dtype=here.dtype, name=here.name)
        fed.append(_as_it_takes(x, there, here, size, span))
    x = fed[0] if len(fed) == 1 else fed
    if before is not None:
        by_name = {spec.name: tensor for spec, tensor in zip(own, fed, strict=True)}
        x = before(by_name if isinstance(before.input, dict) else x)
    preprocess = keras.Model(given, x, name="preprocess")
    body = _pooled(_renamed(body))
    for layer in body._flatten_layers(include_self=False):
        layer.trainable = True  # as it was saved it may be frozen
    return Network(preprocess, body, blocks_of(body))


def _as_it_takes(x, there: TensorSpec, here: TensorSpec, size: tuple[int, int] | None, span: list[float] | None):
    """A raw input in the form that the source was trained on."""
    import keras
    from keras import layers

    if len(here.shape) != 3 or here.dtype == "string":
        return x
    if size is not None:
        x = layers.Resizing(*size, name="resized")(x)
    full = here.dtype == "uint8"
    if there.dtype == "uint8":  # 0–255 in whole numbers
        if not full:
            x = layers.Rescaling(255.0, name="to_255")(x)
        return x if str(x.dtype) == "uint8" else keras.ops.cast(keras.ops.round(x), "uint8")
    if there.name == here.name and span is None:  # dlx's own: float32 holds 0–1
        return layers.Rescaling(1 / 255, name="to_1")(x) if full else x
    low, high = span or (0.0, 255.0)
    return layers.Rescaling((high - low) / (255 if full else 1), low, name="to_its_range")(x)


def cut(model: keras.Model) -> tuple[keras.Model | None, keras.Model] | None:
    """What stands before a model's last layer with weights: its preprocessing, if that is a model of its own, and the
    rest up to that layer; None where it cannot be cut.

    Args:
        model: inputs, then layers or nested models, then what finishes the output.
    """
    import keras

    stages = [layer for layer in model.layers if not isinstance(layer, keras.layers.InputLayer)]
    while stages and not stages[-1].weights:  # a softmax, a change of scale
        stages.pop()
    if not stages:
        return None
    *before, last = stages
    try:
        if not isinstance(last, keras.Model):
            return None, keras.Model(model.input, last.input, name="body")
        inside = cut(last)
        if inside is None or inside[0] is not None:
            return None
        if not before:
            return None, inside[1]
        if len(before) == 1 and isinstance(before[0], keras.Model):
            return before[0], inside[1]
    except (AttributeError, ValueError):  # a layer used twice, or a model that is no graph
        return None
    return None


def _renamed(body: keras.Model) -> keras.Model:
    """The body with other names for layers that are called like those of a new head."""
    import keras

    names = {layer.name for layer in body.layers}
    clash = {n for n in names if n.startswith(_TAKEN)}
    if not clash:
        return body

    def copied(layer):
        config = layer.get_config()
        if layer.name in clash:
            fresh = f"source_{layer.name}"
            while fresh in names:
                fresh = f"source_{fresh}"
            config["name"] = fresh
        return layer.__class__.from_config(config)

    made = keras.models.clone_model(body, clone_function=copied)
    made.set_weights(body.get_weights())
    return made


def _pooled(body: keras.Model) -> keras.Model:
    import keras
    from keras import layers

    x = body.output
    if isinstance(x, (list, tuple, dict)):
        x = list(x.values())[-1] if isinstance(x, dict) else x[-1]
    rank = len(x.shape) - 2
    pools = {1: layers.GlobalAveragePooling1D, 2: layers.GlobalAveragePooling2D, 3: layers.GlobalAveragePooling3D}
    x = pools[rank](name="pooled")(x) if rank in pools else layers.Flatten(name="pooled")(x)
    return keras.Model(body.input, x, name="body")
