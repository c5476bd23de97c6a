"""Two predictors on the same rows: the difference of their errors, with a paired interval."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from dlx.predictions import Predictions
from dlx.scores._rung import signed_mean
from dlx.strategy.paired import tango

__all__ = ["Difference", "difference", "paired"]


#: Rows on which two predictors differ, from which the score interval and the t interval agree to a few per cent.
_MANY = 200


@dataclass(frozen=True)
class Difference:
    """Error of one predictor minus error of another.

    Attributes:
        value: mean difference; below 0 the first errs less.
        low: lower 95 % limit, None where not known.
        high: upper 95 % limit.
        n: rows that both scored.
        cells: for 0/1 errors that count alike: rows (both wrong, only the second wrong, only the first wrong, both
            right); else None.
    """

    value: float
    low: float | None
    high: float | None
    n: int
    cells: tuple[int, int, int, int] | None = None


def difference(
    first: np.ndarray, second: np.ndarray, *, scale: np.ndarray | None = None, groups: pd.Series | None = None
) -> Difference:
    """Compare two columns of errors, row by row.

    Plain 0/1 errors get Tango's score interval; weighted, grouped or other errors, and plain ones with many rows on
    which the two differ, the t interval of their mean difference (statistics 3.2): there the two agree, and the root
    finder that Tango needs takes a quarter of a second to import.

    Args:
        first: (n,) errors of the first predictor.
        second: (n,) errors of the second on the same rows.
        scale: (n,) weight times size; None for rows that count alike.
        groups: (n,) what dependent rows share.
    """
    n, gap = len(first), first - second
    plain = np.isin(first, (0, 1)).all() and np.isin(second, (0, 1)).all()
    cells = None
    if plain and groups is None and (scale is None or (scale == scale[0]).all()):
        wrong, b, c = int((first * second).sum()), int((gap > 0).sum()), int((gap < 0).sum())
        cells = (wrong, c, b, n - wrong - b - c)
        if b + c < _MANY:
            low, high = tango(b, c, n)
            return Difference((b - c) / n, low, high, n, cells)
    return Difference(*signed_mean(gap, weight=scale, groups=groups), n, cells)


def paired(predictions: Predictions, first: str, second: str, split: str) -> Difference | None:
    """Compare two predictors on the rows of a split that both scored; None where there are none.

    Rows are matched by id; weight, size and group are those of the first.
    """
    a, b = (predictions.rows(name, split) for name in (first, second))
    if not len(a) or not len(b):
        return None
    if len(a) == len(b) and (a["id"].to_numpy() == b["id"].to_numpy()).all():
        other = b["error"].to_numpy()
    else:
        place = pd.Index(b["id"]).get_indexer(pd.Index(a["id"]))
        a, other = a[place >= 0], b["error"].to_numpy()[place[place >= 0]]
    if not len(a):
        return None
    groups = a["group"] if a["group"].notna().any() else None
    scale = (a["weight"] * a["size"]).to_numpy()
    return difference(a["error"].to_numpy(), other, scale=scale, groups=groups)
