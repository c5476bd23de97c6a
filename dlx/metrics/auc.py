"""Area under the ROC curve: how often a member of a class gets a higher probability than another row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlx.errors import UserError, unknown
from dlx.metrics._table import holds_lists, label_matrix, probabilities, scale

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

__all__ = ["auc"]

GREATER_IS_BETTER, UNIT, BOUNDS = True, "", (0, 1)


def auc(table: pd.DataFrame, *, positive: str | None = None) -> float:
    """P(score of a member > score of another) + ½ P(equal), weighted (Mann–Whitney).

    Args:
        table: predictions of one predictor on one split, with ``proba_<class>`` columns.
        positive: the class that is looked for; None takes the second of two classes, and for more classes or several
            labels the plain mean of one against the rest, over classes that have members and others.

    Returns:
        0–1; 0.5 by chance.

    Raises:
        UserError: no probabilities, no such class, or only one class among the rows.
    """
    return of_arrays(*arrays(table, positive=positive))


def arrays(table: pd.DataFrame, *, positive: str | None = None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """For each row and class that is looked for, (n, k): member (NaN: not known) and probability; and (n,) weights."""
    import numpy as np

    matrix, names = probabilities(table, "auc")
    if positive is not None and str(positive) not in names:
        raise unknown("class", str(positive), names, where="auc.positive")
    lists = holds_lists(table)
    weight = scale(table)
    if lists:
        truth = label_matrix(table["y_true"])
        weight = table["weight"].to_numpy("float64") if "weight" in table else np.ones(len(table))
    else:
        said = table["y_true"].astype(str).to_numpy(dtype=object)
        truth = np.stack([said == name for name in names], axis=1).astype(float)
    if positive is not None:
        chosen = [names.index(str(positive))]
    else:
        chosen = [1] if len(names) == 2 and not lists else list(range(len(names)))
    return truth[:, chosen], matrix[:, chosen], weight


def of_arrays(truth: np.ndarray, score: np.ndarray, weight: np.ndarray) -> float:
    """The mean of the areas of the classes that have members and others."""
    import numpy as np

    areas = []
    for i in range(truth.shape[1]):
        known = ~np.isnan(truth[:, i])
        area = _area(truth[known, i] > 0.5, score[known, i], weight[known])
        if area is not None:
            areas.append(area)
    if not areas:
        raise UserError("auc needs rows of at least two classes", where="y_true")
    return float(np.mean(areas))


def _area(member: np.ndarray, score: np.ndarray, weight: np.ndarray) -> float | None:
    """Weighted Mann–Whitney statistic in 0–1; None where one side is empty."""
    import numpy as np

    inside, outside = weight * member, weight * ~member
    if inside.sum() == 0 or outside.sum() == 0:
        return None
    order = np.argsort(score, kind="stable")
    ordered = score[order]
    start = np.flatnonzero(np.concatenate([[True], ordered[1:] > ordered[:-1]]))  # one entry per different score
    won, lost = (np.add.reduceat(side[order], start) for side in (inside, outside))
    below = np.cumsum(lost) - lost
    return float(won @ (below + lost / 2) / (won.sum() * lost.sum()))
