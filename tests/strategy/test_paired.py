"""Two predictors on the same examples: printed numbers, and laws."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlx.strategy.paired import mcnemar_mid_p, tango

counts = st.integers(0, 40)


def test_tango_gives_the_numbers_of_contingencytables():
    assert tango(6, 16, 161) == pytest.approx((-0.1240, -0.0054), abs=5e-5)


def test_mid_p_gives_the_numbers_of_contingencytables():
    assert mcnemar_mid_p(6, 16) == pytest.approx(0.034690, abs=5e-7)


@given(counts, counts, st.integers(1, 200))
def test_the_interval_holds_the_difference_and_turns_with_the_sign(b, c, rest):
    n = b + c + rest
    low, high = tango(b, c, n)
    assert -1 <= low <= (b - c) / n <= high <= 1
    assert low < high
    assert tango(c, b, n) == pytest.approx((-high, -low), abs=1e-9)


@pytest.mark.parametrize(("b", "c", "n"), [(12, 2, 50), (3, 9, 400), (30, 11, 100)])
def test_the_score_at_the_limits_is_z(b, c, n):
    """The definition: (b − c − nΔ)/√(n(2q̃ + Δ(1−Δ))) = ±z, with q̃ found here by maximising the likelihood."""
    import numpy as np
    from scipy.optimize import minimize_scalar

    for delta, z in zip(tango(b, c, n), (1.959964, -1.959964), strict=True):

        def unlikely(q, d=delta):
            return -(b * np.log(q + d) + c * np.log(q) + (n - b - c) * np.log(1 - 2 * q - d))

        low, high = max(0, -delta) + 1e-9, (1 - delta) / 2 - 1e-9
        q = minimize_scalar(unlikely, bounds=(low, high), method="bounded", options={"xatol": 1e-10}).x
        assert (b - c - n * delta) / np.sqrt(n * (2 * q + delta * (1 - delta))) == pytest.approx(z, abs=1e-3)


@pytest.mark.parametrize(("b", "c", "n"), [(0, 0, 50), (5, 0, 5), (0, 5, 5), (1, 0, 1), (0, 3, 90)])
def test_the_edges_have_an_interval(b, c, n):
    low, high = tango(b, c, n)
    assert -1 <= low < high <= 1


@given(counts, counts)
def test_mid_p_is_half_the_jump_below_the_exact_test(b, c):
    from scipy.stats import binom

    n, k = b + c, min(b, c)
    expected = 1.0 if n == 0 else min(1.0, 2 * binom.cdf(k, n, 0.5) - binom.pmf(k, n, 0.5))
    assert mcnemar_mid_p(b, c) == pytest.approx(expected, abs=1e-9)
