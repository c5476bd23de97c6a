"""Several trained models as one Keras model that averages them, and what an answer of it costs."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dlx.errors import UserError
from dlx.payloads import TensorSpec
from dlx.run import Run

if TYPE_CHECKING:
    import keras

    from dlx.dataset import Dataset
    from dlx.ensembles import Price
    from dlx.pipeline.views import Views
    from dlx.pipeline.work import Work

__all__ = ["Loaded", "joined", "load_all", "prices_of"]


@dataclass(frozen=True)
class Loaded:
    """The models of the members.

    Attributes:
        runs: whose they are.
        models: raw inputs → probabilities or numbers.
        descriptions: what stands in ``targets.json`` of each.
    """

    runs: tuple[Run, ...]
    models: tuple[keras.Model, ...]
    descriptions: tuple[dict[str, Any], ...]

    @property
    def inputs(self) -> tuple[TensorSpec, ...]:
        """Raw inputs of the first."""
        return self.inputs_of(0)

    def inputs_of(self, position: int) -> tuple[TensorSpec, ...]:
        """Raw inputs of one of them."""
        from dlx.predicting import tensor_spec

        return tuple(tensor_spec(each) for each in self.descriptions[position]["inputs"])

    def work(self) -> Work:
        """The data and split of the first, which are those of all."""
        from dlx.pipeline.work import Work
        from dlx.recipe import load

        return Work.read(load(self.runs[0].file("recipe.yaml")), strict=False, previous=self.runs[0])

    def batch(self, dataset: Dataset, views: Views | None) -> int:
        """Examples per batch, fewer by as many as there are views of each."""
        from dlx.training.batches import scoring_batch

        size = scoring_batch(dataset.payload, min(run.info.get("batch_size") or 32 for run in self.runs))
        return size if views is None else max(1, size // views.count)

    def misfit(self) -> str:
        """Why they cannot be one model; empty where they can."""
        first = self.descriptions[0]
        for run, other in zip(self.runs[1:], self.descriptions[1:], strict=True):
            if other["inputs"] != first["inputs"]:
                shapes = [
                    ", ".join(f"{each['name']} {tuple(each['shape'])} {each['dtype']}" for each in one["inputs"])
                    for one in (first, other)
                ]
                return f"{self.runs[0].name} takes {shapes[0]}, {run.name} takes {shapes[1]}"
            keys = [key for key in {**first["reading"], **other["reading"]} if _read(first, key) != _read(other, key)]
            if keys:
                told = ", ".join(f"{key} {_read(first, key)!r} and {_read(other, key)!r}" for key in keys)
                return f"the data of {self.runs[0].name} and {run.name} were read differently ({told})"
        return ""

    def require_one(self, where: str) -> None:
        """Refuse models that cannot be one.

        Raises:
            UserError: what differs.
        """
        reason = self.misfit()
        if reason:
            raise UserError(
                f"these models cannot be joined, for their inputs differ: {reason}",
                where=where,
                hint="Train them on pictures of one size; without --views and --save their tables are averaged.",
            )


def _read(description: dict[str, Any], key: str) -> Any:
    return description["reading"].get(key)


def load_all(runs: Sequence[Run]) -> Loaded:
    """The models of runs, in safe mode.

    Raises:
        UserError: a run without a model.
    """
    from dlx import predicting

    for run in runs:
        if not (run.has("model.keras") and run.has("targets.json")):
            raise _no_model(run)
    logging.getLogger("tensorflow").setLevel("ERROR")  # each is a model of its own: it is right to trace it anew
    found = [predicting.load(run.path) for run in runs]
    return Loaded(tuple(runs), tuple(p.model for p in found), tuple(p.description for p in found))


def _no_model(run: Run) -> UserError:
    if not run.top_level:
        hint = f"Trials keep their predictions only. Train it: `dlx train {run.file('recipe.yaml')}`."
    elif run.state() == "complete":
        hint = f"It was removed: train anew, `{run.info.get('command', 'dlx train')}`."
    else:
        hint = run.advice()
    return UserError("this run holds no model", value=run.name, hint=hint)


def joined(models: Sequence[keras.Model], inputs: Sequence[TensorSpec], views: Views | None, name: str) -> keras.Model:
    """One model that gives the plain average of the outputs of all models on all views.

    It holds Keras' own layers and operations only, so that it loads in safe mode.

    Args:
        models: finished models with the same raw inputs and outputs.
        inputs: these raw inputs.
        views: views of each picture; None for the picture as it is.
        name: of the Keras model.
    """
    import keras

    given = {spec.name: keras.Input(spec.shape, dtype=spec.dtype, name=spec.name) for spec in inputs}
    seen = given
    if views is not None:
        spec = views.picture(inputs)
        seen = {spec.name: views.stacked(given[spec.name], spec)}
    # under names of their own, as all runs of a recipe call their model alike
    said = [keras.Model(m.input, m.output, name=f"member_{i}")(seen) for i, m in enumerate(models, 1)]
    y = said[0] if len(said) == 1 else keras.layers.Average(dtype="float32", name="average")(said)
    return keras.Model(given, y if views is None else views.averaged(y), name=name)


def prices_of(
    models: Sequence[tuple[keras.Model, Sequence[TensorSpec], float]], step: Callable[[int], None]
) -> tuple[list[Price], str]:
    """Measure one answer of each, in turn, and the device it was measured on.

    The examples are made up, for what a network computes does not depend on their values.

    Args:
        models: each with its raw inputs and the megabytes of its file or files.
        step: called with the position of each model that is done.
    """
    from dlx.ensembles import Price
    from dlx.pipeline import facts

    watches = [facts.stopwatch(model, made_up(inputs)) for model, inputs, _ in models]
    timed = facts.latencies(watches, step)
    prices = [
        Price(each["median"], each["p95"], megabytes, model.count_params(), tuple(each["samples"]))
        for each, (model, _, megabytes) in zip(timed, models, strict=True)
    ]
    return prices, timed[0]["device"]


def made_up(inputs: Sequence[TensorSpec], n: int = 16) -> list[dict[str, np.ndarray]]:
    """``n`` examples of raw inputs by name, (1, \\*shape) each; a size that varies is 32."""
    generator = np.random.default_rng(0)

    def one(spec: TensorSpec) -> np.ndarray:
        shape = (1, *(32 if side is None else side for side in spec.shape))
        if spec.dtype == "string":
            return np.full(shape, "")
        if spec.dtype == "uint8":
            return generator.integers(0, 256, shape).astype("uint8")
        return generator.uniform(size=shape).astype(spec.dtype)

    return [{spec.name: one(spec) for spec in inputs} for _ in range(n)]
