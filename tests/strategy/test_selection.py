"""Optimism of the best of k: against tables, exact cases and simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest

from dlx.strategy.selection import contenders, expected_maximum, expected_optimism, optimism


@pytest.mark.parametrize(
    ("count", "value"),
    [  # 0, 1/√π, 3/(2√π); the others from published tables of normal order statistics (Harter 1961)
        (1, 0.0),
        (2, 1 / math.sqrt(math.pi)),
        (3, 1.5 / math.sqrt(math.pi)),
        (5, 1.16296),
        (10, 1.53875),
        (20, 1.86748),
        (50, 2.24907),
        (100, 2.50759),
    ],
)
def test_expected_maximum(count, value):
    assert expected_maximum(count) == pytest.approx(value, abs=1e-5)


def models(rng, *, count, examples, error, shared):
    """0/1 errors of equal models: with probability ``shared`` an example's fate is the same for all."""
    common = rng.random(examples) < error
    own = rng.random((count, examples)) < error
    return np.where(rng.random(examples) < shared, common, own).astype(float)


@pytest.mark.parametrize(
    ("count", "examples", "error", "shared"), [(10, 300, 0.1, 0.3), (24, 359, 0.05, 0.5), (50, 1000, 0.2, 0.0)]
)
def test_the_formula_agrees_with_simulation(count, examples, error, shared):
    rng = np.random.default_rng(0)
    drawn = [models(rng, count=count, examples=examples, error=error, shared=shared) for _ in range(600)]
    truth = error - np.mean([errors.mean(axis=1).min() for errors in drawn])
    estimated = np.mean([optimism(errors).value for errors in drawn[:60]])
    assert estimated == pytest.approx(truth, rel=0.2)  # statistics 3.10: they agree within a tenth or two


def test_correlation_and_variance_are_those_of_the_errors():
    rng = np.random.default_rng(1)
    errors = models(rng, count=8, examples=20_000, error=0.3, shared=0.4)
    found = optimism(errors)
    assert found.correlation == pytest.approx(0.4, abs=0.02)
    by_hand = math.sqrt(0.3 * 0.7 / 20_000) * math.sqrt(0.6) * expected_maximum(found.contenders)
    assert found.value == pytest.approx(by_hand, rel=0.03)
    assert (found.trials, found.examples) == (8, 20_000)


def test_trials_that_had_no_chance_do_not_count():
    rng = np.random.default_rng(2)
    good = models(rng, count=5, examples=500, error=0.05, shared=0.2)
    bad = models(rng, count=40, examples=500, error=0.6, shared=0.2)
    assert optimism(np.vstack([good, bad])).value == optimism(good).value
    assert contenders(np.vstack([bad, good]))[:40].sum() == 0


def test_one_trial_or_copies_of_one_are_not_optimistic():
    one = (np.arange(100) % 7 == 0).astype(float)
    assert optimism(one[None]).value == 0
    assert optimism(np.stack([one] * 9)).value == pytest.approx(0, abs=1e-8)
    never = optimism(np.zeros((3, 50)))
    assert never.value == 0
    assert never.correlation is None


def test_the_order_of_trials_and_examples_does_not_matter():
    rng = np.random.default_rng(3)
    errors = models(rng, count=12, examples=200, error=0.1, shared=0.3)
    turned = errors[rng.permutation(12)][:, rng.permutation(200)]
    assert optimism(turned).value == pytest.approx(optimism(errors).value, rel=1e-12)


@pytest.mark.parametrize("errors", [np.zeros((0, 5)), np.zeros((3, 1)), np.zeros(4)])
def test_nothing_to_compare_is_refused(errors):
    with pytest.raises(ValueError, match="trials, examples"):
        optimism(errors)


def test_the_bare_formula_agrees_with_simulation():
    rng, k, n, error, shared = np.random.default_rng(0), 8, 500, 0.1, 0.6
    seen = []
    for _ in range(800):
        common, own = rng.random(n) < error, rng.random((k, n)) < error
        seen.append(error - np.where(rng.random(n) < shared, common, own).mean(axis=1).min())
    assert expected_optimism(error, n, k, correlation=shared) == pytest.approx(np.mean(seen), rel=0.08)
    assert expected_optimism(error, n, 1) == pytest.approx(0, abs=1e-12)
