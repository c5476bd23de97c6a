"""A box in the unit cube: what a coarse-to-fine search zooms into."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dlx.search.knob import Knob
from dlx.search.space import Space

__all__ = ["Box", "Side", "around", "whole"]

#: Least width of a side around three, two or one good trials: the fewer there are, the less is known.
_LEAST = {3: 0.1, 2: 0.25, 1: 0.5}
#: A good trial this close to the end of a range sits on the edge,
_EDGE = 0.05
#: another in this outer part of it agrees,
_OUTER = 0.25
#: and the range is then searched that much further, in parts of its length and at most half of it in all.
_FURTHER, _AT_MOST = 0.15, 0.5


@dataclass(frozen=True)
class Side:
    """What is searched of one knob.

    Attributes:
        low: place of the lower end; below 0 it lies beyond the recipe's range.
        high: place of the upper end; above 1 it lies beyond.
        weights: of the listed values of a knob whose values have no order, 0 for those left out; None for others.
    """

    low: float = 0.0
    high: float = 1.0
    weights: tuple[float, ...] | None = None

    def at(self, u: float) -> float:
        """The place of an even draw from 0–1."""
        if self.weights is None:
            return self.low + (self.high - self.low) * u
        share = np.cumsum(self.weights) / sum(self.weights)
        return (int(np.searchsorted(share, u, side="right").clip(0, len(share) - 1)) + 0.5) / len(share)

    def text(self, knob: Knob) -> str:
        """The values in it, for people."""
        if self.weights is None:
            return knob.text(self.low, self.high)
        kept = [value for value, weight in zip(knob.values, self.weights, strict=True) if weight]
        return ", ".join(str(value) for value in kept)


@dataclass(frozen=True)
class Box:
    """One side per knob of the space."""

    sides: tuple[Side, ...]

    def at(self, cube: Sequence[float]) -> np.ndarray:
        """A point of the box from a point of the unit cube."""
        return np.array([side.at(float(u)) for side, u in zip(self.sides, cube, strict=True)])

    def ranges(self, space: Space) -> dict[str, str]:
        """Knob → what is searched of it, for people."""
        return {knob.path: side.text(knob) for knob, side in zip(space.knobs, self.sides, strict=True)}

    def beyond(self, space: Space) -> list[str]:
        """A sentence for each end at which the box goes beyond the recipe's range."""
        said = []
        for knob, side in zip(space.knobs, self.sides, strict=True):
            if side.low < 0 and knob.at(side.low) < knob.low:
                said.append(f"{knob.path} goes below {knob.low:g}, since the best trials sit on that edge")
            if side.high > 1 and knob.at(side.high) > knob.high:
                said.append(f"{knob.path} goes above {knob.high:g}, since the best trials sit on that edge")
        return said


def whole(space: Space) -> Box:
    """The recipe's ranges."""
    return Box(tuple(Side(weights=None if knob.ordered else (1.0,) * knob.size) for knob in space.knobs))


def around(space: Space, best: Sequence[dict[str, Any]], lost: Sequence[set[int]]) -> Box:
    """The smallest box that holds some good settings, no side narrower than so few trials allow.

    Args:
        space: the space.
        best: settings, best first.
        lost: per knob, the listed values without order that are left out, by index.
    """
    cubes = [space.cube(params) for params in best]
    sides = []
    for i, knob in enumerate(space.knobs):
        places = [cube[i] for cube in cubes if not math.isnan(cube[i])]
        if not knob.ordered:
            counts = [1.0 + sum(int(u * knob.size) == k for u in places) for k in range(knob.size)]
            sides.append(Side(weights=tuple(0.0 if k in lost[i] else count for k, count in enumerate(counts))))
        else:
            sides.append(_side(knob, places))
    return Box(tuple(sides))


def _side(knob: Knob, places: list[float]) -> Side:
    if not places:
        return Side()  # counts in none of the best trials
    low, high, middle = min(places), max(places), (min(places) + max(places)) / 2
    half = max(high - low, _LEAST[min(len(places), 3)]) / 2
    start, end = middle - half, middle + half
    if not knob.widens:  # neighbours that the best trials touch are searched whole
        cell = 1.0 / knob.size
        return Side(max(math.floor(start / cell + 1e-9) * cell, 0.0), min(math.ceil(end / cell - 1e-9) * cell, 1.0))
    start, end = max(start, min(low, 0.0)), min(end, max(high, 1.0))
    agree = sorted(places)
    if places[0] <= _EDGE and len(places) > 1 and agree[1] <= _OUTER:
        start = max(min(start, low - _FURTHER), -_AT_MOST)
    if places[0] >= 1 - _EDGE and len(places) > 1 and agree[-2] >= 1 - _OUTER:
        end = min(max(end, high + _FURTHER), 1 + _AT_MOST)
    return Side(start, end)
