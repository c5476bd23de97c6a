"""Training health on one batch: gradient norms, update-to-weight ratios, dead ReLU units."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

__all__ = ["measure"]


def measure(model: keras.Model, body: keras.Model, batch: tuple, *, epoch: int) -> dict[str, Any]:
    """Gradient norm and update-to-weight ratio of every layer with weights, and the share of dead ReLU units.

    The update is the optimiser's own: one step is taken on the batch and taken back. A unit is dead when it is 0 on
    every example of the batch (systems S6); an update ratio around 1e-3 is healthy.

    Args:
        model: the compiled training model.
        body: the builder's model, whose ReLU layers are looked at.
        batch: (inputs, y, weight) tensors.
        epoch: number of epochs done, recorded.

    Returns:
        ``{"epoch", "layers": [{"layer", "gradient_norm", "update_ratio", "dead_relu_share"}]}``; None where a layer
        has no such figure.
    """
    from dlx.training import checkpoint

    gradients = _gradients(model, batch)
    state = checkpoint._state(model)
    kept = [np.asarray(v) for v in state]
    model.optimizer.apply(gradients, model.trainable_variables)
    updates = {id(v): np.linalg.norm(np.asarray(v) - k) for v, k in zip(state, kept, strict=True)}
    for variable, value in zip(state, kept, strict=True):
        variable.assign(value)
    dead = _dead_units(model, body, batch)
    norms = {
        id(v): float(np.linalg.norm(np.asarray(g))) for v, g in zip(model.trainable_variables, gradients, strict=True)
    }
    layers = []
    for layer in model._flatten_layers(include_self=False, recursive=True):
        kernels = [v for v in layer._trainable_variables if id(v) in norms]
        name = layer.name
        if not kernels and name not in dead:
            continue
        size = float(np.sqrt(sum(np.linalg.norm(np.asarray(v)) ** 2 for v in kernels))) if kernels else 0.0
        step = float(np.sqrt(sum(updates[id(v)] ** 2 for v in kernels))) if kernels else 0.0
        layers.append(
            {
                "layer": name,
                "gradient_norm": float(np.sqrt(sum(norms[id(v)] ** 2 for v in kernels))) if kernels else None,
                "update_ratio": step / size if size else None,
                "dead_relu_share": dead.get(name),
            }
        )
    layers.reverse()  # Keras flattens from the output back
    return {"epoch": epoch, "layers": layers}


def _gradients(model: keras.Model, batch: tuple) -> list[tf.Tensor]:
    import tensorflow as tf

    x, y, weight = batch

    def forward_backward():
        with tf.GradientTape() as tape:
            loss = model.compute_loss(x=x, y=y, y_pred=model(x, training=False), sample_weight=weight)
        return tape.gradient(loss, [v.value for v in model.trainable_variables])

    gradients = forward_backward()
    return [
        tf.zeros(v.shape) if g is None else tf.convert_to_tensor(g)
        for v, g in zip(model.trainable_variables, gradients, strict=True)
    ]


def _dead_units(model: keras.Model, body: keras.Model, batch: tuple) -> dict[str, float]:
    import keras

    # a subclassed model of the user's has layers without an output of their own
    relus = [layer for layer in body.layers if _is_relu(layer)] if body.built and _is_functional(body) else []
    if not relus:
        return {}
    preprocess = model.get_layer("preprocess")
    probe = keras.Model(body.inputs, [layer.output for layer in relus])
    values = probe(preprocess(batch[0]), training=False)
    values = values if isinstance(values, (list, tuple)) else [values]
    dead = {}
    for layer, value in zip(relus, values, strict=True):
        flat = np.asarray(value).reshape(-1, value.shape[-1])
        dead[layer.name] = float(np.mean(flat.max(axis=0) <= 0))
    return dead


def _is_functional(model) -> bool:
    import keras

    return isinstance(model, keras.Sequential) or type(model).__name__ == "Functional"


def _is_relu(layer) -> bool:
    activation = getattr(layer, "activation", None)
    return type(layer).__name__ == "ReLU" or getattr(activation, "__name__", "") == "relu"
