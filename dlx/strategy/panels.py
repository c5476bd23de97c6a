"""Several votes on one example: the majority, and how a panel of fewer people would have done."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from functools import lru_cache

import numpy as np

__all__ = ["majority", "panel_error"]


def majority(counts: np.ndarray, coin: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The answer that most people gave; among equal ones a fair coin decides.

    In expectation that splits a tie evenly, as it should be, and yet every decision is one label, which tables of
    confusions and paired tests can use.

    Args:
        counts: (n, answers) votes.
        coin: (n,) numbers in [0, 1), fixed by the example alone.

    Returns:
        (n,) the position of the answer, −1 without votes; (n,) whether it was a tie.
    """
    counts, coin = np.asarray(counts), np.asarray(coin)
    best = counts.max(axis=1, initial=0)
    equal = (counts == best[:, None]) & (best[:, None] > 0)
    many = equal.sum(axis=1)
    wanted = np.minimum((coin * many).astype(int), np.maximum(many - 1, 0))
    place = np.argmax(np.cumsum(equal, axis=1) > wanted[:, None], axis=1)
    return np.where(many > 0, place, -1), many > 1


def panel_error(counts: np.ndarray, truth: Sequence[int], size: int) -> np.ndarray:
    """How likely the majority of ``size`` of the votes, drawn at random, is wrong; ties are split evenly.

    >>> panel_error([[2, 1]], [0], 1).round(4).tolist(), panel_error([[2, 1]], [0], 3).tolist()
    ([0.3333], [0.0])

    Args:
        counts: (n, answers) votes, at least ``size`` on each example.
        truth: (n,) the position of the right answer; −1 where no column is.
        size: votes on the panel, from 1 up.

    Returns:
        (n,) probabilities, exact.
    """
    wrong = []
    for row, right in zip(np.asarray(counts).astype(int).tolist(), truth, strict=True):
        mine = row[right] if right >= 0 else 0
        others = tuple(sorted(c for i, c in enumerate(row) if i != right and c))
        wrong.append(_wrong(mine, others, size))
    return np.asarray(wrong)


@lru_cache(maxsize=100_000)
def _wrong(right: int, others: tuple[int, ...], size: int) -> float:
    if not others:
        return 0.0
    if not right:
        return 1.0
    every, wrong = math.comb(right + sum(others), size), 0.0
    for hits in range(min(right, size) + 1):
        for drawn in _draws(others, size - hits):
            ways = math.comb(right, hits) * math.prod(itertools.starmap(math.comb, zip(others, drawn, strict=True)))
            best = max(drawn)
            share = 1 / (1 + drawn.count(best)) if hits == best else float(hits > best)
            wrong += (1 - share) * ways
    return wrong / every


def _draws(available: tuple[int, ...], size: int) -> Iterator[tuple[int, ...]]:
    """All ways to take ``size`` votes from piles of these heights."""
    if len(available) == 1:
        if size <= available[0]:
            yield (size,)
        return
    for first in range(max(0, size - sum(available[1:])), min(available[0], size) + 1):
        for rest in _draws(available[1:], size - first):
            yield (first, *rest)
