"""Columns of any kind as numbers for a tree, and a tree's thresholds as conditions in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from dlx.strategy.words import listed

__all__ = ["Condition", "Encoder", "text"]

#: Values of one text column that can be conditions: the most frequent.
_MOST = 20


@dataclass(frozen=True)
class Condition:
    """One condition of a slice.

    Attributes:
        column: its name as people say it, without ``meta_``.
        sign: ``≤``, ``>``, ``is``, ``is not``.
        value: a number, a text, or None for a missing value.
    """

    column: str
    sign: str
    value: float | str | None

    def __str__(self) -> str:
        if self.value is None:
            return f"{self.column} {self.sign} missing"
        value = f"{self.value:.4g}" if isinstance(self.value, float) else self.value
        return f"{self.column} {self.sign} {value}"

    def to_dict(self) -> dict[str, Any]:
        return dict(vars(self))


@dataclass(frozen=True)
class Encoder:
    """Numbers stay numbers (missing ones become the median), each frequent text becomes a column of 0 and 1.

    Attributes:
        parts: (column, value) of each encoded column: value is a text for "is that text", None for "is missing", and
            the median for the number itself.
    """

    parts: tuple[tuple[str, float | str | None], ...]

    @staticmethod
    def fit(table: pd.DataFrame, least: int) -> Encoder:
        """Choose what can be a condition: what at least ``least`` examples share and as many do not.

        Args:
            table: the half that finds.
            least: examples of the smallest slice.
        """
        parts: list[tuple[str, float | str | None]] = []
        for name in table:
            column = table[name]
            if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
                numbers = _numbers(column)
                if numbers.nunique() > 1:
                    parts.append((str(name), float(numbers.median())))
                gone = numbers.isna()
            else:
                counts = _texts(column).value_counts()
                gone = _texts(column).isna()
                common = counts[(counts >= least) & (counts <= len(column) - least)]
                parts += [(str(name), str(value)) for value in common.index[:_MOST]]
            if least <= gone.sum() <= len(column) - least:
                parts.append((str(name), None))
        return Encoder(tuple(parts))

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns that can be a condition."""
        return tuple(dict.fromkeys(name for name, _ in self.parts))

    def __call__(self, table: pd.DataFrame) -> np.ndarray:
        """(n, parts) float32."""
        made = [self._one(table[name], value) for name, value in self.parts]
        return np.column_stack(made).astype("float32")

    @staticmethod
    def _one(column: pd.Series, value: float | str | None) -> np.ndarray:
        if value is None:
            return column.isna().to_numpy()
        if isinstance(value, str):
            return (_texts(column) == value).fillna(False).to_numpy(bool)
        return _numbers(column).fillna(value).to_numpy()

    def conditions(self, path: Sequence[tuple[int, float, bool]]) -> tuple[Condition, ...]:
        """A tree's path in the shortest form: one lower and one upper limit per number, ``is`` without ``is not``.

        Args:
            path: (encoded column, threshold, whether above) from the root on.
        """
        made: dict[tuple, Condition] = {}
        for part, threshold, above in path:
            name, value = self.parts[part]
            shown = name.removeprefix("meta_")
            if isinstance(value, float):
                made[name, above] = Condition(shown, ">" if above else "≤", threshold)  # later ones are narrower
            elif above:
                made = {k: c for k, c in made.items() if k[0] != name} | {(name, value): Condition(shown, "is", value)}
            elif not any(c.sign == "is" for k, c in made.items() if k[0] == name):
                made[name, value] = Condition(shown, "is not", value)
        return tuple(made.values())


def text(conditions: Sequence[Condition]) -> str:
    """``brightness ≤ 0.31 and source is web``."""
    return listed([str(condition) for condition in conditions])


def _numbers(column: pd.Series) -> pd.Series:
    return pd.to_numeric(column).astype("float64").replace([np.inf, -np.inf], np.nan)


def _texts(column: pd.Series) -> pd.Series:
    return column.astype(object).map(lambda value: str(value), na_action="ignore")
