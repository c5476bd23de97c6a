"""The data sets of a run as MLflow inputs: name, digest and size of each split; nothing is materialised."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from dlx.run import Run
from dlx.tracking.contents import recipe

if TYPE_CHECKING:
    from mlflow.entities import DatasetInput

__all__ = ["dataset_inputs"]

_ORDER = ("train", "train_dev", "dev", "test")


def dataset_inputs(run: Run) -> list[DatasetInput]:
    """One input per split, with its context (``train``, ``dev`` …); one for all the data where no split is known.

    The digest of a split is over the data's digest and the sorted ids, so that two runs show the same digest if and
    only if they saw the same examples and labels there.
    """
    from mlflow.entities import Dataset, DatasetInput, InputTag

    resolved, whole = recipe(run), str(run.info.get("data_digest") or "")
    data = resolved.get("data") or {}
    name = str(data.get("dataset") or run.info.get("recipe") or "data")[:500]
    source = json.dumps({"sources": data.get("sources") or {}}, ensure_ascii=False, default=str)
    source = source if len(source.encode()) < 65_000 else "{}"  # MLflow's limit is 65,535 bytes
    found = []
    for split, digest, size in _splits(run, whole):
        given = Dataset(name, digest, "dlx", source, profile=json.dumps({"num_rows": size} if size else {}))
        found.append(DatasetInput(given, [InputTag("mlflow.data.context", split)]))
    return found


def _splits(run: Run, whole: str) -> list[tuple[str, str, int | None]]:
    if not run.has("split.parquet"):
        return [("data", whole[:36], None)] if whole else []
    import pandas as pd

    table = pd.read_parquet(run.file("split.parquet"))
    parts = {str(split): part["id"] for split, part in table.groupby("split", sort=True)}
    order = sorted(parts, key=lambda split: (_ORDER.index(split) if split in _ORDER else len(_ORDER), split))
    return [(split, _digest(whole, parts[split]), len(parts[split])) for split in order]


def _digest(whole: str, ids: Any) -> str:
    text = "\n".join([whole, *sorted(map(str, ids))])
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
