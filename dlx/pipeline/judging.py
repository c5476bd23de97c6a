"""From a finished model to the run's predictions table, and from that to its verdict and report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dlx.run import Run

if TYPE_CHECKING:
    import pandas as pd

    from dlx.diagnosis import Diagnosis
    from dlx.learning import Learned
    from dlx.pipeline.work import Work
    from dlx.predictions import Predictions

__all__ = ["as_predictions", "goal_of", "judge", "write_features", "write_predictions"]


def write_predictions(
    run: Run, work: Work, learned: Learned, targets: dict[str, Any], batch_size: int
) -> dict[str, Any]:
    """Predict train (a sample), train-dev and dev; what is left to choose is chosen on dev first."""
    import pandas as pd

    from dlx import predictions
    from dlx.pipeline import goal, tables
    from dlx.training.batches import scoring_batch

    train, dev = work.part("train"), work.part("dev")
    size = scoring_batch(dev.payload, batch_size)
    raw = learned.decode(work.task, dev, targets, batch_size=size)
    best = goal.maximised(work.recipe, work.task, targets)
    targets = work.task.tune(targets, work.task.units(dev, targets), raw, best)
    parts = {
        "train": tables.hash_sample(train, max(len(dev), tables.TRAIN_SAMPLE)),
        "train_dev": work.part("train_dev"),
    }
    collected = []
    for name, part in parts.items():  # the test set stays closed until `dlx evaluate`
        if len(part):
            said = learned.decode(work.task, part, targets, batch_size=size)
            collected += tables.rows(work.task, targets, part, said, name, train)
    collected += tables.rows(work.task, targets, dev, raw, "dev", train)
    run.write_json("worst.json", tables.worst(work.task, dev, collected[-2], targets))
    table = pd.concat(collected, ignore_index=True)
    predictions.write(as_predictions(table, work.recipe["task"]["name"], targets), run.predictions)
    return targets


def write_features(run: Run, work: Work, learned: Learned, batch_size: int) -> None:
    """Keep what error analysis reads beside the table: the model's features, and plain properties of dev's inputs.

    It is one more pass over the examples of the table, which trials of a search are spared.
    """
    from dlx import predictions
    from dlx.pipeline import features, payload_features, tables
    from dlx.training.batches import scoring_batch

    dev = work.part("dev")
    rows = predictions.read(run.predictions).rows("model", "dev")
    train = tables.hash_sample(work.part("train"), max(len(dev), tables.TRAIN_SAMPLE))
    features.write(run, learned, train, dev, rows, batch_size=scoring_batch(dev.payload, batch_size))
    payload_features.write(run, dev)


def as_predictions(table: pd.DataFrame, task: str, targets: dict[str, Any]) -> Predictions:
    """Rows of a task as a predictions table with its classes."""
    from dlx.predictions import Predictions

    classes = tuple(targets.get("classes") or targets.get("label_names") or ())
    return Predictions(table, task, f"Task: {task}, from the recipe.", classes)


def judge(run: Run) -> Diagnosis:
    """Scores, ladder, findings and report from what stands in the run folder; no TensorFlow."""
    from dlx import reporting
    from dlx.diagnosis import diagnose

    diagnosis = diagnose(run)
    run.write_json("diagnosis.json", diagnosis.to_dict())
    diagnosis.scores.to_parquet(run.file("scores.parquet"), index=False)
    reporting.report(run)
    return diagnosis


def goal_of(run: Run, recipe: dict[str, Any]) -> tuple[float, bool | str | None]:
    """The goal's metric on dev in its own sense, and whether the goal's limits are kept.

    Args:
        run: with predictions, and with the facts that the goal limits.
        recipe: its resolved recipe.

    Returns:
        score, and True, False, ``unproven``, or None where nothing is limited.

    Raises:
        UserError: a metric that does not fit the rows.
    """
    from dlx import predictions
    from dlx.goals import check, feasible, limits
    from dlx.metrics._measure import measure

    found = predictions.read(run.predictions)
    rows = found.rows("model", "dev")
    goal, positive = recipe["goal"], recipe["task"].get("positive")
    score = measure(goal["optimize"], {"positive": positive}, where="goal.optimize")(rows)
    asked = limits(goal["satisfice"])
    if not asked:
        return score, None
    return score, feasible([check(limit, rows, run.info, bounded=found.bounded) for limit in asked])
