"""Whether wrong labels in train are random or systematic (rule P32).

A network learns through random slips; it learns systematic ones ("white dogs are cats"). The tests are by simulation
and so exact at any size: do wrong labels fall on few (given, right) pairs of classes, or on few sources or groups?
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["ENOUGH", "Pattern", "by_pairs", "by_source", "holm"]

#: With fewer wrong labels than this nothing can be told apart.
ENOUGH = 5
_DRAWS = 1999
_TIMES, _SURPLUS, _MORE = 3.0, 0.05, 1.5


@dataclass(frozen=True)
class Pattern:
    """One test of randomness.

    Attributes:
        what: ``pairs``, ``source`` or ``group``.
        p_value: that random slips look at least as concentrated.
        where: the pair, source or group with the largest excess.
        count: wrong labels there.
        expected: by chance.
        n: wrong labels in all.
        strong: whether it is large enough to matter. For pairs: two wrong labels are of the same pair at least three
            times as often as by chance, or that surplus is 5 % of all couples or more; for sources: half more than
            expected. What is flagged depends a little on the pair, which many wrong labels would make significant.
    """

    what: str
    p_value: float
    where: str
    count: int
    expected: float
    n: int
    strong: bool = True

    def to_dict(self) -> dict[str, Any]:
        return dict(vars(self))


def by_pairs(pairs: Sequence[tuple[str, str]], totals: Mapping[str, int], *, seed: int = 0) -> Pattern:
    """Do wrong labels fall on few (given, right) pairs?

    Two kinds of random slips are simulated: any other class with the same chance, and other classes as often as they
    occur. The larger p-value counts, so that unequal classes alone are no pattern. The statistic is Σ O(O − 1)/E over
    pairs, Pearson's without the part that sparse cells make noisy.

    Args:
        pairs: (label given, right label) of each wrong label, chosen at random among the wrong ones.
        totals: class → examples.
        seed: of the simulation.
    """
    classes = sorted({*totals, *(label for pair in pairs for label in pair)})
    place = {label: i for i, label in enumerate(classes)}
    size = np.array([max(totals.get(label, 0), 1) for label in classes], dtype=float)
    seen = np.array([place[right] * len(classes) + place[given] for given, right in pairs])
    others = 1 - np.eye(len(classes))
    made = [_against(seen, size[:, None] * weight * others, seed) for weight in (np.ones_like(size), size)]
    p_value, cell, expected = max(made)
    right, given = divmod(cell, len(classes))
    where = f"{classes[right]} labelled {classes[given]}"
    strong = all(_strong(seen, size[:, None] * weight * others) for weight in (np.ones_like(size), size))
    return Pattern("pairs", p_value, where, int((seen == cell).sum()), expected, len(pairs), strong)


def _strong(seen: np.ndarray, weights: np.ndarray) -> bool:
    """Whether couples of equal pairs are much more frequent than by chance."""
    n, (_, counts) = len(seen), np.unique(seen, return_counts=True)
    equal = float((counts * (counts - 1)).sum()) / max(n * (n - 1), 1)
    chance = float(((weights / weights.sum()) ** 2).sum())
    return equal >= _TIMES * chance or equal - chance >= _SURPLUS


def _against(seen: np.ndarray, weights: np.ndarray, seed: int) -> tuple[float, int, float]:
    """(p, cell with the largest excess, what was expected there)."""
    share = (weights / weights.sum()).ravel()
    expected = share * len(seen)

    def concentration(cells: np.ndarray) -> float:
        where, counts = np.unique(cells, return_counts=True)
        return float((counts * (counts - 1) / expected[where]).sum())

    random = np.random.default_rng(seed)
    drawn = random.choice(len(share), size=(_DRAWS, len(seen)), p=share)
    least = concentration(seen) * (1 - 1e-9)
    p_value = (1 + sum(concentration(row) >= least for row in drawn)) / (_DRAWS + 1)
    where, counts = np.unique(seen, return_counts=True)
    cell = int(where[np.argmax(counts - expected[where])])
    return p_value, cell, float(expected[cell])


def by_source(
    source: Sequence[str], wrong: Sequence[bool], stratum: Sequence[str], *, what: str = "source", seed: int = 0
) -> Pattern | None:
    """Do wrong labels fall on few sources? Labels are permuted inside each stratum of the audit.

    Args:
        source: of each example that was looked at.
        wrong: whether its label is wrong.
        stratum: flagged or not: their shares of wrong labels differ by design.
        what: name of the test.
        seed: of the permutations.

    Returns:
        the test; None where there is only one source.
    """
    names = sorted(set(source))
    if len(names) < 2 or not any(wrong):
        return None
    code = np.array([names.index(name) for name in source])
    wrong, stratum = np.asarray(wrong, dtype=bool), np.asarray(stratum)
    parts = [np.flatnonzero(stratum == name) for name in sorted(set(stratum.tolist()))]
    expected = sum(np.bincount(code[part], minlength=len(names)) * wrong[part].mean() for part in parts)
    possible = expected > 0

    def concentration(flags: np.ndarray) -> float:
        found = np.bincount(code[flags], minlength=len(names))
        return float(((found - expected)[possible] ** 2 / expected[possible]).sum())

    random, least = np.random.default_rng(seed), concentration(wrong) * (1 - 1e-9)
    more = 0
    for _ in range(_DRAWS):
        shuffled = wrong.copy()
        for part in parts:
            shuffled[part] = random.permutation(wrong[part])
        more += concentration(shuffled) >= least
    found = Counter(code[wrong].tolist())
    top = max(range(len(names)), key=lambda i: found[i] - expected[i])
    p_value = (1 + more) / (_DRAWS + 1)
    strong = found[top] >= _MORE * float(expected[top])
    return Pattern(what, p_value, names[top], found[top], float(expected[top]), int(wrong.sum()), strong)


def holm(patterns: Sequence[Pattern]) -> list[float]:
    """Holm's adjusted p-values, in the order of the tests.

    >>> holm([Pattern("pairs", 0.01, "", 0, 0, 9), Pattern("source", 0.4, "", 0, 0, 9)])
    [0.02, 0.4]
    """
    order = sorted(range(len(patterns)), key=lambda i: patterns[i].p_value)
    adjusted, so_far = [0.0] * len(patterns), 0.0
    for place, i in enumerate(order):
        so_far = max(so_far, min(1.0, patterns[i].p_value * (len(patterns) - place)))
        adjusted[i] = so_far
    return adjusted
