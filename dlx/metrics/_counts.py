"""The confusion table, and hits and misses per class: what precision, recall and F1 are made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dlx.errors import UserError, unknown
from dlx.metrics._table import holds_lists, label_matrix, scale

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

__all__ = ["Counts", "coded", "confusion", "counts", "label_hits", "mean_over", "ratio"]


def coded(table: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Class numbers of ``y_true`` and ``y_pred``, and the names of the classes, in the table's order.

    Raises:
        UserError: numbers that are no classes.
    """
    import numpy as np
    import pandas as pd

    true, pred = table["y_true"], table["y_pred"]
    if pd.api.types.is_float_dtype(true.dtype) or pd.api.types.is_float_dtype(pred.dtype):
        raise UserError("this metric needs classes, not measured numbers", where="y_true", hint="Try mae, rmse or r2.")
    same = isinstance(true.dtype, pd.CategoricalDtype) and true.dtype == pred.dtype
    if same and list(true.cat.categories) == list(pred.cat.categories):
        return true.cat.codes.to_numpy(), pred.cat.codes.to_numpy(), [str(c) for c in true.cat.categories]
    codes, names = pd.factorize(
        np.concatenate([true.astype(object).to_numpy(), pred.astype(object).to_numpy()]), sort=True
    )
    return codes[: len(true)], codes[len(true) :], [str(c) for c in names]


def confusion(table: pd.DataFrame) -> tuple[np.ndarray, list[str]]:
    """(classes, classes) weighted counts, true classes in rows, and the classes' names."""
    import numpy as np

    true, pred, names = coded(table)
    k = len(names)
    cells = np.bincount(true.astype("int64") * k + pred, weights=scale(table), minlength=k * k)
    return cells.reshape(k, k), names


@dataclass(frozen=True)
class Counts:
    """Weighted counts of hits and misses, one entry per class or label.

    Attributes:
        names: classes; labels of a multilabel table are numbered.
        true_positive: said and true.
        false_positive: said and not true.
        false_negative: true and not said.
    """

    names: list[str]
    true_positive: np.ndarray
    false_positive: np.ndarray
    false_negative: np.ndarray

    @classmethod
    def of_cells(cls, cells: np.ndarray, names: list[str]) -> Counts:
        """From one or many confusion tables, (…, classes, classes)."""
        import numpy as np

        hits = np.diagonal(cells, axis1=-2, axis2=-1)
        return cls(names, hits, cells.sum(axis=-2) - hits, cells.sum(axis=-1) - hits)

    @classmethod
    def of_codes(cls, true: np.ndarray, pred: np.ndarray, weight: np.ndarray, names: list[str]) -> Counts:
        """From (n,) class numbers and weights; no table of classes by classes is made, which thousands would fill."""
        import numpy as np

        said, support = (np.bincount(codes, weights=weight, minlength=len(names)) for codes in (pred, true))
        right = true == pred
        hits = np.bincount(true[right], weights=weight[right], minlength=len(names))
        return cls(names, hits, said - hits, support - hits)

    @classmethod
    def of_hits(cls, *hits: np.ndarray) -> Counts:
        """From (n, labels) weights of hits, false alarms and misses; labels are named by their numbers."""
        sums = [each.sum(axis=0) for each in hits]
        return cls([str(i) for i in range(len(sums[0]))], *sums)

    @property
    def said(self) -> np.ndarray:
        """How often each class is predicted."""
        return self.true_positive + self.false_positive

    @property
    def support(self) -> np.ndarray:
        """How many true members each class has."""
        return self.true_positive + self.false_negative


def counts(table: pd.DataFrame) -> Counts:
    """Hits and misses per class, or per label of a multilabel table (missing labels left out)."""
    if not holds_lists(table):
        true, pred, names = coded(table)
        return Counts.of_codes(true, pred, scale(table), names)
    return Counts.of_hits(*label_hits(table))


def label_hits(table: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(n, labels) each: weight where a label is said and true, said and not true, true and not said."""
    import numpy as np

    y, said = label_matrix(table["y_true"]), label_matrix(table["y_pred"])
    weight = table["weight"].to_numpy("float64") if "weight" in table else np.ones(len(table))
    known = ~np.isnan(y)
    yes, claimed = known & (y > 0.5), known & (said > 0.5)
    return tuple(weight[:, None] * both for both in (yes & claimed, ~yes & claimed, yes & ~claimed))


def mean_over(values: np.ndarray, found: Counts, average: str, positive: str | None) -> np.ndarray:
    """One number from one per class.

    Args:
        values: (…, classes).
        found: the counts behind them.
        average: ``macro`` (classes alike) or ``weighted`` (by true members); classes that neither occur nor are said
            do not count, as in scikit-learn.
        positive: take this class alone.

    Raises:
        UserError: no such class or average.
    """
    import numpy as np

    if positive is not None:
        if str(positive) not in found.names:
            raise unknown("class", str(positive), found.names, where="positive")
        return values[..., found.names.index(str(positive))]
    support = found.support
    if average == "weighted":
        weight = support
    elif average == "macro":
        weight = ((support + found.said) > 0).astype(float)
    else:
        raise unknown("average", average, ["macro", "micro", "weighted"], where="average")
    total = weight.sum(axis=-1)
    return (values * weight).sum(axis=-1) / np.where(total > 0, total, 1)


def ratio(top: np.ndarray, bottom: np.ndarray) -> np.ndarray:
    """``top / bottom``, 0 where there is nothing to divide by (scikit-learn's ``zero_division=0``)."""
    import numpy as np

    return np.divide(top, bottom, out=np.zeros(np.broadcast(top, bottom).shape), where=np.asarray(bottom) > 0)
