"""What each further member brings: dev error by the size of the ensemble."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations, islice
from typing import Any

import numpy as np

__all__ = ["Size", "by_size", "expected_of_twice"]

#: Up to so many subsets of one size all are scored; of more, this many drawn at random.
MOST = 20


@dataclass(frozen=True)
class Size:
    """Ensembles of one size.

    Attributes:
        members: how many.
        value: mean of the metric over subsets of the members.
        subsets: how many were scored.
        exact: whether these are all there are.
    """

    members: int
    value: float
    subsets: int
    exact: bool

    def to_dict(self) -> dict[str, Any]:
        """As JSON data."""
        return asdict(self)


def by_size(
    own: Sequence[float], whole: float, value: Callable[[Sequence[int]], float], *, seed: int = 0
) -> tuple[Size, ...]:
    """The metric by size: of one member on average, of all, and in between the mean over subsets.

    >>> [size.value for size in by_size([4.0, 2.0, 6.0], 1.0, lambda members: 3.0)]
    [4.0, 3.0, 1.0]

    Args:
        own: the metric of each member.
        whole: of the average of all.
        value: positions of members → the metric of their average.
        seed: of subsets that are drawn.
    """
    k = len(own)
    made = [Size(1, float(np.mean(own)), k, True)]
    for size in range(2, k):
        count = math.comb(k, size)
        chosen = list(combinations(range(k), size)) if count <= MOST else list(_drawn(k, size, seed))
        made.append(Size(size, float(np.mean([value(each) for each in chosen])), len(chosen), count <= MOST))
    return (*made, Size(k, float(whole), 1, True)) if k > 1 else tuple(made)


def _drawn(k: int, size: int, seed: int) -> Iterator[tuple[int, ...]]:
    """``MOST`` different subsets, each equally probable."""
    generator = np.random.default_rng([seed, size])
    seen: set[tuple[int, ...]] = set()

    def fresh() -> Iterator[tuple[int, ...]]:
        while True:
            drawn = tuple(sorted(generator.choice(k, size, replace=False).tolist()))
            if drawn not in seen:
                seen.add(drawn)
                yield drawn

    return islice(fresh(), MOST)


def expected_of_twice(sizes: Sequence[Size]) -> float | None:
    """By how much the metric would change if there were twice as many members; None where there is nothing to go by.

    For the squared error of members that are exchangeable, E(k) = E(∞) + (E(1) − E(∞))/k holds exactly (the variance of
    a mean; Krogh & Vedelsby 1995), hence E(2k) − E(k) = (E(k) − E(1)) / (2(k − 1)). Other errors follow it roughly.

    >>> expected_of_twice([Size(1, 3.0, 4, True), Size(4, 1.5, 1, True)])
    -0.25
    """
    if len(sizes) < 2:
        return None
    first, last = sizes[0], sizes[-1]
    return (last.value - first.value) / (2 * (last.members - 1))
