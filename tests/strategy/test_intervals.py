"""Limits against printed numbers, SciPy, statsmodels and the definition."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlx.errors import UserError
from dlx.strategy.intervals import clopper_pearson, mean_rung, mover, rate_rung, wilson

rates = st.floats(0, 1)


@pytest.mark.parametrize(
    ("wrong", "n", "expected"),
    [(81, 263, (0.2553, 0.3662)), (15, 148, (0.0624, 0.1605)), (0, 20, (0, 0.1611)), (1, 29, (0.0061, 0.1718))],
)
def test_wilson_gives_the_numbers_of_newcombe_1998(wrong, n, expected):
    assert wilson(wrong / n, n) == pytest.approx(expected, abs=5e-5)


@given(st.integers(0, 300), st.integers(1, 300))
def test_wilson_agrees_with_statsmodels(wrong, n):
    from statsmodels.stats.proportion import proportion_confint

    wrong = min(wrong, n)
    assert wilson(wrong / n, n) == pytest.approx(proportion_confint(wrong, n, method="wilson"), abs=1e-12)


def test_wilson_takes_arrays():
    low, high = wilson(np.array([0.0, 0.1]), np.array([20, 50]))
    assert (low[0], high[1]) == (0.0, wilson(0.1, 50)[1])


@pytest.mark.parametrize(("wrong", "n"), [(0, 10), (10, 10), (3, 40), (1, 1), (250, 10_000)])
def test_clopper_pearson_agrees_with_scipy(wrong, n):
    from scipy.stats import binomtest

    exact = binomtest(wrong, n).proportion_ci(method="exact")
    assert clopper_pearson(wrong, n) == pytest.approx((exact.low, exact.high), abs=1e-9)


def test_clopper_pearson_of_ten_in_ten():
    assert clopper_pearson(10, 10) == pytest.approx((0.6915, 1), abs=5e-5)


def test_mover_of_wilson_limits_is_newcombes_interval():
    lower, upper = (48 / 80, *wilson(48 / 80, 80)), (56 / 70, *wilson(56 / 70, 70))
    assert mover(lower, upper) == pytest.approx((0.0524, 0.3339), abs=5e-5)


@given(st.integers(0, 50), st.integers(50, 200), st.integers(0, 50), st.integers(50, 200))
def test_mover_agrees_with_statsmodels(k1, n1, k2, n2):
    from statsmodels.stats.proportion import confint_proportions_2indep

    expected = confint_proportions_2indep(k2, n2, k1, n1, compare="diff", method="newcomb")
    found = mover((k1 / n1, *wilson(k1 / n1, n1)), (k2 / n2, *wilson(k2 / n2, n2)))
    assert found == pytest.approx(expected, abs=1e-9)


def test_a_constant_passes_the_limits_of_the_other_on():
    low, high = wilson(0.08, 1000)
    assert mover((0.01, 0.01, 0.01), (0.08, low, high)) == pytest.approx((low - 0.01, high - 0.01))


def test_rows_of_right_and_wrong_have_the_plain_interval():
    rung = mean_rung("dev", [1, 0, 0, 0, 1, 0, 0, 0, 0, 0])
    assert (rung.error, rung.n, rung.n_eff) == (0.2, 10, 10.0)
    assert (rung.low, rung.high) == wilson(0.2, 10)


def test_the_rung_of_a_bare_rate_without_n_has_no_limits():
    rung = rate_rung("dev", 0.2)
    assert (rung.low, rung.high, rung.n, rung.has_interval) == (None, None, None, False)


def _by_definition(error, scale, groups):
    """n* from the text of statistics 3.1, with scipy.stats and loops."""
    from scipy import stats

    p = np.sum(scale * error) / np.sum(scale)
    sums = [np.sum((scale * (error - p))[groups == g]) for g in np.unique(groups)]
    count = len(sums)
    variance = count / (count - 1) * np.sum(np.square(sums)) / np.sum(scale) ** 2
    shrink = (stats.norm.ppf(0.975) / stats.t.ppf(0.975, count - 1)) ** 2
    return p, p * (1 - p) / variance * shrink


def test_groups_weights_and_sizes_follow_the_definition():
    generator = np.random.default_rng(3)
    error = (generator.random(300) < 0.2).astype(float)
    weight, size = generator.random(300) + 0.1, generator.integers(1, 9, 300)
    groups = generator.integers(0, 14, 300)
    p, n_eff = _by_definition(error, weight * size, groups)
    rung = mean_rung("dev", error, weight=weight, size=size, groups=groups)
    assert rung.error == pytest.approx(p)
    assert rung.n_eff == pytest.approx(n_eff)
    assert (rung.low, rung.high) == pytest.approx(wilson(p, n_eff))
    assert (rung.n, rung.groups) == (300, 14)
    assert rung.design_effect > 1


def test_fractional_errors_follow_the_definition():
    error = np.array([0.1, 0.4, 0.25, 0.0, 0.9, 0.3])
    p, n_eff = _by_definition(error, np.ones(6), np.arange(6))
    rung = mean_rung("dev", error)
    assert (rung.error, rung.n_eff) == pytest.approx((p, n_eff))


def test_no_variance_counts_the_groups():
    rung = mean_rung("dev", [0, 0, 0, 0, 0, 0], groups=list("aabbcc"))
    assert (rung.n_eff, rung.low) == (3.0, 0.0)
    assert rung.high == wilson(0.0, 3)[1]
    assert mean_rung("dev", [0.3] * 10).n_eff == 10.0


def test_one_group_is_one_observation():
    assert mean_rung("dev", [1, 0, 1], groups=list("aaa")).n_eff == 1.0


def test_few_groups_are_said():
    assert mean_rung("dev", [1, 0, 1, 0], groups=list("aabb")).source == "only 2 groups"


def test_rows_with_a_group_each_are_plain_rows():
    assert mean_rung("dev", [1, 0, 0], groups=["a", "b", "c"]).n_eff == 3.0
    assert mean_rung("dev", [1, 0, 0], groups=[None, None, None]).n_eff == 3.0


def test_group_names_may_be_missing_text_or_categories():
    names = ["a", "a", None, "b", "b", "b"]
    error = [1, 1, 0, 0, 1, 0]
    expected = mean_rung("dev", error, groups=[0, 0, 1, 2, 2, 2])
    assert mean_rung("dev", error, groups=names) == expected
    assert mean_rung("dev", error, groups=pd.Series(names, dtype="category")) == expected


def test_rows_without_weight_are_no_evidence():
    some = mean_rung("dev", [1, 0, 0, 1, 1], weight=[1, 1, 2, 0, 0])
    assert some == mean_rung("dev", [1, 0, 0], weight=[1, 1, 2])


def test_equal_weights_do_not_matter():
    assert mean_rung("dev", [1, 0, 0, 0], weight=[3, 3, 3, 3]) == mean_rung("dev", [1, 0, 0, 0])


def test_nothing_to_average_is_an_error():
    for arguments in ({"error": []}, {"error": [1, 0], "weight": [0, 0]}):
        with pytest.raises(UserError, match="needs rows"):
            mean_rung("dev", **arguments)


def test_an_unbounded_mean_has_the_t_interval():
    from scipy import stats

    error = np.array([1.5, 0.2, 4.0, 2.2, 0.9, 3.1])
    expected = stats.t.interval(0.95, 5, error.mean(), stats.sem(error))
    rung = mean_rung("dev", error, bounded=False)
    assert (rung.low, rung.high) == pytest.approx(expected)


def test_an_unbounded_mean_without_spread_has_no_interval_but_a_reason():
    rung = mean_rung("dev", [2.0, 2.0, 2.0], bounded=False)
    assert (rung.low, rung.high) == (None, None)
    assert "same error" in rung.source


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.sampled_from([0.0, 1.0]), st.integers(0, 5)), min_size=2, max_size=40), st.randoms())
def test_the_order_of_rows_does_not_matter(rows, random):
    shuffled = list(rows)
    random.shuffle(shuffled)
    first, second = (mean_rung("dev", [e for e, _ in part], groups=[g for _, g in part]) for part in (rows, shuffled))
    assert first.error == pytest.approx(second.error)
    assert first.n_eff == pytest.approx(second.n_eff)


@settings(max_examples=30, deadline=None)
@given(st.lists(rates, min_size=2, max_size=30))
def test_a_repeated_row_has_the_value_of_weight_two(error):
    twice = mean_rung("dev", [*error, error[0]])
    weighted = mean_rung("dev", error, weight=[2, *[1] * (len(error) - 1)])
    assert twice.error == pytest.approx(weighted.error)
    assert twice.n == weighted.n + 1


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(rates, st.integers(0, 4), st.floats(0.1, 9)), min_size=1, max_size=30))
def test_limits_hold_the_value_and_stay_in_range(rows):
    error, groups, weight = zip(*rows, strict=True)
    rung = mean_rung("dev", error, groups=groups, weight=weight)
    assert 0 <= rung.low <= rung.error + 1e-12
    assert rung.error - 1e-12 <= rung.high <= 1
    assert rung.low < rung.high
    assert math.isfinite(rung.n_eff)


@pytest.mark.parametrize("groups", [4, 8, 20])
def test_few_groups_are_covered(groups):
    """Statistics 3.1: 0.94–0.95 where a cluster bootstrap covers 0.74–0.92."""
    generator, hits, trials = np.random.default_rng(groups), 0, 600
    codes = np.repeat(np.arange(groups), 40)
    for _ in range(trials):
        p = np.repeat(generator.beta(2, 8, groups), 40)
        rung = mean_rung("dev", generator.random(len(p)) < p, groups=codes)
        hits += rung.low <= 0.2 <= rung.high
    assert 0.92 <= hits / trials <= 0.985
