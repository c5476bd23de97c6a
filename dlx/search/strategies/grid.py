"""Every combination of a few values per knob: for few knobs of small range (systems S37, rule P36)."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from dlx.errors import UserError
from dlx.search.space import Space, key
from dlx.search.trial import STOP, Suggestion, Trial

__all__ = ["Grid"]

_LARGEST = 100_000


@dataclass(frozen=True)
class Grid:
    """The recipe's start points, then the grid, shuffled by the seed: half a grid is then spread over all of it.

    Listed and stepped values all take part. What is a continuum gets as many values, spaced evenly on its scale with
    both ends, as the number of trials allows: at least two. See :func:`dlx.search.make`.
    """

    space: Space
    seed: int = 0
    trials: int = 24
    greater_is_better: bool = False

    def __post_init__(self):
        if math.prod(len(values) for values in self.values) > _LARGEST:
            sizes = ", ".join(f"{k.path} {len(v)}" for k, v in zip(self.space.knobs, self.values, strict=True))
            raise UserError(
                f"a grid has at most {_LARGEST:,} settings",
                value=math.prod(len(values) for values in self.values),
                where="search",
                hint=f"Give it fewer values or a step ({sizes}), or search with random or coarse-to-fine.",
            )

    @property
    def size(self) -> int:
        """Settings of the whole grid, with the points to try first."""
        return len(self._list)

    @functools.cached_property
    def values(self) -> list[list[Any]]:
        """The values per knob."""
        knobs = self.space.knobs
        free = sum(_free(knob) for knob in knobs)
        listed = math.prod(knob.size for knob in knobs if not _free(knob))
        count = 2
        while free and listed * (count + 1) ** free <= self.trials:
            count += 1
        return [knob.spaced(count if _free(knob) else knob.size) for knob in knobs]

    @functools.cached_property
    def _list(self) -> list[dict[str, Any]]:
        grid = list(self.space.combinations(self.values))
        order = np.random.default_rng(self.seed).permutation(len(grid))
        first = [dict(point) for point in self.space.start]
        by_key = {key(params): params for params in [*first, *(grid[i] for i in order)]}
        return list(by_key.values())

    def ask(self, number: int, trials: Sequence[Trial]) -> Suggestion | Literal["wait", "stop"]:
        """See :class:`dlx.search.Strategy`."""
        return Suggestion(dict(self._list[number])) if number < min(self.trials, self.size) else STOP

    def stages(self, trials: Sequence[Trial]) -> list[dict[str, Any]]:
        """None: all trials are alike."""
        return []


def _free(knob: Any) -> bool:
    """Whether the knob has more values than a grid would take: a continuum, or whole numbers without a step."""
    return knob.values is None and knob.step is None
