"""What metrics share: weights of rows, numbers, probabilities, lists of labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlx.errors import UserError

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

__all__ = ["class_matrix", "holds_classes", "holds_lists", "label_matrix", "numbers", "probabilities", "scale"]
__all__ += ["label_probabilities"]


def scale(table: pd.DataFrame) -> np.ndarray:
    """(n,) float64: weight times size of each row, 1 where the column is missing."""
    import numpy as np

    weight = np.ones(len(table))
    for name in ("weight", "size"):
        if name in table:
            weight = weight * table[name].to_numpy("float64")
    return weight


def numbers(table: pd.DataFrame, metric: str) -> tuple[np.ndarray, np.ndarray]:
    """``y_true`` and ``y_pred`` as (n,) float64.

    Raises:
        UserError: labels that are no numbers.
    """
    import pandas as pd

    for name in ("y_true", "y_pred"):
        if not pd.api.types.is_numeric_dtype(table[name]):
            value = table[name].iloc[0] if len(table) else None
            raise UserError(
                f"the metric {metric!r} needs numbers", value=value, where=name, hint="It is for regression."
            )
    return table["y_true"].to_numpy("float64"), table["y_pred"].to_numpy("float64")


def probabilities(table: pd.DataFrame, metric: str) -> tuple[np.ndarray, list[str]]:
    """(n, classes) float64 from the columns ``proba_<class>``, and the classes' names.

    Raises:
        UserError: there are none, or rows lack them.
    """
    import numpy as np

    names = [str(c)[len("proba_") :] for c in table.columns if str(c).startswith("proba_")]
    if not names:
        hint = "Add a column proba_<class> for each class."
        raise UserError(f"the metric {metric!r} needs probabilities", value=list(table.columns), hint=hint)
    matrix = np.stack([table[f"proba_{name}"].to_numpy("float64") for name in names], axis=1)
    if np.isnan(matrix).any():
        row = int(np.argmax(np.isnan(matrix).any(axis=1)))
        where = f"id {table['id'].iloc[row]!r}" if "id" in table else f"row {row + 1}"  # rungs are computed without ids
        raise UserError(f"the metric {metric!r} needs probabilities in all rows", where=where)
    return matrix, names


def label_matrix(values: pd.Series) -> np.ndarray:
    """(n, labels) float64 from lists of 1, 0 and None (NaN).

    Raises:
        UserError: lists of classes, which have no yes and no.
    """
    import numpy as np

    try:
        return np.array([[np.nan if v is None else v for v in row] for row in values], dtype="float64")
    except ValueError as error:
        raise UserError(
            "this metric needs yes/no labels, and these are classes of several tasks", value=values.iloc[0],
            hint="Try error, exact_match or log_loss.",
        ) from error  # fmt: skip


def class_matrix(values: pd.Series) -> np.ndarray:
    """(n, tasks) object array of class names, None where unknown."""
    import numpy as np

    return np.array([list(row) for row in values], dtype=object).reshape(len(values), -1)


def label_probabilities(table: pd.DataFrame, column: str, metric: str) -> tuple[np.ndarray, np.ndarray]:
    """Probability of each label of ``column``, (n, labels), and where the true label is known, (n, labels) bool.

    Args:
        table: with lists, and ``proba_<label>`` or ``proba_<task>=<class>``.
        column: ``y_true`` or ``y_pred``.
        metric: whose, for messages.

    Raises:
        UserError: no probabilities.
    """
    import numpy as np

    matrix, names = probabilities(table, metric)
    if not holds_classes(table):
        known = ~np.isnan(label_matrix(table["y_true"]))
        return np.where(label_matrix(table[column]) > 0.5, matrix, 1 - matrix), known
    known = class_matrix(table["y_true"]) != None  # noqa: E711 - element by element
    index = {name: i for i, name in enumerate(names)}
    tasks = list(dict.fromkeys(name.partition("=")[0] for name in names))
    labels = class_matrix(table[column])
    found = np.zeros(labels.shape)  # a class without a column was given no probability
    for t, task in enumerate(tasks[: labels.shape[1]]):
        place = np.array([index.get(f"{task}={label}", -1) for label in labels[:, t]])
        found[:, t] = np.where(place >= 0, matrix[np.arange(len(place)), place], 0.0)
    return found, known


def holds_lists(table: pd.DataFrame) -> bool:
    """Whether each row has several labels."""
    return len(table) > 0 and table["y_true"].dtype == object and isinstance(table["y_true"].iloc[0], (list, tuple))


def holds_classes(table: pd.DataFrame) -> bool:
    """Whether each row has several labels that are class names; the prediction has no unknown ones."""
    return holds_lists(table) and isinstance(table["y_pred"].iloc[0][0], str)
