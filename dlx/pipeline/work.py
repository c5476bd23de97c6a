"""What a recipe, its data and its split come to, before a run exists: everything that can be refused early."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dlx.errors import DlxError, UserError
from dlx.run import Run

if TYPE_CHECKING:
    from dlx.dataset import Dataset
    from dlx.overlay import Overlay
    from dlx.recipe import Recipe
    from dlx.split import Split
    from dlx.tasks._base import Task

__all__ = ["Plan", "Work"]


@dataclass(frozen=True)
class Plan:
    """What ``--dry-run`` says: sizes and the time that the fit would take.

    Attributes:
        sizes: examples in each split.
        batch_size: decided from the amount of data.
        steps: batches of one epoch.
        epochs: passes over train.
        parameters: weights of the model.
        seconds: estimate of the whole fit, measured on a few batches.
        device: what it would run on.
    """

    sizes: dict[str, int]
    batch_size: int
    steps: int
    epochs: int
    parameters: int
    seconds: float
    device: str

    def to_dict(self) -> dict[str, Any]:
        return dict(vars(self))


@dataclass(frozen=True)
class Work:
    """Recipe, data and split, all good: from here on a run folder may exist.

    Attributes:
        recipe: the resolved recipe as plain data.
        text: the same as YAML.
        task: the task, made from the recipe's arguments.
        data: all examples.
        split: which example is in which part.
        report: what ``dlx data`` says of them, as JSON data.
        overlay: labels that people corrected, which ``data`` has already; None where nothing was corrected.
        given: (n,) the labels that the data came with.
        given_digest: of the data with those.
    """

    recipe: dict[str, Any]
    text: str
    task: Task
    data: Dataset
    split: Split
    report: dict[str, Any]
    overlay: Overlay | None = None
    given: Sequence[Any] = ()
    given_digest: str = ""

    @staticmethod
    def read(recipe: Recipe, *, strict: bool, previous: Run | None = None) -> Work:
        """Read and divide the recipe's data; a run's own split, and its corrected labels, are kept where it is given.

        Raises:
            UserError: data, split, goal or task at fault.
            DlxError: out of memory.
        """
        from dlx import datareport, loading, overlay, parts
        from dlx.pipeline import goal
        from dlx.training.augmenting import image_inputs

        values = recipe.to_dict()
        arguments = dict(values["task"])
        task = parts.load("tasks", arguments.pop("name"))(**arguments)
        try:
            if previous is None:
                data, divided = loading.load_and_split(recipe, strict=strict)
            else:
                data = loading.load(recipe, strict=strict)
                divided = _kept_split(data, previous)
        except MemoryError as error:
            hint = "Close other programs, or read less: a smaller size: in the reader, fewer rows."
            raise DlxError(
                f"out of memory while the data are read: {error}", where="data.sources", hint=hint
            ) from error
        given, digest = data.examples["y"].tolist(), data.digest()
        corrections = None
        if recipe.data["corrections"]:
            corrections = overlay.of_run(previous) if previous is not None else overlay.read(recipe.name)
        data, corrections = overlay.apply(corrections, data, divided, task=values["task"]["name"])
        if values["augment"]:
            image_inputs(data)
        goal.check(values, task, data.subset(divided.index("train")))
        told = datareport.report(data, divided, task=values["task"]["name"]).to_dict()
        if corrections is not None:
            told["notes"] = [*told["notes"], corrections.sentence()]
        return Work(values, recipe.to_yaml(), task, data, divided, told, corrections, given, digest)

    def keep(self, run: Run) -> None:
        """Write recipe, data report, split and corrected labels into a new run."""
        from dlx.overlay import COPY

        run.write_text("recipe.yaml", self.text)
        run.write_json("data.json", self.report)
        self.split.write(run.file("split.parquet"))
        if self.overlay is not None:
            run.write_json(COPY, self.overlay.to_dict())

    @property
    def label_overlay(self) -> str | None:
        """Digest of the corrected labels; None without."""
        return None if self.overlay is None else self.overlay.digest()

    def part(self, name: str) -> Dataset:
        """The examples of one part of the split."""
        return self.data.subset(self.split.index(name))

    def plan(self) -> Plan:
        """Build the model, time a few batches, and say what the fit would take."""
        from dlx import device, learning

        train = self.part("train")
        learner = learning.prepare(self.recipe, self.task, train)
        steps = -(-len(train) // learner.train["batch_size"])
        return Plan(
            dict(self.split.sizes),
            learner.train["batch_size"],
            steps,
            learner.train["epochs"],
            learner.parameters,
            learner.estimate(train),
            device.device_in_use(),
        )


def _kept_split(data: Dataset, run: Run) -> Split:
    """The run's own split, which is only right for the data that it was made of."""
    from dlx import split

    kept = split.read(run.file("split.parquet"))
    same = kept.table["id"].astype(str).tolist() == data.examples["id"].astype(str).tolist()
    if not same or data.digest() != run.info.get("data_digest"):
        raise UserError(
            "the data changed since this run was trained",
            where=run.id,
            hint="Train anew: `split: from:RUN` keeps every example that is still there in its part.",
        )
    return kept
