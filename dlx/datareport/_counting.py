"""Counts of the data report, each from the examples table (with its ``split`` column) alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from dlx.dataset import SPLITS, Dataset

__all__ = ["SHOWN", "across", "against", "balance", "by_source", "groups", "known_labels", "missing", "ranges"]

#: rows of lists that are shown in full; counts are always of all
SHOWN = 20


def by_source(examples: pd.DataFrame) -> pd.DataFrame:
    """Rows: sources; columns: parts that have any, in the order of the ladder, then ``unused`` if some are in none."""
    return _by_part(examples.assign(split=examples["split"].fillna("unused")), "source")


def _by_part(examples: pd.DataFrame, column: str) -> pd.DataFrame:
    table = pd.crosstab(examples[column].astype(str), examples["split"])
    return table[[part for part in (*SPLITS, "unused") if part in table]].rename_axis(index=column, columns=None)


def balance(examples: pd.DataFrame, label_names: tuple[str, ...]) -> pd.DataFrame:
    if not label_names:
        return _by_part(examples, "y").rename_axis(index="class")
    known = {part: rows for part in SPLITS if len(rows := examples[examples["split"] == part])}
    columns = {}
    if any(isinstance(v, str) for row in examples["y"] for v in row):
        for part, rows in known.items():
            labels = [[v for v in column if v is not None] for column in zip(*rows["y"], strict=True)]
            columns[f"{part} known"] = [len(column) for column in labels]
            columns[f"{part} classes"] = [len(set(column)) for column in labels]
        return pd.DataFrame(columns, index=pd.Index(label_names, name="task"))
    for part, rows in known.items():
        matrix = np.array([[np.nan if v is None else v for v in row] for row in rows["y"]], dtype=float)
        columns[f"{part} known"] = (~np.isnan(matrix)).sum(axis=0)
        columns[f"{part} yes"] = np.nansum(matrix, axis=0).astype(int)
    return pd.DataFrame(columns, index=pd.Index(label_names, name="label"))


def ranges(examples: pd.DataFrame) -> dict[str, tuple[float, float, float]]:
    y = pd.to_numeric(examples["y"], errors="coerce")
    found = {}
    for part in SPLITS:
        values = y[(examples["split"] == part).to_numpy()].dropna()
        if len(values):
            found[part] = (float(values.min()), float(values.median()), float(values.max()))
    return found


def across(examples: pd.DataFrame) -> pd.DataFrame:
    """Raw inputs that stand in several parts: what dev or test show was seen in training."""
    repeated = examples[examples["raw"].duplicated(keep=False) & examples["split"].notna()]
    rows = [
        {"raw": raw, "ids": list(rows["id"].head(SHOWN)), "splits": [p for p in SPLITS if p in set(rows["split"])]}
        for raw, rows in repeated.groupby("raw", sort=False)
        if rows["split"].nunique() > 1
    ]
    return pd.DataFrame(rows, columns=["raw", "ids", "splits"])


def against(examples: pd.DataFrame) -> pd.DataFrame:
    """Raw inputs with several labels; where labels are lists, only known values contradict each other."""
    repeated = examples[examples["raw"].duplicated(keep=False)]
    rows = []
    for raw, same in repeated.groupby("raw", sort=False):
        labels = list(dict.fromkeys(map(_hashable, same["y"])))
        if len(labels) > 1 and _contradict(labels):
            rows.append({"raw": raw, "ids": list(same["id"].head(SHOWN)), "labels": [_plain(y) for y in labels]})
    return pd.DataFrame(rows, columns=["raw", "ids", "labels"])


def _hashable(y: Any) -> Any:
    return tuple(y) if isinstance(y, list) else y


def _plain(y: Any) -> Any:
    return list(y) if isinstance(y, tuple) else y


def _contradict(labels: list) -> bool:
    if not isinstance(labels[0], tuple):
        return True
    return any(len({v for v in column if v is not None}) > 1 for column in zip(*labels, strict=True))


def missing(dataset: Dataset) -> dict[str, int]:
    """Column → examples without a value, for tables; columns without gaps are left out."""
    if dataset.kind != "table":
        return {}
    counts: dict[str, int] = {}
    for start in range(0, len(dataset), 100_000):
        taken = dataset.payload.take(np.arange(start, min(start + 100_000, len(dataset))))
        for tensor in dataset.payload.inputs:
            values = taken[tensor.name]
            missing = (values == "") if tensor.dtype == "string" else np.isnan(values)
            for name, n in zip(tensor.names, missing.sum(axis=0), strict=True):
                counts[name] = counts.get(name, 0) + int(n)
    return {name: n for name, n in counts.items() if n}


def known_labels(dev: pd.DataFrame) -> int:
    return sum(v is not None for row in dev["y"] for v in row)


def groups(dev: pd.DataFrame) -> int | None:
    return int(dev["group"].nunique()) if len(dev) and dev["group"].notna().all() else None
