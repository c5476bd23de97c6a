"""Artificial dev errors for strategies: a learning-rate valley, weaker knobs, one that does nothing, and noise."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from dlx.search import Space, Suggestion, Trial
from dlx.search.knob import Knob

SPACE = Space(
    (
        Knob("train.learning_rate", 1e-4, 1.0, "log"),
        Knob("train.momentum", 0.9, 0.999, "one_minus_log", domain=(0.0, 0.9999)),
        Knob("model.units.0", 8, 128, "log", whole=True, domain=(1, math.inf)),
        Knob("train.batch_size", values=(16, 32, 64, 128, 256)),
        Knob("model.activation", values=("relu", "tanh", "gelu")),
        Knob("model.l2", 1e-6, 1e-1, "log"),
    )
)


def valley(seed: int, *, noise: float = 0.02) -> Callable[[dict], float | None]:
    """A dev error with its lowest place anywhere inside; None (diverged) at the highest learning rates."""
    rng = np.random.default_rng([seed, 99, 1])
    centre, weights = rng.uniform(0.15, 0.85, 6), np.array([3.0, 0.8, 0.4, 0.2, 0.1, 0.0])

    def score(params: dict) -> float | None:
        away = np.array(SPACE.cube(params)) - centre
        away[0] += 0.4 * away[1]  # more momentum is a larger step: the valley runs across both
        if away[0] > 0.6:
            return None
        return 0.1 + 0.3 * (1 - math.exp(-2 * float(weights @ away**2))) + noise * rng.normal()

    return score


def run(strategy, score, *, count: int = 10_000, running: int = 0) -> list[Trial]:
    """Trials until the strategy stops, each ended before the next is asked for."""
    trials: list[Trial] = []
    while len(trials) < count and isinstance(suggestion := strategy.ask(len(trials), trials), Suggestion):
        trials.append(ended(len(trials), suggestion, score(suggestion.params)))
    return trials


def ended(number: int, suggestion: Suggestion, score: float | None) -> Trial:
    told = {"stage": suggestion.stage, "epochs": suggestion.epochs, "continues": suggestion.continues}
    return Trial(number, suggestion.params, "diverged" if score is None else "complete", score, **told)
