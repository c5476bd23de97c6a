"""One network for several tasks against one network for each, on the same examples, task by task and over all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from dlx.comparison._judging import judged
from dlx.comparison._pairs import Pair, two
from dlx.errors import DlxError
from dlx.metrics._measure import measure

__all__ = ["Network", "TaskRow", "measured"]

SHARED, SEPARATE = "shared", "separate"


@dataclass(frozen=True)
class Network:
    """What it took to train one network.

    Attributes:
        parameters: weights.
        seconds: of all its epochs.
        steps: batches that it learned from.
        swing: largest minus smallest dev error of its last epochs; 0 where the best epoch was taken.
    """

    parameters: int
    seconds: float
    steps: int
    swing: float = 0.0


@dataclass(frozen=True)
class TaskRow:
    """One task, or all of them together.

    Attributes:
        name: the task's; ``all`` for all.
        n_train: known labels in train.
        n: known labels in dev.
        shared: dev error of the shared network.
        separate: dev error of the network for this task alone.
        pair: shared minus separate on the same dev examples, judged; p corrected for the number of tasks.
        train_shared: error of the shared network on train (a sample of it).
        train_separate: the same of the network for this task alone.
        train: shared minus separate on the same train examples.
    """

    name: str
    n_train: int
    n: int
    shared: float
    separate: float
    pair: Pair
    train_shared: float
    train_separate: float
    train: Pair

    def to_dict(self) -> dict[str, Any]:
        """The row as JSON data."""
        return asdict(self)


def measured(
    shared: pd.DataFrame, separate: Mapping[str, pd.DataFrame], n_train: Mapping[str, int]
) -> tuple[tuple[TaskRow, ...], TaskRow]:
    """Each task, and all tasks together: the error per known label, with examples as the units that vary.

    Args:
        shared: rows of the shared network on train and dev, with lists of labels.
        separate: task → rows of its own network on the same splits, in the order of the lists.
        n_train: task → known labels in all of train.

    Raises:
        DlxError: a network for one task has no answer for an example.
    """
    parts = {split: _wrong(shared, separate, split) for split in ("dev", "train")}
    rows = [_row(name, [t], parts, n_train[name]) for t, name in enumerate(separate)]
    known = [row.pair.p for row in rows if row.pair.p is not None]
    if len(known) > 1:
        from statsmodels.stats.multitest import multipletests

        corrected = iter(multipletests(known, method="holm")[1])
        rows = [
            row if row.pair.p is None else replace(row, pair=replace(row.pair, p_holm=float(next(corrected))))
            for row in rows
        ]
    rows = [replace(row, pair=_judged(row.pair, row)) for row in rows]
    whole = _row("all", range(len(rows)), parts, sum(n_train.values()))
    return tuple(rows), replace(whole, pair=_judged(whole.pair, whole), train=_judged(whole.train, whole, train=True))


@dataclass(frozen=True)
class _Wrong:
    """(n, tasks) 1 where a known label is wrong, 0 where it is right, NaN where it is unknown; and the rows."""

    rows: pd.DataFrame
    shared: np.ndarray
    separate: np.ndarray


def _wrong(shared: pd.DataFrame, separate: Mapping[str, pd.DataFrame], split: str) -> _Wrong:
    rows = shared[(shared["split"] == split).to_numpy()].reset_index(drop=True)
    true, said = ([*map(list, rows[column])] for column in ("y_true", "y_pred"))
    first = np.array(
        [[np.nan if t is None else float(t != p) for t, p in zip(*pair, strict=True)]
         for pair in zip(true, said, strict=True)]
    ).reshape(len(rows), len(separate))  # fmt: skip
    second = np.full(first.shape, np.nan)
    for t, (name, own) in enumerate(separate.items()):
        own = own[(own["split"] == split).to_numpy()].set_index("id")["error"]
        second[:, t] = own.reindex(rows["id"]).to_numpy(float)
        lacking = ~np.isnan(first[:, t]) & np.isnan(second[:, t])
        if lacking.any():
            raise DlxError(
                "a network for one task was not asked about an example", value=str(rows["id"][int(lacking.argmax())]),
                where=f"task {name!r}, {split}",
            )  # fmt: skip
    return _Wrong(rows, first, np.where(np.isnan(first), np.nan, second))


def _row(name: str, tasks: Sequence[int], parts: Mapping[str, _Wrong], n_train: int) -> TaskRow:
    n, *dev = _compared(parts["dev"], tasks)
    _, *train = _compared(parts["train"], tasks)
    return TaskRow(name, n_train, n, *dev, *train)


def _compared(part: _Wrong, tasks: Sequence[int]) -> tuple[int, float, float, Pair]:
    """Known labels, the error of both, and their difference."""
    used = measure("error")
    size = (~np.isnan(part.shared[:, list(tasks)])).sum(axis=1)
    kept = part.rows.loc[size > 0, ["id", "group", "weight"]].assign(size=size[size > 0].astype(float))
    first, second = (
        kept.assign(error=np.nansum(wrong[:, list(tasks)], axis=1)[size > 0] / size[size > 0])
        for wrong in (part.shared, part.separate)
    )
    if not len(kept):
        raise DlxError("no label of a task is known", value=len(part.rows), where="the predictions table")
    pair = replace(two(first, second, used), a=SHARED, b=SEPARATE)
    return int(size.sum()), used(first), used(second), pair


def _judged(pair: Pair, row: TaskRow, *, train: bool = False) -> Pair:
    values = (row.train_shared, row.train_separate) if train else (row.shared, row.separate)
    return judged(pair, dict(zip((SHARED, SEPARATE), values, strict=True)), greater=False)
