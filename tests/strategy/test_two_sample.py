"""Classifier two-sample test and near-duplicates: laws, and what is known of simple distributions."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import kstest

from dlx.strategy.two_sample import near_duplicates, two_sample_test


def test_one_distribution_gives_uniform_p_values_and_limits_that_cover_one_half():
    rng = np.random.default_rng(0)
    found = [two_sample_test(*rng.normal(size=(2, 60, 8)), permutations=49, seed=i) for i in range(120)]
    # on a grid of 1/50, ties upwards: the distance to uniform stays below Kolmogorov's 1 % point
    assert kstest([one.p_value for one in found], "uniform").pvalue > 0.01
    covered = np.mean([one.low <= 0.5 <= one.high for one in found])
    assert 0.88 <= covered <= 1.0  # 95 % within four standard errors
    assert np.mean([one.told_apart for one in found]) <= 0.05 + 4 * math.sqrt(0.05 * 0.95 / 120)


def test_what_is_far_apart_is_told_always_and_surely():
    rng = np.random.default_rng(1)
    a, b = rng.normal(size=(2, 100, 5))
    found = two_sample_test(a, b + 20)
    assert found.accuracy == 1
    assert found.high == 1
    assert found.p_value == 1 / 1000  # never 0
    assert found.told_apart
    assert found.to_dict()["n"] == 200


@pytest.mark.parametrize("distance", [0.5, 1.0, 2.0])
def test_two_normal_distributions_are_told_as_often_as_theory_says(distance):
    # the best classifier of N(0, 1) and N(d, 1) is right with probability Φ(d / 2)
    truth = 0.5 * (1 + math.erf(distance / 2 / math.sqrt(2)))
    rng = np.random.default_rng(2)
    found = []
    for seed in range(40):
        a, b = rng.normal(size=(2, 250, 1))
        found.append(two_sample_test(a, b + distance, permutations=19, seed=seed))
    assert np.mean([one.accuracy for one in found]) == pytest.approx(truth, abs=4 * 0.5 / math.sqrt(500 * 40))
    assert np.mean([one.low <= truth <= one.high for one in found]) >= 0.85


def test_the_larger_sample_is_thinned_so_that_guessing_is_one_half():
    rng = np.random.default_rng(3)
    found = two_sample_test(rng.normal(size=(900, 4)), rng.normal(size=(50, 4)), permutations=99)
    assert found.n == 100
    assert found.accuracy < 0.7


def test_the_order_of_columns_and_their_units_do_not_matter():
    rng = np.random.default_rng(4)
    a, b = rng.normal(size=(2, 80, 4)) + np.array([[[0.0]], [[0.4]]])
    one = two_sample_test(a, b, permutations=49)
    other = two_sample_test(a[:, ::-1] * 1000 + 5, b[:, ::-1] * 1000 + 5, permutations=49)
    assert one.accuracy == pytest.approx(other.accuracy, abs=0.02)


def test_too_few_examples_are_refused():
    with pytest.raises(ValueError, match="needs 10 examples of each sample, not 9"):
        two_sample_test(np.zeros((9, 2)), np.zeros((50, 2)))


def test_independent_patterns_are_no_near_duplicates_and_copies_are():
    rng = np.random.default_rng(5)
    images = rng.random((60, 16, 16, 3))
    assert near_duplicates(images) == 0
    noisy = np.clip(images[:15] + rng.normal(scale=0.02, size=(15, 16, 16, 3)), 0, 1)
    assert near_duplicates(np.concatenate([images, noisy])) == pytest.approx(30 / 75)
    # the same pattern in quite other light is another picture
    assert near_duplicates(np.stack([images[0], images[0] * 0.5])) == 0


def test_plain_images_are_alike_by_their_colour():
    plain = np.ones((4, 8, 8, 1)) * np.array([0.1, 0.12, 0.5, 0.9]).reshape(4, 1, 1, 1)
    assert near_duplicates(plain) == 0.5
    assert near_duplicates(plain[:1]) == 0
