"""Facts of a finished model that a goal may limit: how long one answer takes, and how large it is."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from itertools import cycle
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import keras

    from dlx.dataset import Dataset
    from dlx.learning import Learned
    from dlx.run import Run

__all__ = ["latencies", "latency", "measure", "stopwatch", "wanted"]

#: Answers before the clock runs: the first trace the model, the next fill caches.
WARM_UP = 10
#: Answers that are timed; 59 are the fewest that bound a 95th percentile from above.
SAMPLES = 200
#: Seconds after which timing ends, though never before 59 samples.
_LONGEST, _LEAST = 10.0, 59
_ROUNDS = 4


def wanted(goal: dict[str, Any]) -> set[str]:
    """The facts of a model that a recipe's goal limits."""
    from dlx.goals import MODEL_FACTS

    return {name for name in goal.get("satisfice") or {} if name in MODEL_FACTS}


def measure(run: Run, learned: Learned, some: Dataset, goal: dict[str, Any]) -> dict[str, Any]:
    """Measure what the goal limits and write it into ``run.json``.

    ``latency_ms`` is {median, p95, samples, batch_size, device}: milliseconds of one answer for one example, warmed up,
    on this machine, from raw input to output. ``model_bytes`` is the size of the saved model.

    Args:
        run: its run folder.
        learned: what was learned; its whole model is only made where something is limited.
        some: examples to answer for.
        goal: the recipe's ``goal``.
    """
    names = wanted(goal)
    found: dict[str, Any] = {}
    if any(name.startswith("latency") for name in names):
        examples = [some.payload.take(np.array([i])) for i in range(min(len(some), SAMPLES))]
        found["latency_ms"] = latency(learned.model, examples)
    if names & {"model_bytes", "model_mb"}:
        found["model_bytes"] = _size(run, learned.model)
    if found:
        run.update(**found)
    return found


def latency(model: keras.Model, examples: Sequence[Mapping[str, np.ndarray]]) -> dict[str, Any]:
    """Milliseconds of one answer for one example, warmed up, from raw input to output.

    Args:
        model: the finished model.
        examples: raw inputs by name, (1, \\*shape) each; they take turns.

    Returns:
        {median, p95, samples, batch_size, device}.
    """
    once = stopwatch(model, examples)
    taken: list[float] = []
    began = time.perf_counter()
    while len(taken) < SAMPLES and (len(taken) < _LEAST or time.perf_counter() - began < _LONGEST):
        taken.append(once())
    return summary(taken)


def latencies(watches: Sequence[Callable[[], float]], step: Callable[[int], None]) -> list[dict[str, Any]]:
    """The latency of several models in rounds, so that what else the machine does falls on all of them alike.

    Within a round each model answers many times on end, with its weights at hand, as it would alone.

    Args:
        watches: a :func:`stopwatch` of each.
        step: called with the position of each model when its last round is over.
    """
    taken: list[list[float]] = [[] for _ in watches]
    for number in range(1, _ROUNDS + 1):
        for i, once in enumerate(watches):
            began, most, least = time.perf_counter(), number * SAMPLES // _ROUNDS, number * _LEAST // _ROUNDS + 1
            once()  # the others' weights are in the caches
            while len(taken[i]) < most and (len(taken[i]) < least or time.perf_counter() - began < _LONGEST / _ROUNDS):
                taken[i].append(once())
            if number == _ROUNDS:
                step(i)
    return [summary(each) for each in taken]


def stopwatch(model: keras.Model, examples: Sequence[Mapping[str, np.ndarray]]) -> Callable[[], float]:
    """A function that has the model answer once and gives the milliseconds; it is warmed up.

    Args:
        model: the finished model.
        examples: raw inputs by name, (1, \\*shape) each; they take turns.
    """
    import tensorflow as tf

    answer = tf.function(lambda x: model(x, training=False), reduce_retracing=True)
    turn = cycle([{name: tf.constant(values) for name, values in example.items()} for example in examples])

    def once() -> float:
        given = next(turn)
        start = time.perf_counter()
        _ready(answer(given))
        return 1000 * (time.perf_counter() - start)

    for _ in range(WARM_UP):
        once()
    return once


def summary(taken: Sequence[float]) -> dict[str, Any]:
    """What ``run.json`` keeps of measured milliseconds: {median, p95, samples, batch_size, device}."""
    from dlx import device

    return {
        "median": float(np.median(taken)),
        "p95": float(np.quantile(taken, 0.95)),
        "samples": [round(t, 4) for t in taken],
        "batch_size": 1,
        "device": device.device_in_use(),
    }


def _ready(output: Any) -> None:
    """Wait until the answer is there: an accelerator answers before it has computed."""
    import tensorflow as tf

    for tensor in tf.nest.flatten(output):
        tensor.numpy()


def _size(run: Run, model: keras.Model) -> int:
    if run.has("model.keras"):
        return run.file("model.keras").stat().st_size
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        model.save(path)
        return path.stat().st_size
