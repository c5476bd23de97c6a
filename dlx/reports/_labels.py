"""Several labels per example: for each label what was found, missed and said wrongly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["LabelRow", "by_label"]


@dataclass(frozen=True)
class LabelRow:
    """One label.

    Attributes:
        name: the label.
        known: rows in which it is known.
        found: it is true and was said.
        missed: it is true and was not said.
        false_alarms: it is not true and was said.
        rejected: it is not true and was not said.
    """

    name: str
    known: int
    found: int
    missed: int
    false_alarms: int
    rejected: int

    @property
    def errors(self) -> int:
        return self.missed + self.false_alarms

    def share(self, part: str) -> float:
        """That part of the known rows, in per cent."""
        return 100 * getattr(self, part) / self.known if self.known else 0.0


def by_label(table: pd.DataFrame, names: Sequence[str] = ()) -> list[LabelRow]:
    """Count each label over the rows where it is known, labels with the most errors first."""
    if table.empty:
        return []
    true, said = (_matrix(table[column]) for column in ("y_true", "y_pred"))
    rows = []
    for j in range(true.shape[1]):
        known = ~np.isnan(true[:, j])
        t, p = true[known, j] > 0.5, said[known, j] > 0.5
        name = str(names[j]) if j < len(names) else f"label {j + 1}"
        rows.append(LabelRow(name, len(t), *(int(v.sum()) for v in (t & p, t & ~p, ~t & p, ~t & ~p))))
    return sorted(rows, key=lambda row: -row.errors / max(row.known, 1))


def _matrix(column: pd.Series) -> np.ndarray:
    """(rows, labels) float64, NaN where a label is not known."""
    return np.array([[np.nan if v is None else v for v in row] for row in column], dtype="float64")
