"""What the tests of people's votes share."""

from __future__ import annotations

import pandas as pd

from dlx.humans import Reference
from dlx.humans._answers import Answers

LABELS = ("cat", "dog", "fox")


def reference(y_true: list, task: str = "classification", **columns) -> Reference:
    table = pd.DataFrame({"id": [f"e{i}" for i in range(len(y_true))], "y_true": pd.Series(y_true, dtype=object)})
    table = table.assign(split="dev", source="web", group=None, weight=1.0).assign(**columns)
    labels = {"classification": LABELS, "multilabel": ("red", "round")}.get(task, ())
    return Reference(table, Answers(task, labels, 2 if task == "multilabel" else 0))
