"""Panels, people as a sample, and the Bayes error from votes: hand calculations and simulations."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import stats

from dlx.errors import UserError
from dlx.strategy.bayes_error import cover_hart, soft_label_error
from dlx.strategy.crossed import crossed_rung
from dlx.strategy.panels import majority, panel_error


def test_a_majority_is_the_answer_of_most():
    place, tied = majority([[1, 2, 0], [0, 0, 0], [0, 0, 3]], [0.9, 0.9, 0.0])
    assert place.tolist() == [1, -1, 2]
    assert not tied.any()


def test_ties_are_split_evenly_over_many_examples():
    coin = np.random.default_rng(0).random(4_000)
    place, tied = majority(np.tile([2, 0, 2, 1], (4_000, 1)), coin)
    assert tied.all()
    assert set(place) == {0, 2}
    assert abs((place == 0).mean() - 0.5) < 0.03


@pytest.mark.parametrize("votes", [(0, 0, 0, 1, 2), (0, 1, 1, 2, 2, 0), (1, 1, 2)])
@pytest.mark.parametrize("size", [1, 2, 3])
def test_a_smaller_panel_is_the_mean_over_all_smaller_panels(votes, size):
    def wrong(panel) -> float:
        count = np.bincount(panel, minlength=3)
        best = np.flatnonzero(count == count.max())
        return 1 - (0 in best) / len(best)

    expected = np.mean([wrong(np.array(panel)) for panel in itertools.combinations(votes, size)])
    counts = [np.bincount(votes, minlength=3)]
    assert panel_error(counts, [0], size)[0] == pytest.approx(expected)


def test_more_votes_help_where_most_are_right():
    """Five people who are each right with chance 0.8: binomial tails."""
    generator = np.random.default_rng(3)
    right = generator.binomial(5, 0.8, size=20_000)
    counts = np.stack([right, 5 - right], axis=1)
    truth = np.zeros(len(counts), int)
    for size in (1, 3, 5):
        expected = stats.binom.cdf(size // 2, size, 0.8)
        assert panel_error(counts, truth, size).mean() == pytest.approx(expected, abs=0.005)


def test_a_truth_that_nobody_says_is_an_error():
    assert panel_error([[3, 0]], [-1], 1).tolist() == [1.0]


def test_people_and_examples_are_both_a_sample():
    """Three people, hard and easy examples: limits for other people and other examples cover the long-run error."""
    grid, weight = np.polynomial.hermite_e.hermegauss(60)
    logistic = 1 / (1 + np.exp(2.5 - np.sqrt(0.3**2 + 1.5**2) * grid))
    truth = (weight * logistic).sum() / weight.sum()
    generator = np.random.default_rng(4)
    people, items = np.repeat(np.arange(3), 60), np.tile(np.arange(60), 3)
    hits = 0
    for _ in range(150):
        logit = -2.5 + 0.3 * generator.normal(size=(3, 1)) + 1.5 * generator.normal(size=(1, 60))
        error = generator.random((3, 60)) < 1 / (1 + np.exp(-logit))
        made = crossed_rung("human", error.ravel(), people=people, items=items, resamples=400)
        hits += made.low <= truth <= made.high
    assert 0.92 <= hits / 150 <= 1


def test_no_error_at_all_is_not_certainty():
    made = crossed_rung("human", [0] * 20, people=[0, 1] * 10, items=list(range(10)) * 2)
    assert made.error == 0
    assert made.high == pytest.approx(1 - 0.025 ** (1 / 10))  # Clopper-Pearson of 0 of the 10 examples


def test_soft_labels_by_hand():
    found = soft_label_error([[8, 2], [10, 0], [5, 5]])
    doubt = np.array([0.2, 0.0, 0.5])
    assert found.value == pytest.approx(doubt.mean())
    low, high = stats.t.interval(0.95, 2, loc=doubt.mean(), scale=stats.sem(doubt))
    assert (found.low, found.high) == pytest.approx((max(low, 0), high))
    assert "too low" not in found.note


def test_with_few_votes_the_estimate_says_that_it_is_too_low():
    assert soft_label_error([[1, 0], [0, 1]]).value == 0
    assert "is 0 whatever people do" in soft_label_error([[1, 0]]).note
    assert "88 % of what 51 did" in soft_label_error([[2, 1], [3, 0]]).note
    generator = np.random.default_rng(5)
    ambiguous = [soft_label_error(generator.multinomial(k, [0.9, 0.1], size=4_000)).value for k in (1, 3, 9, 50)]
    assert ambiguous == sorted(ambiguous)
    assert ambiguous[-1] == pytest.approx(0.1, abs=0.005)


def test_cover_and_hart_by_hand():
    assert cover_hart(0.0, 10) == 0
    assert cover_hart(0.5, 2) == pytest.approx(0.5)  # chance: nothing can be known
    r = 2 * 0.1 * 0.9  # endless data, two classes, P = 0.1: the neighbour errs 2P(1 − P)
    assert cover_hart(r, 2) == pytest.approx(0.1)
    with pytest.raises(UserError):
        cover_hart(0.1, 1)
