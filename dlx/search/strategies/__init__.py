"""Strategies: what to try next, as a function of space, seed and the trials so far. One file each."""

from __future__ import annotations

import importlib
from typing import Any

from dlx.errors import unknown
from dlx.search.space import Space
from dlx.search.trial import Strategy

__all__ = ["NAMES", "make"]

#: name → module and class
NAMES = {
    "coarse-to-fine": ("coarse_to_fine", "CoarseToFine"),
    "random": ("random", "Random"),
    "grid": ("grid", "Grid"),
    "bayesian": ("bayesian", "Bayesian"),
    "hyperband": ("hyperband", "Hyperband"),
}


def make(
    name: str,
    space: Space,
    *,
    seed: int = 0,
    trials: int = 24,
    greater_is_better: bool = False,
    epochs: int | None = None,
) -> Strategy:
    """A strategy by name.

    Args:
        name: ``coarse-to-fine``, ``random``, ``grid``, ``bayesian`` or ``hyperband``.
        space: what may be tried.
        seed: of the suggestions; with a trial's number it decides those of random, grid and each coarse-to-fine stage.
        trials: how many there will be; the strategy stops there.
        greater_is_better: the sense of scores.
        epochs: passes over train of a full trial, the recipe's ``train.epochs``; hyperband divides them.

    Raises:
        UserError: no such strategy, or one that does not fit the space.
    """
    if name not in NAMES:
        raise unknown("strategy", name, NAMES)
    module, entry = NAMES[name]
    made = getattr(importlib.import_module(f"dlx.search.strategies.{module}"), entry)
    settings: dict[str, Any] = {"seed": seed, "trials": trials, "greater_is_better": greater_is_better}
    return made(space, **settings, **({"epochs": epochs} if name == "hyperband" else {}))
