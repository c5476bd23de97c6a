"""``dlx evaluate``: open the test set, count the look, and complete the ladder."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlx.errors import UserError

if TYPE_CHECKING:
    from dlx.diagnosis import Diagnosis

__all__ = ["Evaluation", "evaluate"]


@dataclass(frozen=True)
class Evaluation:
    """The ladder with its test rung.

    Attributes:
        name: run or model file.
        split: the split that was scored.
        looks: how often this test set has now been looked at, over all runs; 0 for other splits.
        diagnosis: ladder, scores, findings and actions.
    """

    name: str
    split: str
    looks: int
    diagnosis: Diagnosis

    def to_dict(self) -> dict[str, Any]:
        return {"name": self.name, "split": self.split, "looks": self.looks} | self.diagnosis.to_dict()

    def _repr_html_(self) -> str:
        return self.diagnosis._repr_html_()


def evaluate(model: str | Path, *, on: str = "test", recipe: str | Path | None = None) -> Evaluation:
    """Score a run, or a ``.keras`` file with the recipe that tells its data, on one split.

    A look at the test set is written down before its result is known; the second look warns, whoever takes it.

    Args:
        model: a run's name, or a ``.keras`` file.
        on: ``test`` or ``dev``.
        recipe: for a ``.keras`` file: the recipe with its data and task.

    Raises:
        UserError: no such split, or a model that does not fit the data.
    """
    from dlx import runs

    if on not in ("test", "dev"):
        raise UserError("evaluate works on 'test' or 'dev'", value=on, where="--on")
    if str(model).endswith(".keras") and not Path(model).is_dir():
        return _evaluate_file(Path(model), on, recipe)
    run = runs.find(str(model))
    return _evaluate_run(run, on)


def _evaluate_run(run, on: str) -> Evaluation:
    import pandas as pd

    from dlx import predicting, predictions, tracking
    from dlx.pipeline import tables
    from dlx.pipeline.judging import as_predictions, judge
    from dlx.pipeline.work import Work
    from dlx.recipe import load

    work = Work.read(load(run.file("recipe.yaml")), strict=False, previous=run)
    part = _some(work, on)
    predictor = predicting.load(run.path)
    looks = _look(work, run.id, on)
    targets = predictor.description["targets"]
    raw = _decode(work.task, predictor.model, part, targets, run.info.get("batch_size", 32))
    known = predictions.read(run.predictions)
    table = known.table
    fresh = tables.rows(work.task, targets, part, raw, on, work.part("train"))
    table = pd.concat([table[table["split"] != on], *fresh], ignore_index=True)
    made = as_predictions(table, work.recipe["task"]["name"], targets)
    predictions.write(replace(made, note=known.note), run.predictions)
    diagnosis = judge(run)
    tracking.follow(run).wait()
    return Evaluation(run.id, on, looks, diagnosis)


def _evaluate_file(path: Path, on: str, recipe: str | Path | None) -> Evaluation:
    import pandas as pd

    from dlx import predicting, predictions
    from dlx.diagnosis import diagnose_evidence
    from dlx.pipeline import fitting, tables
    from dlx.pipeline.judging import as_predictions
    from dlx.pipeline.work import Work
    from dlx.recipe import load

    if recipe is None:
        raise UserError(
            "a model file needs the recipe with its data and task", value=str(path), hint="Add --recipe NAME."
        )
    loaded = predicting.load_model(path)
    work = Work.read(load(recipe), strict=False)
    part = _some(work, on)
    targets = work.task.targets(work.part("train"))
    model = fitting.adapted(loaded, part.payload.inputs, work.task.raw_shape(targets), where=str(path))
    work.task.encode(part, targets)  # labels that train does not show are said before the look is counted
    looks = _look(work, str(path), on)
    raw = _decode(work.task, model, part, targets, 32)
    fitting.check_outputs(raw, work.task, where=str(path))
    fresh = tables.rows(work.task, targets, part, raw, on, work.part("train"))
    made = as_predictions(pd.concat(fresh, ignore_index=True), work.recipe["task"]["name"], targets)
    table = predictions.read(made.table, made.task, classes=made.classes)
    found = diagnose_evidence(replace(table, note=made.note), recipe=work.recipe, data=work.report, looks=looks or None)
    return Evaluation(str(path), on, looks, found)


def _decode(task, model, part, targets, batch_size: int):
    from dlx import device
    from dlx.training.batches import scoring_batch

    with device.memory_errors("out of memory while evaluating", "Close other programs, or use a larger machine."):
        return task.decode(model, part, targets, batch_size=scoring_batch(part.payload, batch_size))


def _some(work, on: str):
    part = work.part(on)
    if not len(part):
        raise UserError(f"this run has no {on} examples", hint="Give the recipe a split with a test part.")
    return part


def _look(work, who: str, on: str) -> int:
    """Count a look; corrected labels make no new test set."""
    from dlx import runs

    if on != "test":
        return 0
    rows = work.split.index(on)
    ids = work.data.examples["id"].iloc[rows]
    keys = sorted(f"{key}\t{work.given[row]}" for key, row in zip(ids, rows, strict=True))
    digest = hashlib.blake2b("\n".join(keys).encode(), digest_size=16).hexdigest()
    return runs.record_look(digest, who)
