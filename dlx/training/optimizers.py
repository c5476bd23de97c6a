"""Optimisers and learning-rate schedules by the names of the notes; a schedule is a function of the epoch alone."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from dlx.errors import UserError, unknown

if TYPE_CHECKING:
    import keras

__all__ = ["OPTIMIZERS", "SCHEDULES", "optimizer", "schedule"]

OPTIMIZERS = ("sgd", "momentum", "rmsprop", "adam", "adamw")
SCHEDULES = ("inverse_time", "exponential", "inverse_sqrt", "staircase", "cosine")


def optimizer(train: dict[str, Any], factors: Sequence[float] | None = None) -> keras.Optimizer:
    """The recipe's optimiser, with gradient clipping.

    Args:
        train: the recipe's ``train``.
        factors: of the learning rate of each trainable variable, in the model's order; None for one rate for all.
            Decoupled weight decay goes by the common rate.

    ``momentum`` is Keras' form v = βv − αg, without (1 − β): its step is 1/(1 − β) larger than that of the notes
    (rule P43), so that a learning rate tuned for the one is not right for the other.
    """
    import keras

    options = {"clipnorm": train.get("clip_norm"), "clipvalue": train.get("clip_value")}
    options["weight_decay"] = train.get("weight_decay")
    options = {key: value for key, value in options.items() if value}
    rate, name = float(train["learning_rate"]), train["optimizer"]
    made = {
        "sgd": (keras.optimizers.SGD, {}),
        "momentum": (keras.optimizers.SGD, {"momentum": float(train.get("momentum", 0.9))}),
        "rmsprop": (keras.optimizers.RMSprop, {"rho": 0.9, "epsilon": 1e-8}),
        "adam": (keras.optimizers.Adam, {"epsilon": 1e-8}),
        "adamw": (keras.optimizers.AdamW, {"epsilon": 1e-8, "weight_decay": 0.004}),
    }
    if name not in made:
        raise unknown("optimizer", name, OPTIMIZERS, where="train.optimizer")
    kind, own = made[name]
    if factors is None or all(factor == 1 for factor in factors):
        return kind(rate, **(own | options))
    return _with_factors(kind, factors)(rate, **(own | options))


def _with_factors(kind: type, factors: Sequence[float]) -> type:
    """The optimiser with a learning rate for each variable: scaling gradients instead would do nothing in Adam."""

    class WithFactors(kind):
        def update_step(self, gradient, variable, learning_rate):
            factor = factors[self._get_variable_index(variable)]
            return super().update_step(gradient, variable, learning_rate * factor)

    return WithFactors


def schedule(spec: dict[str, Any] | None, epochs: int) -> Callable[[int], float]:
    """Factor of the learning rate in each epoch, counted from 0 (systems S30, errata E22).

    ``inverse_time``: 1/(1 + decay·epoch); ``exponential``: rate^epoch; ``inverse_sqrt``: k/√(epoch + 1);
    ``staircase``: factor^⌊epoch/every⌋; ``cosine``: from 1 to ``floor`` in half a cosine over all epochs.

    >>> [round(schedule({"name": "inverse_time", "decay": 1.0}, 4)(e), 3) for e in range(3)]
    [1.0, 0.5, 0.333]
    """
    if not spec or spec.get("name") in (None, "none"):
        return lambda epoch: 1.0
    name = spec["name"]
    if name == "inverse_time":
        decay = spec.get("decay", 1.0)
        return lambda epoch: 1.0 / (1.0 + decay * epoch)
    if name == "exponential":
        rate = spec.get("rate", 0.95)
        return lambda epoch: rate**epoch
    if name == "inverse_sqrt":
        k = spec.get("k", 1.0)
        return lambda epoch: k / math.sqrt(epoch + 1)
    if name == "staircase":
        every, factor = spec.get("every", 10), spec.get("factor", 0.5)
        return lambda epoch: factor ** (epoch // every)
    if name == "cosine":
        floor = spec.get("floor", 0.0)
        return lambda epoch: floor + (1 - floor) * 0.5 * (1 + math.cos(math.pi * epoch / max(epochs, 1)))
    raise unknown("schedule", name, SCHEDULES, where="train.schedule")


def batch_size(requested: int | str, m: int) -> int:
    """Rule P39: all of train up to 2,000 examples, else a power of two.

    >>> batch_size("auto", 2000), batch_size("auto", 2001), batch_size(32, 10)
    (2000, 64, 10)
    """
    if requested != "auto":
        if not isinstance(requested, int) or requested < 1:
            raise UserError(
                "batch_size is 'auto' or a whole number of at least 1", value=requested, where="train.batch_size"
            )
        return min(requested, m)
    if m <= 2000:
        return m
    return 64 if m < 50_000 else 128 if m < 200_000 else 256
