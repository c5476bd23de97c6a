"""The confusion matrix of a classifier: which classes it takes for which."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from markupsafe import Markup

from dlx.reports._numbers import count
from dlx.reports._svg import picture, tag

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Confusion", "confusion", "draw"]

#: more classes than this are too many to look at; those with the most errors are shown
MOST = 30


@dataclass(frozen=True)
class Confusion:
    """Counts by true and predicted class.

    Attributes:
        classes: the classes shown.
        counts: (classes, classes) rows; the true class down, the predicted one across.
        totals: (classes,) rows of each true class, those with predictions that are not shown included.
        left_out: how many classes are not shown.
        pairs: (true, predicted, rows, rows of the true class, share of all errors) of the most frequent confusions.
        errors: all errors.
        n: all rows.
    """

    classes: tuple[str, ...]
    counts: np.ndarray
    totals: np.ndarray
    left_out: int
    pairs: tuple[tuple[str, str, int, int, float], ...]
    errors: int
    n: int


def confusion(table: pd.DataFrame, classes: Sequence[str] = ()) -> Confusion | None:
    """Count the rows of one predictor in one split; None for an empty table.

    Args:
        table: rows of the predictions table.
        classes: their order; classes that appear nowhere are left out, unknown ones added at the end.
    """
    if table.empty:
        return None
    true, truth = _coded(table["y_true"])
    pred, said = _coded(table["y_pred"])
    names = _order({*true, *pred}, classes)
    place = {name: i for i, name in enumerate(names)}
    rows = np.array([place[name] for name in true])[truth]
    columns = np.array([place[name] for name in pred])[said]
    size = len(names)
    counts = np.bincount(rows * size + columns, minlength=size * size).reshape(size, size)
    wrong = counts.copy()
    np.fill_diagonal(wrong, 0)
    errors = int(wrong.sum())
    keep = np.sort(np.argsort(-(wrong.sum(0) + wrong.sum(1)), kind="stable")[:MOST])
    totals = counts.sum(1)
    return Confusion(
        tuple(names[i] for i in keep),
        counts[np.ix_(keep, keep)],
        totals[keep],
        size - len(keep),
        _pairs(wrong, totals, names, errors),
        errors,
        len(table),
    )


def _coded(column: pd.Series) -> tuple[list[str], np.ndarray]:
    import pandas as pd

    codes, unique = pd.factorize(column)
    return [str(name) for name in unique], codes


def _order(names: set[str], classes: Sequence[str]) -> list[str]:
    first = [str(name) for name in classes if str(name) in names]
    return first + sorted(names - set(first), key=_natural)


def _natural(name: str) -> tuple[int, float, str]:
    try:
        return (0, float(name), name)
    except ValueError:
        return (1, 0.0, name)


def _pairs(wrong: np.ndarray, totals: np.ndarray, names: list[str], errors: int, most: int = 8) -> tuple:
    flat = np.argsort(-wrong, axis=None, kind="stable")[:most]
    found = []
    for i, j in zip(*np.unravel_index(flat, wrong.shape), strict=True):
        if wrong[i, j] > 0:
            found.append((names[i], names[j], int(wrong[i, j]), int(totals[i]), float(wrong[i, j] / errors)))
    return tuple(found)


def draw(view: Confusion) -> Markup:
    """The matrix, 440 px wide: the diagonal in one colour, errors in another, shaded by share of the true class."""
    size = len(view.classes)
    longest = max(len(name) for name in view.classes)
    label = min(max(7.2 * min(longest, 12) + 12, 24), 100)
    cell = min((440 - label) / size, 64)
    side = label + cell * size
    upright = longest * 7.2 > cell - 2
    head = label if upright else 22
    parts = [*_names(view, label, head, cell, upright), *_cells(view, label, head, cell)]
    said = f"Confusion matrix of {count(view.n)} rows with {count(view.errors)} errors"
    return picture(side + 1, head + cell * size + 1, parts, label=f"{said}; true classes down", class_="matrix")


def _names(view: Confusion, label: float, head: float, cell: float, upright: bool) -> Iterator[Markup]:
    every = max(1, round(11 / cell)) if cell < 11 else 1
    for i, name in enumerate(view.classes):
        if i % every:
            continue
        short = name if len(name) <= 12 else f"{name[:11]}…"
        middle = (i + 0.5) * cell
        yield tag("text", short, x=label - 8, y=head + middle + 4, text_anchor="end", class_="tick")
        x, y = label + middle, head - 8
        if upright:
            yield tag("text", short, x=x + 4, y=y, transform=f"rotate(-90 {x + 4:.1f} {y:.1f})", class_="tick")
        else:
            yield tag("text", short, x=x, y=y, text_anchor="middle", class_="tick")


def _cells(view: Confusion, label: float, head: float, cell: float) -> Iterator[Markup]:
    size, gap = len(view.classes), 1.5 if cell > 12 else 0.5
    yield tag("rect", x=label, y=head, width=cell * size, height=cell * size, class_="floor")
    for i, j in zip(*np.nonzero(view.counts), strict=True):
        n, total = int(view.counts[i, j]), int(view.totals[i])
        share = n / total if total else 0.0
        shade = f"{0.12 + 0.88 * share**0.5:.2f}"  # the root keeps rare confusions visible
        x, y = label + j * cell, head + i * cell
        pair = f"{view.classes[i]} taken for {view.classes[j]}"
        said = tag("title", f"{pair}: {count(n)} of {count(total)} ({100 * share:.1f} %)")
        kind = "right" if i == j else "wrong"
        box = {"x": x + gap / 2, "y": y + gap / 2, "width": cell - gap, "height": cell - gap}
        yield tag("rect", said, **box, rx=2 if cell > 12 else None, class_=f"cell {kind}", fill_opacity=shade)
        if cell >= 24 and len(str(n)) * 7.5 < cell:
            dark = " on-dark" if share > (0.35 if i == j else 0.6) else ""
            middle = {"x": x + cell / 2, "y": y + cell / 2 + 4.5, "text_anchor": "middle"}
            yield tag("text", str(n), **middle, class_=f"digits{dark}")
