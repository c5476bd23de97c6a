"""What the model thought of the sampled errors: its likeliest answers with their probabilities."""

from __future__ import annotations

from typing import Any

import numpy as np

from dlx.diagnosis._sources import case
from dlx.tagging.frozen import Sample

__all__ = ["label_names", "likeliest"]


def label_names(source: Any, sample: Sample) -> tuple[str, ...]:
    """Names of the labels, where an example has several; empty elsewhere."""
    if sample.task not in ("multilabel", "multitask"):
        return ()
    found = case(source, sample.options.get("task")).predictions
    if sample.task == "multitask":
        return found.label_names
    return found.classes or tuple(c.removeprefix("proba_") for c in found.table if c.startswith("proba_"))


def likeliest(source: Any, sample: Sample, n: int = 5) -> dict[str, list[tuple[str, float]]]:
    """Example → the model's likeliest answers with their probabilities, the first the largest.

    Args:
        source: a run, a path, a table or predictions.
        sample: whose examples.
        n: how many answers.

    Returns:
        nothing for examples whose predictions hold no probabilities.
    """
    rows = case(source, sample.options.get("task")).predictions.rows(sample.predictor, sample.split)
    rows = rows[rows["id"].astype(str).isin(set(sample.table["example"]))]
    names = [c for c in rows if c.startswith("proba_")]
    if not names or not len(rows):
        return {}
    matrix = rows[names].to_numpy(float)
    known = ~np.isnan(matrix).any(axis=1)
    order = np.argsort(-matrix, axis=1, kind="stable")[:, :n]
    labels = np.array([name.removeprefix("proba_") for name in names], dtype=object)
    made = {}
    for example, row, best in zip(rows["id"].astype(str)[known], matrix[known], order[known], strict=True):
        made[example] = [(labels[i], float(row[i])) for i in best]
    return made
