"""Mean of the errors of groups (regions, sources, speakers), all counting alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlx.errors import UserError, unknown
from dlx.metrics._table import scale

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

__all__ = ["average_error"]

GREATER_IS_BETTER, UNIT, BOUNDS = False, "", (0, 1)


def average_error(table: pd.DataFrame, *, by: str = "source") -> float:
    """One number for several groups (systems S48): each group's error, averaged without weights.

    Args:
        table: predictions of one predictor on one split.
        by: the column that names the group: ``source``, ``group``, ``y_true`` or a ``meta_*`` column.

    Returns:
        0–1, or a number in the unit of the error.

    Raises:
        UserError: no such column, or no value in it.
    """
    return of_arrays(*arrays(table, by=by))


def arrays(table: pd.DataFrame, *, by: str = "source") -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Group number, error and weight times size of each row; a row without a group weighs nothing."""
    import numpy as np
    import pandas as pd

    if by not in table:
        raise unknown("column", by, [str(c) for c in table.columns], where="average_error.by")
    codes, _ = pd.factorize(table[by])
    there = codes >= 0
    if not there.any():
        raise UserError("average_error needs groups", value=by, hint="Fill that column, or name another with by.")
    return np.maximum(codes, 0), table["error"].to_numpy("float64"), scale(table) * there


def of_arrays(codes: np.ndarray, error: np.ndarray, weight: np.ndarray) -> float:
    """The mean over groups of their weighted mean errors."""
    import numpy as np

    total, sums = np.bincount(codes, weights=weight), np.bincount(codes, weights=weight * error)
    return float((sums[total > 0] / total[total > 0]).mean())
