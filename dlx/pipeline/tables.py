"""From a finished model to the waist: rows of the predictions table for chosen splits, baseline beside model."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from dlx.dataset import Dataset
from dlx.tasks._base import Targets, Task

__all__ = ["TRAIN_SAMPLE", "hash_sample", "rows", "worst"]

#: the train rung is measured on as many rows as dev, but at least this many
TRAIN_SAMPLE = 10_000
#: errors shown in the report
WORST = 12


def hash_sample(dataset: Dataset, n: int) -> Dataset:
    """At most ``n`` examples, always the same ones: those whose content hashes are smallest."""
    if len(dataset) <= n:
        return dataset
    keys = pd.util.hash_array(dataset.examples["content"].to_numpy(object), categorize=False)
    return dataset.subset(np.sort(np.argsort(keys, kind="stable")[:n]))


def rows(
    task: Task, targets: Targets, dataset: Dataset, raw: np.ndarray, split: str, train: Dataset
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows of one split, the model's and the baseline's, from the model's raw outputs on it."""
    units = task.units(dataset, targets)
    said = task.rows(units, raw, targets).assign(predictor="model", split=split)
    return said, task.baseline(train, units, targets).assign(predictor="baseline", split=split)


def worst(task: Task, dataset: Dataset, rows: pd.DataFrame, targets: Targets) -> list[dict[str, Any]]:
    """The errors with the highest loss (or error), made visible: plain JSON for the report."""
    wrong = rows[rows["error"] > 0]
    key = "loss" if "loss" in wrong else "error"
    chosen = wrong.sort_values(key, ascending=False, kind="stable").head(WORST)
    shown = []
    for position, row in chosen.iterrows():
        cell = task.show(row, dataset, int(position))
        entry = {"id": row["id"], "source": row["source"], "y_true": row["y_true"], "y_pred": row["y_pred"]}
        entry |= {"error": float(row["error"]), "loss": float(row[key]), "kind": cell.kind, "caption": cell.caption}
        entry[cell.kind] = _data_uri(cell.value) if cell.kind == "image" else cell.value
        shown.append(entry)
    return shown


def _data_uri(image: np.ndarray, side: int = 160) -> str:
    """A PNG of at most ``side`` pixels; tiny images are enlarged without smoothing."""
    import base64
    import io

    from PIL import Image

    pixels = np.rint(np.clip(np.asarray(image, dtype="float64"), 0, 1) * 255).astype("uint8")
    picture = Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels)
    factor = side / max(picture.size)
    if factor >= 2:
        picture = picture.resize([int(s * int(factor)) for s in picture.size], Image.Resampling.NEAREST)
    elif factor < 1:
        picture.thumbnail((side, side))
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()
