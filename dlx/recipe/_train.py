"""The keys of ``train:``: what ``fit`` can do to any model."""

from __future__ import annotations

from typing import Any

from dlx.recipe import _values
from dlx.recipe._kinds import Field, Kind, checked, choice, flag, number, one_of, optional, section, whole

__all__ = ["EARLY_STOPPING", "SCHEDULES", "SCHEDULE_KEYS", "TRAIN"]

#: name → its keys; each is a factor of the learning rate by epoch, as `dlx.training.optimizers.schedule` computes it.
SCHEDULES = {
    "none": {},
    "inverse_time": {"decay": Field(number(gt=0), 1.0, "α0/(1 + decay·epoch)")},
    "exponential": {"rate": Field(number(gt=0, lt=1), 0.95, "α0·rate^epoch")},
    "inverse_sqrt": {"k": Field(number(gt=0), 1.0, "α0·k/√(epoch + 1)")},
    "staircase": {
        "every": Field(whole(ge=1), 10, "epochs on one stair"),
        "factor": Field(number(gt=0, lt=1), 0.5, "α0·factor^⌊epoch/every⌋"),
    },
    "cosine": {"floor": Field(number(ge=0, lt=1), 0.0, "share of α0 that is left after all epochs")},
}
SCHEDULE_KEYS = ["name", *(key for fields in SCHEDULES.values() for key in fields)]
_SCHEDULES = {n: section({"name": Field(choice(n))} | fields) for n, fields in SCHEDULES.items()}


def _before(check: Any, kind: Kind, *more_json: dict) -> Kind:
    core = {"type": "function-before", "function": {"type": "no-info", "function": check}, "schema": kind.core}
    return Kind(core, {"anyOf": [*more_json, kind.json]})


def _named(value: Any) -> Any:
    return {"name": value or "none"} if value is None or isinstance(value, str) else value


def _patience(value: Any) -> Any:
    return {"patience": value} if isinstance(value, int) and not isinstance(value, bool) else value


def _defaults_by_optimizer(train: dict[str, Any]) -> dict[str, Any]:
    if train["learning_rate"] is None:
        train["learning_rate"] = 1e-2 if train["optimizer"] in ("sgd", "momentum") else 1e-3
    if train["weight_decay"] is None:
        train["weight_decay"] = 0.004 if train["optimizer"] == "adamw" else 0.0
    return train


SCHEDULE = _before(
    _named,
    Kind(
        {"type": "tagged-union", "discriminator": "name", "choices": {n: s.core for n, s in _SCHEDULES.items()}},
        {"anyOf": [s.json for s in _SCHEDULES.values()]},
    ),
    {"enum": [None, *SCHEDULES]},
)
EARLY_STOPPING = section(
    {
        "patience": Field(whole(ge=1), 5, "epochs without improvement; then back to the best"),
        "monitor": Field(choice("val_loss", "val_error", "loss", "error"), "val_loss", "a column of the history"),
        "min_delta": Field(number(ge=0), 0.0, "what counts as an improvement"),
    }
)
CLASS_WEIGHT = checked(
    _values.class_weight,
    {"enum": [None, "balanced"]},
    {"type": "object", "additionalProperties": {"type": "number", "exclusiveMinimum": 0}},
)
_AUTO = one_of(whole(ge=1), choice("auto"))
TRAIN = section(
    {
        "epochs": Field(whole(ge=1), 30, "passes over train"),
        "batch_size": Field(_AUTO, "auto", "auto: all of train up to 2,000 examples, else a power of two"),
        "optimizer": Field(choice("sgd", "momentum", "rmsprop", "adam", "adamw"), "adam"),
        "learning_rate": Field(optional(number(gt=0)), None, "null: 0.001, or 0.01 for sgd and momentum"),
        "momentum": Field(number(ge=0, lt=1), 0.9, "β of momentum; no other optimizer reads it"),
        "weight_decay": Field(optional(number(ge=0)), None, "decoupled from the loss; null: 0, or 0.004 for adamw"),
        "schedule": Field(SCHEDULE, "none", "a name, or {name, …}: the learning rate by epoch"),
        "clip_norm": Field(optional(number(gt=0)), None, "largest norm of one gradient tensor"),
        "clip_value": Field(optional(number(gt=0)), None, "largest size of one element of a gradient"),
        "class_weight": Field(CLASS_WEIGHT, None, "null, balanced, or {class: weight}"),
        "early_stopping": Field(
            _before(_patience, optional(EARLY_STOPPING), {"type": "integer", "minimum": 1}),
            None,
            "null, a patience in epochs, or {patience, monitor, min_delta}: ties the fit to the choice of epochs",
        ),
        "seed": Field(whole(ge=0, lt=2**32), 0, "weights, dropout and order; never the split"),
        "precision": Field(choice("float32", "mixed_float16"), "float32", "mixed_float16: quicker on recent GPUs"),
        "steps_per_execution": Field(_AUTO, "auto", "batches that Keras runs at a time"),
        "threads": Field(_AUTO, "auto", "of TensorFlow; auto: all cores. The last digits of a fit depend on it"),
        "checkpoint": Field(flag(), True, "keep what --resume needs"),
    },
    after=_defaults_by_optimizer,
)
