"""Which gap is the largest, as a probability: draws from the posteriors of the rungs.

Neighbouring gaps share a rung, so their draws are correlated as they should be (statistics: Jeffreys prior).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from scipy.special import ndtri

from dlx.strategy.gaps import Step
from dlx.strategy.rungs import RUNGS, Rung

__all__ = ["DRAWS", "draws", "p_largest", "standard_error"]

DRAWS = 4_000


def draws(
    rungs: Mapping[str, Rung],
    *,
    bounded: bool = True,
    paired: tuple[int, int, int, int] | None = None,
    seed: int = 0,
    size: int = DRAWS,
) -> dict[str, np.ndarray]:
    """Posterior draws of every rung.

    In [0, 1]: Beta(p̂n* + ½, q̂n* + ½). Other means: Student's t around the estimate. Bootstrap rungs bring their own
    draws. A figure without n is a constant.

    Args:
        rungs: the known rungs by name.
        bounded: whether errors lie in [0, 1].
        paired: counts on the rows that humans and the model both judged: (both wrong, only human wrong, only model
            wrong, both right); their errors are then drawn together from Dirichlet(counts + ½).
        seed: of the generator; the same rungs give the same draws.
        size: number of draws.

    Returns:
        rung → (size,) draws.
    """
    generator = np.random.default_rng(seed)
    made = {name: _draw(rungs[name], bounded, generator, size) for name in RUNGS if name in rungs}
    if paired is not None and {"human", "dev"} <= made.keys():
        cells = generator.dirichlet(np.asarray(paired, dtype=float) + 0.5, size=size)
        made["human"], made["dev"] = cells[:, 0] + cells[:, 1], cells[:, 0] + cells[:, 2]
    return made


def p_largest(steps: Sequence[Step], drawn: Mapping[str, np.ndarray]) -> dict[tuple[str, ...], float]:
    """Share of draws in which each step is the largest, by the names of the gaps it spans; sums to 1."""
    if not steps:
        return {}
    sizes = np.stack([drawn[step.upper.name] - drawn[step.lower.name] for step in steps])
    wins = np.bincount(sizes.argmax(axis=0), minlength=len(steps)) / sizes.shape[1]
    return {step.names: float(share) for step, share in zip(steps, wins, strict=True)}


def _draw(rung: Rung, bounded: bool, generator: np.random.Generator, size: int) -> np.ndarray:
    if rung.draws is not None:
        return np.asarray(rung.draws) if len(rung.draws) == size else generator.choice(rung.draws, size)
    if not rung.has_interval:
        return np.full(size, rung.error)
    if bounded and rung.n_eff:
        wrong = rung.error * rung.n_eff
        return generator.beta(wrong + 0.5, rung.n_eff - wrong + 0.5, size)
    freedom = max((rung.groups or rung.n or 1_000) - 1, 1)
    return rung.error + standard_error(rung) * generator.standard_t(freedom, size)


def standard_error(rung: Rung) -> float:
    """Standard error of a rung with an interval: its own, or the one that a normal interval of that width has."""
    if rung.se:
        return rung.se
    return float(np.std(rung.draws)) if rung.draws is not None else (rung.high - rung.low) / (2 * float(ndtri(0.975)))
