"""A recipe learned from examples: its own network from scratch, or a trained one that is gone on from.

Everything that trains goes through here; what a model was begun from makes no difference to it.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlx import device, fit
from dlx.dataset import Dataset
from dlx.errors import UserError
from dlx.files import replacing
from dlx.tasks._base import ModelSpec, Targets, Task
from dlx.training.augmenting import augmenting

if TYPE_CHECKING:
    import keras
    import numpy as np

    from dlx.training.start import Start
    from dlx.transfer import Depth, Network, Source

__all__ = ["MARK", "Learned", "Learner", "prepare"]

#: In the folder of a fit: how many of its epochs were the new head's alone.
MARK = "head.json"


@dataclass(frozen=True)
class Learned:
    """What came of a fit.

    Attributes:
        trained: the finished model of what was trained: a head on features, or all of it.
        history: one record per epoch.
        health: of the layers half-way.
        seconds: wall time of the fit in this process.
        stopped_early: early stopping ended the fit.
        seen: what the trained part is given of a data set.
        whole: the trained part behind what it was given.
    """

    trained: keras.Model
    history: list[dict[str, Any]]
    health: dict[str, Any]
    seconds: float
    stopped_early: bool
    seen: Callable[[Dataset], Dataset] = field(default=lambda dataset: dataset, repr=False)
    whole: Callable[[keras.Model], keras.Model] = field(default=lambda model: model, repr=False)

    @cached_property
    def model(self) -> keras.Model:
        """Raw inputs → probabilities or the target's unit; what is saved and exported."""
        return self.whole(self.trained)

    def decode(self, task: Task, dataset: Dataset, targets: Targets, *, batch_size: int) -> np.ndarray:
        """Raw outputs for a data set, one row per example."""
        return task.decode(self.trained, self.seen(dataset), targets, batch_size=batch_size)


class Learner:
    """A recipe's own network, from scratch.

    Attributes:
        targets: what the task fitted on train.
        train: the recipe's ``train`` block with the batch size decided.
        parameters: weights of the whole model.
        lineage: what it goes on from, for ``run.json``; None from scratch.
    """

    lineage: dict[str, Any] | None = None

    def __init__(self, recipe: dict[str, Any], task: Task, train: Dataset, build: Callable | None = None):
        self._task, self._prepared = task, fit.prepare(recipe, task, train, build=build)
        self.targets, self.train = self._prepared.targets, self._prepared.train
        self.parameters = self._prepared.model.count_params()

    def fit(
        self,
        train: Dataset,
        dev: Dataset | None,
        *,
        folder: Path | None = None,
        resume: bool = False,
        start: Start | None = None,
        on_epoch: Callable[[dict], None] | None = None,
        on_batch: Callable[[int, int, float], None] | None = None,
    ) -> Learned:
        """Train; the arguments are those of :func:`dlx.fit.fit`."""
        return _learned(
            fit.fit(
                self._prepared, self._task, train, dev, folder=folder, resume=resume, start=start, on_epoch=on_epoch,
                on_batch=on_batch,
            )
        )  # fmt: skip

    def as_it_is(self) -> Learned:
        """The model in the state it is in: of a fit that was ended from outside."""
        return Learned(self._task.finish(self._prepared.model, self.targets), [], {}, 0.0, False)

    def estimate(self, train: Dataset) -> float:
        """Seconds that the fit will take."""
        return fit.estimate(self._prepared, self._task, train)


