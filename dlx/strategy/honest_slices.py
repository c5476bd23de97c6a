"""Where errors concentrate, found on one half of the examples and tested on the other, so that chance is not believed.

A small decision tree looks for conditions under which errors are frequent; it may look as hard as it likes, for the
other half has not been seen by it. There each of its nodes is tested, and the false discovery rate is held at 5 %
(Benjamini & Hochberg 1995).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dlx.strategy._conditions import Condition, Encoder, text
from dlx.strategy.intervals import mean_rung, mover, wilson

if TYPE_CHECKING:
    from sklearn.tree import DecisionTreeClassifier

__all__ = ["HonestSlice", "Slices", "find_slices"]

DEPTH = 3
#: The false discovery rate.
FDR = 0.05
#: Fewer groups than this on either side tell nothing about their spread.
_GROUPS = 5


@dataclass(frozen=True)
class HonestSlice:
    """Conditions under which errors are frequent; all rates are of the half that did not find them.

    Attributes:
        text: the conditions in words.
        conditions: the same as data.
        n: tested examples in it (its support).
        errors: errors among them.
        rate: ``errors`` / ``n``.
        low: lower 95 % limit of ``rate`` (Wilson).
        high: upper 95 % limit.
        rest: error rate of the tested examples outside.
        difference_low: lower 95 % limit of ``rate − rest`` (Newcombe).
        difference_high: upper 95 % limit.
        p: of the one-sided test.
        q: the same, adjusted for all conditions that were tested.
        share_of_errors: errors in it over all errors of the tested half.
        rows: positions of all its examples, of both halves.
    """

    text: str
    conditions: tuple[Condition, ...]
    n: int
    errors: int
    rate: float
    low: float
    high: float
    rest: float
    difference_low: float
    difference_high: float
    p: float
    q: float
    share_of_errors: float
    rows: np.ndarray

    def to_dict(self) -> dict[str, Any]:
        """JSON data, without the rows."""
        values = {name: value for name, value in vars(self).items() if name not in ("rows", "conditions")}
        return values | {"conditions": [condition.to_dict() for condition in self.conditions]}


@dataclass(frozen=True)
class Slices:
    """What a search came to.

    Attributes:
        found: slices whose q is at most 5 %, the smallest q first.
        tested: conditions that were tested.
        n_find: examples of the half that found them.
        n_test: examples of the half that tested them.
        columns: columns that could be looked at.
        reason: why nothing could be looked for; empty where it could.
    """

    found: tuple[HonestSlice, ...]
    tested: int
    n_find: int
    n_test: int
    columns: tuple[str, ...] = ()
    reason: str = ""


def find_slices(
    table: pd.DataFrame, wrong: np.ndarray, half: np.ndarray, *, groups: Sequence[Any] | None = None
) -> Slices:
    """Look for conditions on one half, test them on the other.

    Args:
        table: (n,) examples; columns of numbers, booleans and text; missing values are a condition of their own.
        wrong: (n,) which are errors.
        half: (n,) True for the half that finds. Rows that are not independent must be on the same side.
        groups: (n,) what dependent rows share; the test is then one of group sums. None for independent rows.

    Returns:
        at most one of several slices that hold mostly the same examples, or of which one is within the other.
    """
    wrong, half = np.asarray(wrong, bool), np.asarray(half, bool)
    sizes = {"tested": 0, "n_find": int(half.sum()), "n_test": int((~half).sum())}
    least = max(20, int(np.ceil(0.02 * sizes["n_find"])))
    if min(sizes["n_find"], sizes["n_test"]) < 2 * least:
        return Slices((), **sizes, reason=f"{len(wrong):,} examples are too few to find slices on one half of them.")
    if not 0 < wrong[half].mean() < 1:
        return Slices((), **sizes, reason="One half has no errors, or only errors.")
    encoder = Encoder.fit(table[half], least)
    if not encoder.columns:
        return Slices((), **sizes, reason="No column says anything that several examples share.")
    matrix = encoder(table)
    candidates = _candidates(matrix, wrong, half, encoder, least)
    tests = [_test(rows, wrong, ~half, groups) for _, rows in candidates]
    kept = [(*candidate, test) for candidate, test in zip(candidates, tests, strict=True) if test is not None]
    found = _significant(kept, wrong, ~half)
    return Slices(found, **sizes | {"tested": len(kept)}, columns=encoder.columns)


def _candidates(matrix, wrong, half, encoder: Encoder, least: int) -> list[tuple[tuple[Condition, ...], np.ndarray]]:
    """Nodes of the tree whose error is above the whole's on the half that finds: conditions, rows of both halves."""
    from sklearn.tree import DecisionTreeClassifier

    tree = DecisionTreeClassifier(max_depth=DEPTH, min_samples_leaf=least, random_state=0)
    tree.fit(matrix[half], wrong[half])
    inside = np.asarray(tree.decision_path(matrix).todense(), dtype=bool)
    paths = _paths(tree)
    made = []
    for node in range(1, tree.tree_.node_count):
        rows = inside[:, node]
        if wrong[rows & half].mean() > wrong[half].mean():
            made.append((encoder.conditions(paths[node]), rows))
    return made


