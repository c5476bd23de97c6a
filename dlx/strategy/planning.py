"""How many dev examples would decide which gap is the largest.

New samples are simulated at the posterior means, all measured rungs growing alike, and each gets the verdict's own
rule. Rates are simulated on the arcsine scale, where a proportion is nearly normal with variance 1/4n; so one set of
normal draws serves every size, and the whole search takes about a tenth of a second.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from dlx.strategy.gaps import ROPE, Step
from dlx.strategy.intervals import mover, wilson
from dlx.strategy.posterior import standard_error
from dlx.strategy.rungs import Rung

__all__ = ["CERTAIN", "LARGEST_FACTOR", "POWER", "chance_of_decision", "n_needed"]

#: Posterior probability at which a gap is called the largest.
CERTAIN = 0.90

#: Share of simulated samples that must decide.
POWER = 0.80

#: No dev set larger than this many times the present one is proposed.
LARGEST_FACTOR = 100

_SAMPLES, _DRAWS = 500, 256


def n_needed(
    rungs: Mapping[str, Rung], steps: Sequence[Step], *, bounded: bool = True, rope: float = ROPE, seed: int = 0
) -> int | None:
    """Dev examples at which four of five samples would decide, to two digits; None beyond 100 times the present n.

    Args:
        rungs: the known rungs; dev must have n, and every measured rung an interval.
        steps: the gaps that are candidates.
        bounded: whether errors lie in [0, 1].
        rope: smallest gap that matters, as a share of the dev error.
        seed: of the simulation.
    """
    present = rungs["dev"].n
    simulated = _simulation(rungs, bounded, seed)
    enough, too_few = float(LARGEST_FACTOR), 1.0
    if not present or _chance(simulated, steps, enough, rope) < POWER:
        return None
    while enough / too_few > 1.04:
        middle = math.sqrt(enough * too_few)
        if _chance(simulated, steps, middle, rope) < POWER:
            too_few = middle
        else:
            enough = middle
    return _two_digits(max(present * enough, present + 1))


def chance_of_decision(
    rungs: Mapping[str, Rung],
    steps: Sequence[Step],
    factor: float,
    *,
    bounded: bool = True,
    rope: float = ROPE,
    seed: int = 0,
) -> float:
    """Chance that samples ``factor`` times the present size decide, if the posterior means are the truth."""
    return _chance(_simulation(rungs, bounded, seed), steps, factor, rope)


@dataclass(frozen=True)
class _Simulated:
    """Standard normal draws for one rung: of the sample (S, 1) and, given it, of the posterior (S, D)."""

    rung: Rung
    bounded: bool
    sample: np.ndarray
    posterior: np.ndarray

    def at(self, factor: float) -> tuple[tuple, np.ndarray]:
        """Observed (value, low, high), each (S, 1), and posterior draws (S, D), with ``factor`` times the rows."""
        rung, z = self.rung, ndtri(0.975)
        if not rung.has_interval:
            constant = np.full_like(self.sample, rung.error)
            return (constant, constant, constant), np.broadcast_to(constant, self.posterior.shape)
        if not (self.bounded and rung.n_eff):
            se = standard_error(rung) / math.sqrt(factor)
            seen = rung.error + se * self.sample
            return (seen, seen - z * se, seen + z * se), seen + se * self.posterior
        n, wrong = rung.n_eff * factor, rung.error * rung.n_eff
        mean = (wrong + 0.5) / (rung.n_eff + 1)
        seen = _squared_sine(math.asin(math.sqrt(mean)) + self.sample / (2 * math.sqrt(n)))
        centre = np.arcsin(np.sqrt((seen * n + 0.5) / (n + 1)))
        return (seen, *wilson(seen, n)), _squared_sine(centre + self.posterior / (2 * math.sqrt(n + 1)))


def _squared_sine(angle: np.ndarray) -> np.ndarray:
    return np.sin(np.clip(angle, 0.0, math.pi / 2)) ** 2


def _simulation(rungs: Mapping[str, Rung], bounded: bool, seed: int) -> dict[str, _Simulated]:
    generator = np.random.default_rng(seed)
    return {
        name: _Simulated(
            rung, bounded, generator.standard_normal((_SAMPLES, 1)), generator.standard_normal((_SAMPLES, _DRAWS))
        )
        for name, rung in rungs.items()
    }


def _chance(simulated: Mapping[str, _Simulated], steps: Sequence[Step], factor: float, rope: float) -> float:
    grown = {name: rung.at(factor) for name, rung in simulated.items()}
    least = rope * grown["dev"][0][0]
    posterior = np.stack([grown[s.upper.name][1] - grown[s.lower.name][1] for s in steps])
    winner = posterior.argmax(axis=0)
    decided = np.zeros(_SAMPLES, dtype=bool)
    for i, step in enumerate(steps):
        low, _ = mover(grown[step.lower.name][0], grown[step.upper.name][0])
        decided |= ((winner == i).mean(axis=1) >= CERTAIN) & (low >= least)[:, 0]
    return float(decided.mean())


def _two_digits(number: float) -> int:
    """Rounded up to two significant digits: the simulation knows no more."""
    step = 10 ** max(math.floor(math.log10(number)) - 1, 0)
    return math.ceil(number / step) * step
