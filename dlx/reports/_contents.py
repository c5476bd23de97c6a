"""What a report shows: tables and plain data that were computed before, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Contents", "analysed"]

#: errors are looked at on dev; the test set is kept for its one figure
_ANALYSED = ("dev", "train_dev", "train", "test")


@dataclass(frozen=True)
class Contents:
    """Everything a report may look at; what is empty or None was not measured, and its section is left out.

    Attributes:
        diagnosis: what ``dlx diagnose --json`` prints: rungs, gaps, verdict, findings, actions, human, baseline,
            metric, unit, bounded, task.
        scores: the long table: predictor, metric, split, slice, value, low, high, n.
        predictions: the predictions table.
        history: one record per epoch: epoch, loss, error, val_loss, val_error, learning_rate.
        data: the data report: sizes, class_balance, sources, duplicates_across_splits, contradictory_labels …
        info: ``run.json``; empty for a table of predictions without a run.
        recipe: the resolved recipe.
        recipe_text: the same as the YAML text that was stored.
        worst: the worst errors, worst first: id, source, y_true, y_pred, error, loss, kind (image, row or text), image
            (a data URI), row (a mapping), text, caption.
        classes: classes in order, or the names of the labels.
        title: what people call it: the run's name or the file's.
        predictor: whose rows are shown.
        errors: the error analysis as ``dlx analyze-errors --report --json`` prints it; empty where nothing is tagged.
        pictures: small pictures of examples that it names: id → data URI.
        seen: ``overview`` and ``units`` of ``dlx look --json``, with their pictures; empty before any look.
        sharing: one network for all tasks against one for each, as ``dlx multitask --json`` prints it.
    """

    diagnosis: Mapping[str, Any]
    scores: pd.DataFrame | None = None
    predictions: pd.DataFrame | None = None
    history: Sequence[Mapping[str, Any]] = ()
    data: Mapping[str, Any] = field(default_factory=dict)
    info: Mapping[str, Any] = field(default_factory=dict)
    recipe: Mapping[str, Any] = field(default_factory=dict)
    recipe_text: str = ""
    worst: Sequence[Mapping[str, Any]] = ()
    classes: Sequence[str] = ()
    title: str = "predictions"
    predictor: str = "model"
    errors: Mapping[str, Any] = field(default_factory=dict)
    pictures: Mapping[str, str] = field(default_factory=dict)
    seen: Mapping[str, Any] = field(default_factory=dict)
    sharing: Mapping[str, Any] = field(default_factory=dict)


def analysed(table: pd.DataFrame | None, predictor: str) -> tuple[pd.DataFrame | None, str]:
    """The rows whose errors are looked at, and their split: dev where there is one; None and empty without rows.

    Args:
        table: a predictions table or a scores table, with columns ``predictor`` and ``split``.
        predictor: whose rows.
    """
    if table is None or table.empty:
        return None, ""
    own = table[table["predictor"] == predictor]
    for split in _ANALYSED:
        rows = own[own["split"] == split]
        if len(rows):
            return rows, split
    return None, ""
