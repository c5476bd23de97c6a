"""The long table of scores: which metrics, on which parts and slices."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from dlx.errors import UserError
from dlx.metrics._measure import Measure, measure
from dlx.metrics._table import class_matrix, holds_lists, label_matrix
from dlx.predictions import Predictions
from dlx.scores._rung import MOST_CLASSES, groups_of, part_of, rung, signed_mean
from dlx.strategy.intervals import mean_rung, wilson

__all__ = ["COLUMNS", "score"]

COLUMNS = ("predictor", "metric", "split", "slice", "value", "low", "high", "n")
#: The error by class is shown for at most so many classes or sources.
MOST_SLICES = 50
#: Metrics of each task that are scored without being asked for, as far as they fit the table.
DEFAULT = {
    "classification": ("error", "f1", "balanced_accuracy", "auc", "log_loss", "overconfidence"),
    "multilabel": ("error", "exact_match", "f1", "log_loss", "overconfidence"),
    "multitask": ("error", "exact_match", "log_loss", "overconfidence"),
    "regression": ("error", "rmse", "r2", "mean_signed_error"),
}
#: Resamples of a confusion table for scores; the rungs of the ladder take more.
_RESAMPLES = 1_000

_Numbers = tuple[float, float | None, float | None, int]


def score(
    predictions: Predictions, metrics: Sequence[Measure | str] | None = None, *, slices: bool = True
) -> pd.DataFrame:
    """Score every predictor on every split.

    Args:
        predictions: the table.
        metrics: names or measures. None takes those of the task that fit the table; the ones that would need a
            bootstrap of rows then come without limits.
        slices: also the error by source, and by class, label or task.

    Returns:
        columns ``predictor, metric, split, slice, value, low, high, n``: slice ``all``, ``source=web``, ``class=3`` ,
        ``label=even`` or ``task=kind``; value in the metric's own form; 95 % limits, NaN where not known; n rows.

    Raises:
        UserError: an unknown metric, or one that was asked for and does not fit the table.
    """
    rows: list[tuple] = []
    table = predictions.table
    for predictor in predictions.predictors:
        for split in table["split"].cat.categories:
            part = part_of(table, predictor, split)
            if not len(part):
                continue
            for name, numbers in _values(part, predictions, metrics):
                rows.append((predictor, name, split, "all", *numbers))
            for name, numbers in _slices(part, predictions) if slices else ():
                rows.append((predictor, "error", split, name, *numbers))
    made = pd.DataFrame(rows, columns=list(COLUMNS))
    return made.astype({"value": "float64", "low": "float64", "high": "float64", "n": "int64"})


def is_bounded(found: Measure, predictions: Predictions) -> bool:
    """Whether the error form lies in [0, 1]: metrics made of ``error`` do only if that does."""
    return found.bounded and (predictions.bounded or found.greater_is_better)


def _values(part: pd.DataFrame, predictions: Predictions, metrics) -> Iterator[tuple[str, _Numbers]]:
    if metrics is not None:
        for each in metrics:
            found = each if isinstance(each, Measure) else measure(each, where="metrics")
            yield found.name, _value(found, part, predictions)
        return
    for name in DEFAULT.get(predictions.task, ("error",)):
        if name in ("auc", "log_loss", "overconfidence") and not _has_probabilities(part):
            continue
        if name == "auc" and len(predictions.classes) != 2:
            continue
        try:
            yield name, _value(measure(name), part, predictions, bootstrap=False)
        except UserError:
            continue  # not asked for, and it does not fit: one class only, a target that does not vary


def _has_probabilities(part: pd.DataFrame) -> bool:
    columns = [c for c in part.columns if str(c).startswith("proba_")]
    return bool(columns) and not part[columns].isna().any(axis=None)


def _value(found: Measure, part: pd.DataFrame, predictions: Predictions, *, bootstrap: bool = True) -> _Numbers:
    """Value and limits in the metric's own form, and the number of rows."""
    if found.rows is not None and found.bounds[0] < 0:  # signed values: means around 0
        values, weight = found.rows(part, **found.knobs)
        return *signed_mean(values, weight=weight, groups=groups_of(part)), len(part)
    cells = found.of_counts is not None and len(predictions.classes) <= MOST_CLASSES and not holds_lists(part)
    if found.rows is None and not bootstrap and (not cells or groups_of(part) is not None):
        return found(part), None, None, len(part)
    made = rung(found.name, part, found, bounded=is_bounded(found, predictions), resamples=_RESAMPLES)
    limits = [None if v is None else float(found.as_error(v)) for v in (made.low, made.high)]
    return float(found.as_error(made.error)), *(limits[::-1] if found.greater_is_better else limits), len(part)


def _slices(part: pd.DataFrame, predictions: Predictions) -> Iterator[tuple[str, _Numbers]]:
    """The error by source, and by true class, by label or by task."""
    columns = [("source", part["source"])]
    if predictions.task == "classification":
        columns.append(("class", part["y_true"]))
    for name, column in columns:
        codes = column.cat.codes.to_numpy()
        present = np.unique(codes[codes >= 0])
        if 2 <= len(present) <= MOST_SLICES:
            for code, numbers in _by_code(part, codes, present, predictions.bounded):
                yield f"{name}={column.cat.categories[code]}", numbers
    if predictions.label_names:
        yield from _by_label(part, predictions)


def _by_code(
    part: pd.DataFrame, codes: np.ndarray, present: np.ndarray, bounded: bool
) -> Iterator[tuple[int, _Numbers]]:
    error = part["error"].to_numpy()
    scale, groups = (part["weight"] * part["size"]).to_numpy(), groups_of(part)
    if groups is None and (scale == 1).all() and np.isin(error, (0, 1)).all():
        n = np.bincount(codes[codes >= 0])[present]
        share = np.bincount(codes[codes >= 0], weights=error[codes >= 0])[present] / n
        low, high = wilson(share, n)
        yield from (
            (c, (float(v), float(a), float(b), int(k)))
            for c, v, a, b, k in zip(present, share, low, high, n, strict=True)
        )
        return
    order = np.argsort(codes, kind="stable")
    starts = np.searchsorted(codes[order], [*present, present[-1] + 1])
    for code, start, end in zip(present, starts, starts[1:], strict=False):
        rows = order[start:end]
        if scale[rows].sum() > 0:
            mine = groups.iloc[rows] if groups is not None else None
            made = mean_rung("slice", error[rows], weight=scale[rows], groups=mine, bounded=bounded)
            yield code, (made.error, made.low, made.high, len(rows))


def _by_label(part: pd.DataFrame, predictions: Predictions) -> Iterator[tuple[str, _Numbers]]:
    tasks = predictions.task == "multitask"
    y, said = (class_matrix(part[c]) if tasks else label_matrix(part[c]) for c in ("y_true", "y_pred"))
    weight, groups = part["weight"].to_numpy(), groups_of(part)
    for i, label in enumerate(predictions.label_names[: y.shape[1]]):
        known = pd.notna(y[:, i])
        if weight[known].sum() > 0:
            true, pred = y[known, i], said[known, i]
            wrong = (true != pred if tasks else (true > 0.5) != (pred > 0.5)).astype(float)
            mine = groups[known] if groups is not None else None
            made = mean_rung("slice", wrong, weight=weight[known], groups=mine)
            yield f"{'task' if tasks else 'label'}={label}", (made.error, made.low, made.high, int(known.sum()))
