"""The rung of any metric: its error form on the rows of one predictor and split, with the interval that fits it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from dlx.metrics._counts import Counts, coded, confusion, label_hits
from dlx.metrics._measure import Measure
from dlx.metrics._table import holds_lists, scale
from dlx.strategy.bootstrap import confusion_rung, measure_rung
from dlx.strategy.intervals import mean_rung
from dlx.strategy.rungs import Rung

__all__ = ["MOST_CLASSES", "groups_of", "part_of", "rung", "signed_mean"]

#: Above so many rows fewer resamples do: the interval is narrow and each resample takes its time.
_MANY = 50_000
#: Up to so many classes a confusion table is resampled.
MOST_CLASSES = 200


def rung(
    name: str, part: pd.DataFrame, found: Measure, *, bounded: bool = True, seed: int = 0, resamples: int = 4_000
) -> Rung:
    """The rung of one metric's error form.

    Means of rows get the interval of :func:`~dlx.strategy.intervals.mean_rung`; measures of a confusion table are
    resampled by its cells where rows stand alone and count alike; all else by a bootstrap of rows or groups.

    Args:
        name: the rung's name.
        part: rows of one predictor and split.
        found: the metric.
        bounded: whether its error form lies in [0, 1].
        seed: of the resamples.
        resamples: of the cells of a confusion table.

    Raises:
        UserError: a metric that does not fit the rows.
    """
    groups = groups_of(part)
    if found.rows is not None:
        values, weight = found.rows(part, **found.knobs)
        return mean_rung(name, found.as_error(values), weight=weight, groups=groups, bounded=bounded, seed=seed)
    if found.of_counts is not None and groups is None and _few_cells(part) and _count_alike(part):
        cells, names = confusion(part)

        def of_cells(tables: np.ndarray) -> np.ndarray:
            return found.as_error(found.of_counts(Counts.of_cells(tables, names), **found.knobs))

        return confusion_rung(name, of_cells, cells, bounded=bounded, seed=seed, resamples=resamples)

    light, statistic = _columns(part, found)
    few = {"resamples": 200} if len(part) > _MANY else {}
    return measure_rung(name, statistic, light, groups=groups, bounded=bounded, seed=seed, **few)


@dataclass(frozen=True)
class _Columns:
    """Just the columns a metric needs, taken by position as ``table.iloc[rows]`` takes rows, at a tenth of its cost."""

    columns: tuple[np.ndarray, ...]

    @property
    def iloc(self) -> _Columns:
        return self

    def __len__(self) -> int:
        return len(self.columns[0])

    def __getitem__(self, rows: np.ndarray) -> _Columns:
        return _Columns(tuple(column[rows] for column in self.columns))


def _columns(part: pd.DataFrame, found: Measure) -> tuple[_Columns | pd.DataFrame, Callable[..., float]]:
    """What is resampled, and the error form as a function of it."""
    if found.arrays is not None and found.of_arrays is not None:
        columns = found.arrays(part, **found.knobs)
        return _Columns(columns), lambda light: found.as_error(found.of_arrays(*light.columns))
    if found.of_counts is not None and holds_lists(part):

        def of_hits(light: _Columns) -> float:
            return float(found.as_error(found.of_counts(Counts.of_hits(*light.columns), **found.knobs)))

        return _Columns(label_hits(part)), of_hits
    if found.of_counts is not None:
        true, pred, names = coded(part)

        def of_codes(light: _Columns) -> float:
            return float(found.as_error(found.of_counts(Counts.of_codes(*light.columns, names), **found.knobs)))

        return _Columns((true, pred, scale(part))), of_codes
    return _lean(part), lambda table: found.as_error(found(table))


def signed_mean(
    values: np.ndarray, *, weight: np.ndarray | None, groups: pd.Series | None
) -> tuple[float, float | None, float | None]:
    """Mean of values of either sign, by weight, with its t interval; no limits where all are alike.

    ``mean_rung`` takes errors, which are not negative: the values are moved up, out of reach of 0, and back again.
    """
    spread = float(np.ptp(values))
    base = float(values.min()) - 100 * spread
    made = mean_rung("mean", values - base, weight=weight, groups=groups, bounded=False)
    return made.error + base, *(None if limit is None else limit + base for limit in (made.low, made.high))


def part_of(table: pd.DataFrame, predictor: str, split: str) -> pd.DataFrame:
    """The rows of one predictor and split, without the columns that no metric reads."""
    keep = (table["predictor"] == predictor).to_numpy() & (table["split"] == split).to_numpy()
    return _lean(table) if keep.all() else _lean(table).iloc[np.flatnonzero(keep)]


def groups_of(part: pd.DataFrame) -> pd.Series | None:
    """(n,) what dependent rows share, missing for rows that stand alone; None where all do."""
    if "group" not in part or not part["group"].notna().any():
        return None
    return part["group"]


def _few_cells(part: pd.DataFrame) -> bool:
    """Whether a confusion table is small enough to be resampled: thousands of classes have millions of cells."""
    return isinstance(part["y_true"].dtype, pd.CategoricalDtype) and len(part["y_true"].cat.categories) <= MOST_CLASSES


def _lean(table: pd.DataFrame) -> pd.DataFrame:
    return table[[c for c in table.columns if c not in ("id", "predictor", "split")]]


def _count_alike(part: pd.DataFrame) -> bool:
    return all((part[name] == 1).all() for name in ("weight", "size"))
