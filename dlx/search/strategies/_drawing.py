"""Drawing points of the unit cube: alone by (seed, number), or spread over a box by (seed, stage)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dlx.search.space import Space, key
from dlx.search.trial import Trial

__all__ = ["first_points", "fresh", "spread"]

#: Draws before a space counts as exhausted; in a finite space of which a tenth is left, one in 10⁹ misses that often.
_ATTEMPTS = 200


def first_points(space: Space, number: int) -> dict[str, Any] | None:
    """The point to try as that number, where it is one of those to try first."""
    points = space.first()
    return points[number] if number < len(points) else None


def fresh(
    space: Space,
    seed: Sequence[int],
    trials: Sequence[Trial],
    *,
    cube: Callable[[np.ndarray], np.ndarray] = lambda u: u,
    start: np.ndarray | None = None,
) -> dict[str, Any] | None:
    """Parameters that no trial had, drawn again and again from the same seed; None when all seem to be taken.

    Args:
        space: to draw in.
        seed: of the draws, e.g. (seed, number).
        trials: whose parameters are not repeated.
        cube: from even draws to the points meant, e.g. into a box.
        start: tried before any draw.
    """
    taken = {key(trial.params) for trial in trials}
    draws = np.random.default_rng(list(seed))
    for attempt in range(_ATTEMPTS):
        place = start if attempt == 0 and start is not None else cube(draws.random(len(space.knobs)))
        params = space.at([float(u) for u in place])
        if key(params) not in taken:
            return params
    return None


def spread(count: int, dimensions: int, seed: Sequence[int], *, designs: int = 64) -> np.ndarray:
    """Points that fill the unit cube: a Latin hypercube, the one of several whose closest points are furthest apart.

    On each axis every one of ``count`` equal intervals holds exactly one point, so that no two trials share a value of
    the knob that matters, whichever it is (rule P34).

    Args:
        count: points.
        dimensions: of the cube.
        seed: of the design.
        designs: how many are compared.

    Returns:
        array (count, dimensions).
    """
    draws = np.random.default_rng(list(seed))
    best, widest = np.empty((count, dimensions)), -1.0
    for _ in range(designs):
        order = draws.random((count, dimensions)).argsort(axis=0)
        points = (order + draws.random((count, dimensions))) / count
        gaps = ((points[:, None] - points[None]) ** 2).sum(-1) + np.eye(count) * 1e9
        if gaps.min() > widest:
            best, widest = points, float(gaps.min())
    return best