class _Transferred(Learner):
    """A new head on a trained network: on its features while that is frozen, then with the layers that are trained."""

    def __init__(self, recipe: dict[str, Any], task: Task, train: Dataset, *, quiet: bool):
        from dlx import transfer

        threads = recipe["train"].get("threads", "auto")
        device.start(None if threads == "auto" else int(threads))
        self._task, self._recipe, self._settings = task, recipe, recipe["transfer"]
        self._source = transfer.source(self._settings, train.payload.inputs)
        self._depth = transfer.depth(self._settings["depth"], len(train), self._source.learned.examples)
        self._features = transfer.Features(self._source, quiet=quiet)
        self._frozen = self._depth.head_only and not recipe.get("augment")
        self._head = fit.prepare(self._of_head(), task, self._features.of(train), build=self._new_head)
        self._network, self._prepared = None, self._head
        if not self._frozen:
            out = device.memory_errors("out of memory while the model is built", "Begin from a smaller network.")
            with out, device.scope(recipe["train"].get("strategy", "single")):
                self._network = self._source.build()
                made = self._whole(self._network, len(train))
            self._prepared = replace(made, augment=augmenting(recipe, train))
        self.targets, self.train = self._head.targets, self._head.train | {"epochs": recipe["train"]["epochs"]}
        self.parameters = self._prepared.model.count_params()
        if self._frozen:
            self.parameters += self._features.parameters or 0
        self.lineage = _lineage(self._source, self._depth, self._network)

    def fit(self, train, dev, *, folder=None, resume=False, start=None, on_epoch=None, on_batch=None) -> Learned:
        hooks = {"on_epoch": on_epoch, "on_batch": on_batch}
        seen = self._features.of
        if self._frozen:
            on_dev = None if dev is None else seen(dev)
            return self._of_features(
                fit.fit(self._head, self._task, seen(train), on_dev, folder=folder, resume=resume, start=start, **hooks)
            )
        seconds = 0.0
        if start is not None:  # a run that goes on from another one's whole network has no epochs of the head alone
            self._prepared.train["epochs"] = self._recipe["train"]["epochs"]
        else:
            start, seconds = self._head_first(train, dev, folder, resume, hooks)
        fitted = fit.fit(self._prepared, self._task, train, dev, folder=folder, resume=resume, start=start, **hooks)
        return _learned(fitted, seconds)

    def as_it_is(self) -> Learned:
        finished = self._task.finish(self._prepared.model, self.targets)
        made = fit.Fitted(finished, [], {}, 0.0, False)
        return self._of_features(made) if self._frozen else _learned(made)

    def estimate(self, train: Dataset) -> float:
        return fit.estimate(self._prepared, self._task, self._features.of(train) if self._frozen else train)

    def _of_head(self) -> dict[str, Any]:
        """The recipe of the head alone: the same task and training, on features."""
        return self._recipe | {"data": self._recipe["data"] | {"normalize": "standardize"}, "augment": []}

    def _new_head(self, spec: ModelSpec) -> keras.Model:
        """Hidden layers of the head, each behind dropout; the task puts the last layer on them."""
        import keras
        from keras import layers

        from dlx.builders._layers import dense_block, features_input

        x = inputs = features_input(spec)
        rate = self._settings["dropout"]
        for i, n in enumerate([*self._settings["units"], None], start=1):
            if rate:
                x = layers.Dropout(rate, name=f"head_dropout{i}")(x)
            if n is not None:
                x = dense_block(
                    x, n, activation="relu", init="auto", l1=0.0, l2=0.0, batch_norm=False, dropout=0.0, name=f"head{i}"
                )  # fmt: skip
        return keras.Model(inputs, x, name="head")

    def _together(self, network: Network, last: Callable) -> keras.Model:
        """The source and what stands on its features, as one model of raw inputs."""
        import keras

        body = keras.Model(network.body.input, last(network.body.output), name=self._recipe["name"])
        before = network.preprocess
        return keras.Model(before.input, body(before(before.input)), name=self._recipe["name"])

    def _on_features(self, features):
        """The head's layers on a tensor of features, one by one, so that the model stays one flat graph."""
        import keras

        before, network = (layer for layer in self._head.model.layers if isinstance(layer, keras.Model))
        return network.call(before.call(dict.fromkeys(before.input, features)))

    def _whole(self, network: Network, m: int) -> fit.Prepared:
        settings, chosen = self._head.train, self._settings
        with fit.precision(settings.get("precision", "float32")):
            model = self._together(network, self._on_features)
        trained = _set_trainable(network, self._depth)
        rate = chosen["learning_rate"] or settings["learning_rate"] * (0.1 if trained else 1)
        settings = settings | {"learning_rate": rate, "epochs": settings["epochs"] - self._head_epochs()}
        factor = {id(v): chosen["layer_decay"] ** (i + 1) for i, block in enumerate(trained) for v in _variables(block)}
        factors = [factor.get(id(variable), 1.0) for variable in model.trainable_variables]
        return fit.compiled(model, network.body, self._task, self._head.targets, settings, m, factors=factors)

    def _head_epochs(self) -> int:
        """Epochs of the head alone before fine-tuning; none where nothing but the head is trained."""
        epochs, asked = self._recipe["train"]["epochs"], self._settings["head_epochs"]
        if self._depth.head_only:
            return 0
        if asked == "auto":
            return epochs // 3
        if asked >= epochs:
            raise UserError(
                f"the head's epochs leave none of {epochs} for fine-tuning",
                value=asked,
                where="transfer.head_epochs",
                hint="Train longer, -s train.epochs=…, or the head only: -s transfer.depth=head.",
            )
        return asked

    def _head_first(self, train, dev, folder, resume, hooks) -> tuple[Start | None, float]:
        """Train the head on the features before anything else of the model moves; where the fit goes on from."""
        from dlx.training.loop import read_history
        from dlx.training.start import Start

        n = self._head_epochs()
        if not n:
            return None, 0.0
        if resume and folder is not None and (folder / "checkpoint.npz").exists() and (folder / MARK).exists():
            n = json.loads((folder / MARK).read_text(encoding="utf-8"))["epochs"]
            self._prepared.train["epochs"] = self._recipe["train"]["epochs"] - n
            return Start(None, read_history(folder, 10**9)[:n]), 0.0
        place = None if folder is None else folder / "head"
        if place is not None:
            place.mkdir(exist_ok=True)
        began = time.monotonic()
        self._head.train["epochs"] = n
        seen = self._features.of
        on_dev = None if dev is None else seen(dev)
        found = fit.fit(self._head, self._task, seen(train), on_dev, folder=place, resume=resume, **hooks)
        if folder is not None:
            with replacing(folder / MARK) as temporary:
                temporary.write_text(json.dumps({"epochs": len(found.history)}) + "\n", encoding="utf-8")
            shutil.rmtree(place)
        return Start(None, found.history), time.monotonic() - began

    def _of_features(self, fitted: fit.Fitted) -> Learned:
        def whole(trained: keras.Model) -> keras.Model:
            network = self._source.build()
            return self._task.finish(self._together(network, self._on_features), self.targets)

        return Learned(
            fitted.model, fitted.history, fitted.health, fitted.seconds, fitted.stopped_early, self._features.of, whole
        )


