"""Laws of error against the number of training examples, fitted for many draws at once.

Each law is ``c + a·g(x; θ)`` with c ≥ 0 and a ≥ 0. For a fixed θ the best c and a have a closed form (variable
projection, Golub & Pereyra 1973), so that only θ is searched, on a grid fine enough for errors that are known to two
digits: a thousand fits take milliseconds and none gets stuck, which a general optimiser's do where a law degenerates.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

__all__ = ["LAWS", "Fits", "Law", "fit"]


@dataclass(frozen=True)
class Law:
    """A falling function of the number of examples.

    Attributes:
        name: ``power``, ``shifted power`` or ``exponential``.
        formula: as people write it.
        basis: (x, θ) → g, broadcast; x is the size over the largest size measured.
        grid: (candidates, parameters) values of θ.
    """

    name: str
    formula: str
    basis: Callable[[np.ndarray, np.ndarray], np.ndarray]
    grid: np.ndarray


@dataclass(frozen=True)
class Fits:
    """One law fitted to many draws.

    Attributes:
        law: the law.
        theta: (draws, parameters).
        a: (draws,) height at g = 1.
        c: (draws,) what no amount of data removes.
    """

    law: Law
    theta: np.ndarray
    a: np.ndarray
    c: np.ndarray

    def at(self, x: np.ndarray | float) -> np.ndarray:
        """(draws, len(x)) errors at sizes x, in units of the largest size measured."""
        x = np.atleast_1d(np.asarray(x, dtype=float))
        return self.c[:, None] + self.a[:, None] * self.law.basis(x[None, :, None], self.theta[:, None, :])


def fit(law: Law, x: np.ndarray, y: np.ndarray, sigma: np.ndarray) -> Fits:
    """Weighted least squares under c ≥ 0 and a ≥ 0.

    Args:
        law: the law.
        x: (sizes,) sizes over the largest size measured.
        y: (draws, sizes) errors.
        sigma: (sizes,) their standard errors, above 0.
    """
    weight = 1 / sigma**2
    g = law.basis(x[None, :, None], law.grid[:, None, :])  # (candidates, sizes)
    total, sum_g, sum_gg = weight.sum(), g @ weight, (g * g) @ weight
    sum_y, sum_gy = y @ weight, (y * weight) @ g.T  # (draws,), (draws, candidates)
    spread = np.maximum(total * sum_gg - sum_g**2, 1e-300)
    a = np.maximum((total * sum_gy - sum_y[:, None] * sum_g) / spread, 0.0)
    c = (sum_y[:, None] - a * sum_g) / total
    a = np.where(c < 0, np.maximum(sum_gy / sum_gg, 0.0), a)
    c = np.maximum(c, 0.0)
    # Σ w (y − c − a g)², without the part that no fit changes
    loss = c**2 * total + a**2 * sum_gg + 2 * a * c * sum_g - 2 * c * sum_y[:, None] - 2 * a * sum_gy
    best = loss.argmin(axis=1)
    rows = np.arange(len(y))
    return Fits(law, law.grid[best], a[rows, best], c[rows, best])


def _power(x: np.ndarray, theta: np.ndarray) -> np.ndarray:
    return x[..., 0] ** -theta[..., 0]


def _shifted(x: np.ndarray, theta: np.ndarray) -> np.ndarray:
    return (x[..., 0] + theta[..., 1]) ** -theta[..., 0]


def _exponential(x: np.ndarray, theta: np.ndarray) -> np.ndarray:
    return np.exp(-theta[..., 0] * x[..., 0])


def _table(*columns: np.ndarray) -> np.ndarray:
    return np.stack(np.meshgrid(*columns, indexing="ij"), axis=-1).reshape(-1, len(columns))


#: 0 < b ≤ 2 as in Hestness et al. (2017); the shift up to twice the largest size flattens the beginning of the curve.
LAWS = (
    Law("power", "c + a·n^(−b)", _power, _table(np.geomspace(0.02, 2, 120))),
    Law("shifted power", "c + a·(n + d)^(−b)", _shifted, _table(np.geomspace(0.02, 2, 60), np.geomspace(0.01, 2, 16))),
    Law("exponential", "c + a·e^(−b·n)", _exponential, _table(np.geomspace(0.05, 60, 120))),
)
