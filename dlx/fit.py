"""Recipe and splits to a trained Keras model: the one place that calls ``model.fit``."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlx import device, parts, preprocess
from dlx.dataset import Dataset
from dlx.errors import UserError
from dlx.tasks._base import ModelSpec, Targets, Task
from dlx.training import optimizers
from dlx.training.augmenting import Augmenting, augmenting
from dlx.training.batches import scoring_batch

if TYPE_CHECKING:
    import keras

    from dlx.training.start import Start

__all__ = ["Fitted", "Prepared", "compiled", "estimate", "fit", "memory_errors", "precision", "prepare"]


@dataclass(frozen=True)
class Prepared:
    """A compiled model, not yet trained.

    Attributes:
        model: raw inputs → logits or standardised numbers, compiled.
        body: the builder's part of it.
        targets: what the task fitted on train.
        train: the recipe's ``train`` block with the batch size decided.
        augment: what is done to the inputs of training batches; None leaves them as they are.
    """

    model: keras.Model
    body: keras.Model
    targets: Targets
    train: dict[str, Any]
    augment: Augmenting | None = None


@dataclass(frozen=True)
class Fitted:
    """A trained model.

    Attributes:
        model: raw inputs → probabilities or the target's unit; what is saved and exported.
        history: one record per epoch: epoch, loss, error, val_loss, val_error, learning_rate, seconds, time.
        health: what ``training.health.measure`` found half-way; empty if this process did not pass there.
        seconds: wall time of ``model.fit`` in this process.
        stopped_early: early stopping ended the fit.
    """

    model: keras.Model
    history: list[dict[str, Any]]
    health: dict[str, Any]
    seconds: float
    stopped_early: bool


def prepare(
    recipe: dict[str, Any], task: Task, train: Dataset, *, build: Callable[[ModelSpec], keras.Model] | None = None
) -> Prepared:
    """Fit targets and preprocessing on train, build the model and compile it.

    Args:
        recipe: the resolved recipe.
        task: its task.
        train: train split.
        build: makes the body instead of the recipe's builder.

    Raises:
        UserError: labels the task cannot take, or a builder that does not fit the inputs.
        DlxError: out of memory.
    """
    threads = recipe["train"].get("threads", "auto")
    device.start(None if threads == "auto" else int(threads))
    out = device.memory_errors("out of memory while the model is built", "Make the model or the images smaller.")
    with out, device.scope(recipe["train"].get("strategy", "single")):
        return _prepare(recipe, task, train, build or (lambda spec: _build(recipe["model"], spec)))


def _prepare(recipe: dict[str, Any], task: Task, train: Dataset, build: Callable[[ModelSpec], keras.Model]) -> Prepared:
    import keras

    settings = dict(recipe["train"])
    targets = task.targets(train)
    settings["batch_size"] = optimizers.batch_size(settings["batch_size"], len(train))
    keras.utils.set_random_seed(settings["seed"])
    before, features = preprocess.fit(train.payload, recipe["data"].get("normalize", "standardize"))
    spec = task.spec(features, targets)
    with precision(settings.get("precision", "float32")):
        body = build(spec)
        network = task.assemble(body, targets, spec)
        model = keras.Model(before.input, network(before(before.input)), name=recipe["name"])
    made = compiled(model, body, task, targets, settings, len(train))
    return replace(made, augment=augmenting(recipe, train))


def compiled(
    model: keras.Model,
    body: keras.Model,
    task: Task,
    targets: Targets,
    settings: dict[str, Any],
    m: int,
    *,
    factors: Sequence[float] | None = None,
) -> Prepared:
    """Compile a model for the task's loss.

    Args:
        model: raw inputs → logits or standardised numbers.
        body: the part of it whose units are watched.
        task: the task.
        targets: what it fitted on train.
        settings: the recipe's ``train`` with the batch size decided.
        m: train examples.
        factors: of the learning rate of each trainable variable; None for one rate for all.
    """
    loss, error = task.loss(targets)
    error.__name__ = "error"
    model.compile(
        optimizers.optimizer(settings, factors),
        loss=loss,
        weighted_metrics=[error],
        steps_per_execution=_steps_per_execution(settings, m, model),
        jit_compile=False,
    )
    return Prepared(model, body, targets, settings)


def fit(
    prepared: Prepared,
    task: Task,
    train: Dataset,
    dev: Dataset | None,
    *,
    folder: Path | None = None,
    resume: bool = False,
    start: Start | None = None,
    on_epoch: Callable[[dict], None] | None = None,
    on_batch: Callable[[int, int, float], None] | None = None,
) -> Fitted:
    """Train, and give back the finished model.

    Args:
        prepared: from :func:`prepare`.
        task: the task.
        train: train split.
        dev: dev split, scored after each epoch; None scores nothing.
        folder: where history, checkpoints and health go.
        resume: go on from the checkpoint in ``folder``.
        start: an earlier fit to go on from; ``epochs`` are then further ones.
        on_epoch: called with each epoch's record.
        on_batch: called in long epochs with (epoch, batches done, loss).

    Raises:
        DivergenceError: the loss became NaN or exploded.
        DlxError: out of memory (with the batch size to try) or disk.
    """
    import keras
    import tensorflow as tf

    from dlx.training.loop import Loop

    model, settings = prepared.model, prepared.train
    history = _restore(model, folder) if resume else []
    before = len(start.history) if start else 0
    if start is not None and not history:
        history = start.begin(model, folder)
    last = before + settings["epochs"]
    epoch = tf.Variable(len(history), dtype=tf.int64, trainable=False)
    common = {"batch_size": settings["batch_size"], "class_weight": settings.get("class_weight")}
    learned = {"seed": settings["seed"], "epoch": epoch, "augment": prepared.augment}
    data = task.batches(train, prepared.targets, training=True, **learned, **common)
    held_out = None
    if dev is not None:
        scoring = scoring_batch(dev.payload, settings["batch_size"])
        held_out = task.batches(dev, prepared.targets, training=False, batch_size=scoring).cache()

    def sample():
        size = min(len(train), scoring_batch(train.payload, settings["batch_size"], small=256), 256)
        some = train.subset(range(size))
        return next(iter(task.batches(some, prepared.targets, training=False, batch_size=size)))

    loop = Loop(
        model,
        prepared.body,
        settings,
        factor=optimizers.schedule(settings.get("schedule"), settings["epochs"]),
        epoch_variable=epoch,
        sample=sample,
        folder=folder,
        history=history,
        before=before,
        on_epoch=on_epoch,
        on_batch=on_batch,
    )
    hooks = {"on_epoch_begin": loop.epoch_begin, "on_epoch_end": loop.epoch_end}
    if int(data.cardinality()) >= 100:
        hooks["on_train_batch_end"] = loop.batch_end
    began = time.monotonic()
    if len(history) < last and not loop.stopped_early:
        with memory_errors(settings["batch_size"]):
            model.fit(
                data,
                epochs=last,
                initial_epoch=len(history),
                validation_data=held_out,
                verbose=0,
                shuffle=False,
                callbacks=[keras.callbacks.LambdaCallback(**hooks)],
            )
    loop.restore_best()
    finished = task.finish(model, prepared.targets)
    return Fitted(finished, loop.history, loop.health, time.monotonic() - began, loop.stopped_early)


def estimate(prepared: Prepared, task: Task, train: Dataset, *, seconds: float = 2.0) -> float:
    """Seconds that the whole fit will take, measured on a few batches as the fit runs them; weights are not kept.

    A first pass compiles and is left out; scoring dev after each epoch is not counted.
    """
    import keras

    model, settings = prepared.model, prepared.train
    size = settings["batch_size"]
    common = {"batch_size": size, "class_weight": settings.get("class_weight"), "augment": prepared.augment}
    data = task.batches(train, prepared.targets, training=True, seed=0, epoch=0, **common)
    batches = int(data.cardinality())
    ends: list[float] = []
    clock = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: ends.append(time.monotonic()))

    def passes(some: int, n: int) -> float:
        """Seconds of one pass over ``some`` batches, the first of ``n`` left out."""
        ends.clear()
        model.fit(data.take(some), epochs=n, verbose=0, shuffle=False, callbacks=[clock])
        return (ends[-1] - ends[0]) / (n - 1)

    with memory_errors(size):
        few = min(batches, 2)
        took = passes(few, 2)
        some = max(few, min(batches, int(seconds / 2 / max(took / few, 1e-4))))
        if some > few:
            took = passes(some, 3 if some == batches else 2)
    return took / some * batches * settings["epochs"]


def _build(model: dict[str, Any], spec) -> keras.Model:
    import keras

    builder = parts.load("builders", model["builder"], where="model.builder")
    knobs = {key: value for key, value in model.items() if key != "builder"}
    try:
        body = builder(spec, **knobs)
    except (ValueError, TypeError) as error:
        raise UserError(
            f"builder {model['builder']!r} does not fit inputs of shape {spec.inputs[0].shape}: {_first_line(error)}",
            where="model",
            hint="Change the knobs, the builder, or the reader's size.",
        ) from error
    if not isinstance(body, keras.Model):
        raise UserError(
            "a builder returns a keras.Model", value=type(body).__name__, where=f"model.builder {model['builder']}"
        )
    return body


def _restore(model: keras.Model, folder: Path) -> list[dict[str, Any]]:
    from dlx.training import checkpoint
    from dlx.training.loop import read_history

    path = folder / "checkpoint.npz"
    done = checkpoint.restore(model, path) if path.exists() else 0
    return read_history(folder, done)


def _steps_per_execution(settings: dict[str, Any], m: int, model: keras.Model) -> int:
    asked = settings.get("steps_per_execution", "auto")
    if asked != "auto":
        return int(asked)
    if settings.get("strategy", "single") != "single":  # TensorFlow 2.21 loses the loop's counter on a second device
        return 1
    # several steps per call save Python's overhead, which only small models feel
    steps = -(-m // settings["batch_size"])
    return max(1, min(16, steps)) if model.count_params() < 2_000_000 else 1


@contextlib.contextmanager
def precision(name: str) -> Iterator[None]:
    """The Keras dtype policy while the layers are made; it is global, so it is put back."""
    import keras

    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def memory_errors(batch_size: int):
    """Out of memory in a fit becomes one message with the batch size to try."""
    smaller = max(1, batch_size // 2)
    smaller_batch = f"Try -s train.batch_size={smaller}, or" if batch_size > 1 else "Try"
    return device.memory_errors(
        f"out of memory with batches of {batch_size}", f"{smaller_batch} a smaller model or image size."
    )


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0][:300]
