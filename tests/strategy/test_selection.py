"""How much too good the best of several looks, against simulations of the very thing."""

from __future__ import annotations

import math

import numpy as np
import pytest

from dlx.strategy.selection import expected_maximum, optimism, optimism_of


@pytest.mark.parametrize(
    ("k", "expected"), [(1, 0.0), (2, 1 / math.sqrt(math.pi)), (3, 1.5 / math.sqrt(math.pi)), (10, 1.53875)]
)
def test_the_mean_of_the_largest_of_k_normal_draws(k, expected):
    """Exact for 2 and 3; the table of order statistics for 10."""
    assert expected_maximum(k) == pytest.approx(expected, abs=1e-4)


def correlated(k: int, n: int, error: float, shared: float, rng) -> np.ndarray:
    """Errors of k equally good models: with probability ``shared`` an example's outcome is common to all."""
    common, own = rng.random(n) < error, rng.random((k, n)) < error
    return np.where(rng.random(n) < shared, common, own).astype(float)


@pytest.mark.parametrize("shared", [0.0, 0.6])
def test_simulated_optimism(shared):
    rng, k, n, error = np.random.default_rng(0), 8, 500, 0.1
    drawn = [correlated(k, n, error, shared, rng) for _ in range(800)]
    seen = np.mean([error - each.mean(axis=1).min() for each in drawn])
    # pairwise correlation is ``shared``; what is common to all moves the best too, but not on average
    assert optimism(error, n, k, correlation=shared) == pytest.approx(seen, rel=0.08)
    assert np.mean([optimism_of(each) for each in drawn]) == pytest.approx(seen, rel=0.08)


def test_models_that_err_alike_are_not_too_good():
    same = np.tile(np.random.default_rng(0).random(100) < 0.2, (5, 1)).astype(float)
    assert optimism_of(same) == pytest.approx(0, abs=1e-12)
