"""How many examples show a difference (Connor 1987), and the corrected t test over folds (Nadeau & Bengio 2003)."""

from __future__ import annotations

import numpy as np
import pytest

from dlx.strategy.detecting import examples_to_detect, grown, up_to_two_digits
from dlx.strategy.folds import corrected_t


@pytest.mark.parametrize(
    ("difference", "discordance", "n"),
    [
        (0.001, 0.001, 7_847), (0.001, 0.01, 78_487), (0.001, 0.02, 156_976), (0.001, 0.05, 392_442),
        (0.001, 0.10, 784_886), (0.005, 0.005, 1_568), (0.005, 0.01, 3_138), (0.005, 0.02, 6_277),
        (0.005, 0.05, 15_696), (0.005, 0.10, 31_394), (0.01, 0.01, 783), (0.01, 0.02, 1_568), (0.01, 0.05, 3_923),
        (0.01, 0.10, 7_847), (0.02, 0.02, 391), (0.02, 0.05, 979), (0.02, 0.10, 1_960),
    ],
)  # fmt: skip
def test_connor_s_formula_tabulated(difference, discordance, n):
    assert examples_to_detect(difference, discordance) == pytest.approx(n, abs=1)


def test_the_example_of_r_s_pwr_mcnemar():
    """π = 0.05 and 0.45, power 0.8: 22.01."""
    assert examples_to_detect(0.40, 0.50) == pytest.approx(22.01, abs=0.005)
    assert examples_to_detect(-0.40, 0.50) == examples_to_detect(0.40, 0.50)


def test_power_by_simulation():
    """At that many examples about four of five samples are significant."""
    from dlx.strategy.paired import mcnemar_mid_p

    n = round(examples_to_detect(0.05, 0.15))
    draws = np.random.default_rng(0).multinomial(n, [0.10, 0.05, 0.85], size=1_000)
    assert np.mean([mcnemar_mid_p(int(b), int(c)) < 0.05 for b, c, _ in draws]) == pytest.approx(0.8, abs=0.04)


def test_a_mean_needs_its_power_too():
    """Differences of SD 1 and mean 0.1: (1.96 + 0.8416)²/0.01 = 785, whatever n gave the standard error."""
    assert grown(100, 0.1, 0.1) == pytest.approx(784.9, abs=0.1)
    assert grown(400, 0.1, 0.05) == pytest.approx(784.9, abs=0.1)


@pytest.mark.parametrize(("number", "said"), [(586.3, 590), (590, 590), (7, 7), (99.2, 100), (12_345, 13_000)])
def test_plans_are_round(number, said):
    assert up_to_two_digits(number) == said


def test_scikit_learn_s_comparison_of_grid_search_models():
    """Its example prints: corrected t 0.750, p 0.227 (one-sided), P(better) 0.773, in the ROPE 0.432, worse 0.068."""
    from scipy import stats
    from sklearn.datasets import make_moons
    from sklearn.model_selection import RepeatedStratifiedKFold, cross_val_score
    from sklearn.svm import SVC

    x, y = make_moons(noise=0.352, random_state=1, n_samples=100)
    folds = RepeatedStratifiedKFold(n_splits=10, n_repeats=10, random_state=0)
    rbf, linear = (
        cross_val_score(SVC(kernel=kernel, random_state=0), x, y, cv=folds, scoring="roc_auc")
        for kernel in ("rbf", "linear")
    )
    found = corrected_t(rbf - linear, 10 / 90, rope=0.01)
    assert found.t == pytest.approx(0.750, abs=5e-4)
    assert found.p / 2 == pytest.approx(0.227, abs=5e-4)
    assert (found.p_inside, found.p_below) == pytest.approx((0.432, 0.068), abs=5e-4)
    assert corrected_t(rbf - linear, 10 / 90).p_above == pytest.approx(0.773, abs=5e-4)
    uncorrected = corrected_t(rbf - linear, 0.0)
    assert uncorrected.t == pytest.approx(stats.ttest_rel(rbf, linear).statistic)
    assert uncorrected.t == pytest.approx(2.611, abs=5e-4)


def test_folds_that_all_differ_alike_have_no_interval():
    found = corrected_t([0.1, 0.1, 0.1], 0.5)
    assert (found.low, found.high, found.p) == (None, None, None)
    assert corrected_t([0.0, 0.0], 0.5).p == 1.0


def test_swapping_turns_the_sign():
    a, b = corrected_t([0.1, 0.3, -0.1], 0.5, rope=0.05), corrected_t([-0.1, -0.3, 0.1], 0.5, rope=0.05)
    assert (a.value, a.low, a.t) == pytest.approx((-b.value, -b.high, -b.t))
    assert (a.p, a.p_above) == pytest.approx((b.p, b.p_below))