def prepare(recipe: dict[str, Any], task: Task, train: Dataset, *, quiet: bool = True) -> Learner:
    """What will learn a recipe from these train examples.

    Args:
        recipe: the resolved recipe.
        task: its task.
        train: train split.
        quiet: no line on stderr where features are computed.

    Raises:
        UserError: labels, inputs or a source that do not fit.
        DlxError: out of memory.
    """
    given = recipe.get("transfer")
    if given and given["depth"] == "scratch":
        from dlx import transfer

        return Learner(recipe, task, train, transfer.architecture(given, train.payload.inputs))
    if given:
        return _Transferred(recipe, task, train, quiet=quiet)
    return Learner(recipe, task, train)


def _learned(fitted: fit.Fitted, seconds: float = 0.0) -> Learned:
    return Learned(fitted.model, fitted.history, fitted.health, fitted.seconds + seconds, fitted.stopped_early)


def _set_trainable(network: Network, depth: Depth) -> list:
    """Freeze all but the last blocks; those that are trained, the last one first.

    Statistics of batch norm stay as the source left them, and its scale and shift with them: on small batches of new
    data they would undo what was learned (rule P56).
    """
    blocks = list(reversed(network.blocks))
    trained = blocks if depth.blocks is None else blocks[: depth.blocks]
    for block in blocks:
        for layer in block.layers:
            layer.trainable = block in trained
            for inner in layer._flatten_layers():
                if type(inner).__name__ in ("BatchNormalization", "Normalization"):
                    inner.trainable = False
    return trained


def _variables(block) -> list:
    return [variable for layer in block.layers for variable in layer.trainable_variables]


def _lineage(source: Source, depth: Depth, network: Network | None) -> dict[str, Any]:
    learned = source.learned
    told = {"source": source.name, "run": source.run, "depth": depth.reason, "learned_from": learned.what}
    told |= {"examples": learned.examples, "digest": source.key}
    if network is not None and depth.blocks:
        told["blocks"] = [block.name for block in network.blocks[-depth.blocks :]]
    return told
