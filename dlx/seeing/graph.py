"""A model as one flat graph: every layer inside nested models by name, all from one float input."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dlx.errors import UserError

if TYPE_CHECKING:
    import keras

__all__ = ["Graph", "Step", "flatten"]

_TURNS_INTO_CHANCES = ("softmax", "sigmoid", "log_softmax")


@dataclass(frozen=True)
class Step:
    """One call of a layer (or of an operation such as ``x + y``).

    Attributes:
        name: the layer's name, with the names of the models around it where it would not be unique.
        layer: what is called.
        inputs: the tensors that it takes.
        output: the first tensor that it gives.
        settings: the arguments of the call that are no tensors.
        top: the outermost layer of the model that it belongs to.
    """

    name: str
    layer: Any
    inputs: tuple[keras.KerasTensor, ...]
    output: keras.KerasTensor
    settings: tuple[Any, ...]
    top: str


@dataclass(frozen=True)
class Graph:
    """A flat model.

    Attributes:
        image: the input, (batch, height, width, channels) float32: the raw image, whatever type the model wanted.
        inputs: the structure that holds it, as the model is called.
        steps: all calls, each after those it depends on.
        output: the model's own output.
    """

    image: keras.KerasTensor
    inputs: Any
    steps: tuple[Step, ...]
    output: keras.KerasTensor

    def model(self, outputs: Any) -> keras.Model:
        """A model from the raw image to some of the tensors."""
        import keras

        return keras.Model(self.inputs, outputs)

    def scores(self) -> keras.KerasTensor:
        """The output before its softmax or sigmoid: gradients of a probability vanish where it is near 0 or 1."""
        import keras

        tensor = self.output
        for step in reversed(self.steps):
            if step.output is not tensor:
                continue
            name = _activation(step.layer)
            if name not in _TURNS_INTO_CHANCES:
                break
            if not step.layer.weights:
                tensor = step.inputs[0]
                continue
            step.layer.activation = keras.activations.linear  # the model was loaded for looking only
            break
        return tensor

    def takers(self, tensor: keras.KerasTensor) -> list[Step]:
        """The calls that take this tensor."""
        return [step for step in self.steps if any(taken is tensor for taken in step.inputs)]


def _activation(layer: Any) -> str:
    """Name of a layer's activation; layers such as Softmax are called like it."""
    function = getattr(layer, "activation", None)
    return getattr(function, "__name__", type(layer).__name__.lower())


def flatten(model: keras.Model) -> Graph:
    """Call every layer again, in order, from a new float input; nested models are entered.

    The model must have been loaded for this alone: layers of equal names in different nested models are renamed.

    Args:
        model: a functional or sequential model with one image as its input.

    Raises:
        UserError: no graph of layers, or several inputs.
    """
    import keras

    if not _is_graph(model) or not hasattr(model, "inputs"):
        raise UserError("only a graph of layers can be looked into", value=type(model).__name__, where=model.name)
    if len(model.inputs) != 1:
        names = [tensor.name for tensor in model.inputs]
        raise UserError("a model with several inputs cannot be looked into yet", value=names, where=model.name)

    def fresh(tensor):
        return keras.Input(batch_shape=tensor.shape, dtype="float32", name=tensor.name)

    sequential = isinstance(model, keras.Sequential)
    inputs = keras.tree.map_structure(fresh, model.inputs[0] if sequential else model.input)
    image = keras.tree.flatten(inputs)[0]
    calls: list[tuple[tuple[str, ...], Any, tuple, Any, tuple]] = []
    output = _walk(model, image, (), calls)
    return Graph(image, inputs, _named(calls), keras.tree.flatten(output)[0])


def _is_graph(layer: Any) -> bool:
    import keras

    return isinstance(layer, keras.Sequential) or hasattr(layer, "_run_through_graph")


def _walk(model: keras.Model, inputs: Any, path: tuple[str, ...], calls: list) -> Any:
    import keras

    def call(layer: Any, *args: Any, **settings: Any) -> Any:
        if _is_graph(layer):
            return _walk(layer, args[0] if args else settings["inputs"], (*path, layer.name), calls)
        output = layer(*args, **settings)
        flat = keras.tree.flatten((args, settings))
        taken = tuple(value for value in flat if isinstance(value, keras.KerasTensor))
        others = tuple(value for value in flat if not isinstance(value, keras.KerasTensor))
        calls.append(((*path, layer.name), layer, taken, keras.tree.flatten(output)[0], others))
        return output

    return _through(model, inputs, call)


def _through(model: keras.Model, inputs: Any, call: Callable) -> Any:
    """Keras' own walk through a functional model, as ``keras.models.clone_model`` uses it."""
    import keras

    if isinstance(model, keras.Sequential):
        for layer in model.layers:
            inputs = call(layer, inputs)
        return inputs
    return model._run_through_graph(inputs, call_fn=call)


def _named(calls: list) -> tuple[Step, ...]:
    """The shortest name that is unique; a layer that is called twice gets ``:2`` the second time."""
    paths = {id(layer): path for path, layer, *_ in calls}
    often = Counter(path[-1] for path in paths.values())
    for _, layer, *_ in calls:  # Keras wants unique names in one graph
        if often[paths[id(layer)][-1]] > 1:
            layer.name = "-".join(paths[id(layer)])
    steps, times = [], Counter()
    for path, layer, taken, output, others in calls:
        name = path[-1] if often[path[-1]] == 1 else "/".join(path)
        times[name] += 1
        shown = name if times[name] == 1 else f"{name}:{times[name]}"
        steps.append(Step(shown, layer, taken, output, others, path[0]))
    return tuple(steps)