def _paths(tree: DecisionTreeClassifier) -> dict[int, list[tuple[int, float, bool]]]:
    """Node → (column, threshold, whether above) from the root to it."""
    inner, paths = tree.tree_, {0: []}
    for node in range(inner.node_count):  # parents come before children
        for child, above in ((inner.children_left[node], False), (inner.children_right[node], True)):
            if child >= 0:
                paths[int(child)] = [*paths[node], (int(inner.feature[node]), float(inner.threshold[node]), above)]
    return paths


def _test(rows: np.ndarray, wrong: np.ndarray, test: np.ndarray, groups) -> float | None:
    """p of "no more errors inside than outside" on the half that tests; None where it cannot be tested."""
    inside, outside = rows & test, ~rows & test
    if not inside.any() or not outside.any():
        return None
    if groups is not None:
        return _by_groups(inside, outside, wrong, pd.Series(groups))
    from scipy.stats import hypergeom

    k, n, total = int(wrong[inside].sum()), int(inside.sum()), int(test.sum())
    return float(hypergeom.sf(k - 1, total, int(wrong[test].sum()), n))  # Fisher's exact test, one-sided


def _by_groups(inside: np.ndarray, outside: np.ndarray, wrong: np.ndarray, groups: pd.Series) -> float | None:
    from scipy.stats import t

    a, b = (mean_rung("", wrong[side].astype(float), groups=groups[side].tolist()) for side in (inside, outside))
    counts = [len(wrong[side]) if r.groups is None else r.groups for side, r in ((inside, a), (outside, b))]
    spread = np.hypot(*(r.se if r.se is not None else np.sqrt(r.error * (1 - r.error) / r.n) for r in (a, b)))
    if min(counts) < _GROUPS or not spread > 0:
        return None
    return float(t.sf((a.error - b.error) / spread, min(counts) - 1))


def _significant(kept: list, wrong: np.ndarray, test: np.ndarray) -> tuple[HonestSlice, ...]:
    if not kept:
        return ()
    from scipy.stats import false_discovery_control

    adjusted = false_discovery_control([p for *_, p in kept])
    order = np.lexsort(([len(conditions) for conditions, *_ in kept], adjusted))  # of equals the simplest first
    found: list[HonestSlice] = []
    for place in order:
        conditions, rows, p = kept[place]
        if adjusted[place] <= FDR and not any(_same(rows, other.rows) for other in found):
            found.append(_described(conditions, rows, p, float(adjusted[place]), wrong, test))
    return tuple(found)


def _same(rows: np.ndarray, others: np.ndarray) -> bool:
    """Whether more than half of the smaller slice is in the other: then it tells the same story again."""
    mine = np.flatnonzero(rows)
    return len(np.intersect1d(mine, others, assume_unique=True)) > 0.5 * min(len(mine), len(others))


def _described(conditions, rows: np.ndarray, p: float, q: float, wrong: np.ndarray, test: np.ndarray) -> HonestSlice:
    inside, outside = rows & test, ~rows & test
    n, errors = int(inside.sum()), int(wrong[inside].sum())
    rate, rest = errors / n, float(wrong[outside].mean())
    low, high = wilson(rate, n)
    gap = mover((rest, *wilson(rest, int(outside.sum()))), (rate, low, high))
    share = errors / max(int(wrong[test].sum()), 1)
    return HonestSlice(
        text(conditions), conditions, n, errors, rate, low, high, rest, *gap, p, q, share, np.flatnonzero(rows)
    )
