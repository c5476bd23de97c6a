"""A model file of any origin made to fit a recipe's data: its inputs by name, its outputs checked."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from dlx.errors import UserError
from dlx.payloads import TensorSpec

if TYPE_CHECKING:
    import keras
    import numpy as np

    from dlx.tasks._base import Task

__all__ = ["adapted", "check_outputs"]


def adapted(
    model: keras.Model, inputs: tuple[TensorSpec, ...], output: tuple[int | None, ...], *, where: str
) -> keras.Model:
    """The model behind inputs that carry the names of the payload's tensors.

    Tensors are matched by name, else by order; one that differs only in its form, as (8, 8, 1) and (64,), is reshaped.

    Args:
        model: any Keras model.
        inputs: what the data give.
        output: the output's shape that the task wants, without the batch dimension.
        where: the file, for messages.

    Raises:
        UserError: inputs or outputs that do not fit.
    """
    import keras

    if not getattr(model, "inputs", None):
        raise _misfit("it does not say what it takes, as subclassed models do not", inputs, output, where)
    wanted = {tensor.name.split(":")[0]: tensor for tensor in model.inputs}
    if len(wanted) != len(inputs):
        raise _misfit(f"it has {len(model.inputs)} inputs, the data have {len(inputs)}", inputs, output, where)
    shapes = [tuple(tensor.shape[1:]) for tensor in model.outputs]
    if len(shapes) != 1 or math.prod(s or 0 for s in shapes[0]) != math.prod(s or 0 for s in output):
        raise _misfit(f"it gives outputs of shape {' and '.join(map(str, shapes))}", inputs, output, where)
    by_name = set(wanted) == {spec.name for spec in inputs}
    given, fed = {}, {}
    for spec, own in zip(inputs, model.inputs, strict=True):
        target = wanted[spec.name] if by_name else own
        x = given[spec.name] = keras.Input(spec.shape, dtype=spec.dtype, name=spec.name)
        fed[target.name.split(":")[0]] = _shaped(x, spec, target, inputs, output, where)
    # a Sequential model that was loaded and never called has no .input
    values = fed if not isinstance(model, keras.Sequential) and isinstance(model.input, dict) else list(fed.values())
    made = model(values[0] if isinstance(values, list) and len(values) == 1 else values)
    if tuple(made.shape[1:]) != output:
        made = keras.layers.Reshape(output)(made)
    return keras.Model(given, made, name=model.name)


def _shaped(x, spec: TensorSpec, own, inputs, output, where: str):
    from keras import layers

    want = tuple(own.shape[1:])
    if (spec.dtype == "string") != (str(own.dtype) == "string"):
        raise _misfit(f"its input {own.name!r} holds {own.dtype}", inputs, output, where)
    if len(want) == len(spec.shape) and all(w in (None, s) for w, s in zip(want, spec.shape, strict=True)):
        return x
    if None in want or None in spec.shape or math.prod(want) != math.prod(spec.shape):
        raise _misfit(f"its input {own.name!r} has shape {want}", inputs, output, where)
    return layers.Reshape(want)(x)


def _misfit(reason: str, inputs: tuple[TensorSpec, ...], output, where: str) -> UserError:
    takes = ", ".join(f"{spec.name} {spec.shape} {spec.dtype}" for spec in inputs)
    return UserError(
        f"the model does not fit this data: {reason}",
        where=where,
        hint=f"It must take {takes} and give {math.prod(s or 1 for s in output)} outputs.",
    )


def check_outputs(raw: np.ndarray, task: Task, *, where: str) -> None:
    """Refuse outputs that are not finite, or logits where a task of rates needs probabilities.

    Raises:
        UserError: such outputs.
    """
    import numpy as np

    raw = np.asarray(raw, dtype="float64")
    if not np.isfinite(raw).all():
        raise UserError("the model gives numbers that are not finite", where=where, hint="Was it trained to the end?")
    if task.BOUNDED and (raw.min() < -1e-3 or raw.max() > 1 + 1e-3):
        raise UserError(
            "the model gives no probabilities",
            value=[float(raw.min()), float(raw.max())],
            where=where,
            hint="Add the last activation (sigmoid or softmax) and save it again.",
        )
