"""Goals: reading limits, one-sided bounds, and whether a candidate is proven to keep them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlx.errors import UserError
from dlx.goals import check, feasible, limits, quantity
from dlx.goals._quantities import quantile_bounds
from dlx.predictions import read


def dev(wrong: int, n: int, **columns) -> pd.DataFrame:
    said = ["dog"] * wrong + ["cat"] * (n - wrong)
    frame = pd.DataFrame({"id": range(n), "split": "dev", "y_true": "cat", "y_pred": said, **columns})
    return read(frame).table


def one(text: str):
    (found,) = limits([text])
    return found


class TestReading:
    def test_recipes_and_command_lines_say_the_same(self):
        assert limits({"latency_ms": "<= 100"}) == limits(["latency_ms <= 100"]) == limits("latency_ms<=100")

    def test_a_rate_may_be_per_cent(self):
        assert one("recall(positive=cat) >= 90%").bound == 0.9

    @pytest.mark.parametrize("text", ["error <= 0.05", "recall(positive=cat)@source=mobile >= 0.9", "model_mb < 5"])
    def test_the_text_reads_back(self, text):
        assert one(text).text == text
        assert one(one(text).text).text == text

    def test_a_limit_is_taken_as_written(self):
        """E46: ≤ 100 ms and < 100 ms differ at 100."""
        assert one("latency_ms <= 100").holds(100)
        assert not one("latency_ms < 100").holds(100)

    def test_a_goal_no_metric_measures(self):
        with pytest.raises(UserError, match=r"no metric measures this goal.*recall"):
            limits(["recal >= 0.9"])

    def test_all_faults_come_at_once(self):
        with pytest.raises(UserError, match=r"(?s)2 faults.*happiness.*comparison"):
            limits(["happiness >= 1", "error"])

    def test_a_weighted_sum_without_unit_is_refused(self):
        """E45: accuracy − 0.5·time has no unit, and the winner changes with it."""
        with pytest.raises(UserError, match="different units cannot be added"):
            quantity("accuracy - 0.5*latency_ms")

    def test_an_argument_the_metric_does_not_take(self):
        with pytest.raises(UserError, match="no argument 'colour'"):
            quantity("f1(colour=red)")

    @pytest.mark.parametrize("text", ["error <= much", "<= 3", "error <= 1.2.3"])
    def test_no_limit(self, text):
        with pytest.raises(UserError, match="comparison with a number"):
            limits([text])


class TestRates:
    """One-sided 95 % bounds of Wilson: z = 1.6449."""

    def test_the_bound_is_wilson_s_at_ninety_per_cent(self):
        from statsmodels.stats.proportion import proportion_confint

        found = check(one("error <= 0.08"), dev(5, 100), bounded=True)
        assert found.bound == pytest.approx(proportion_confint(5, 100, alpha=0.1, method="wilson")[1])

    @pytest.mark.parametrize(("limit", "expected"), [("0.11", True), ("0.06", "unproven"), ("0.01", False)])
    def test_kept_unproven_broken(self, limit, expected):
        found = check(one(f"error <= {limit}"), dev(5, 100), bounded=True)
        assert found.feasible == expected
        assert str(found.reason)

    def test_a_value_over_the_limit_is_not_yet_broken(self):
        assert check(one("error <= 0.049"), dev(5, 100)).feasible == "unproven"

    def test_a_metric_of_which_more_is_better(self):
        assert check(one("accuracy >= 0.89"), dev(5, 100)).feasible is True
        assert check(one("accuracy >= 0.99"), dev(5, 100)).feasible is False
        assert check(one("accuracy >= 0.94"), dev(5, 100)).feasible == "unproven"

    def test_groups_widen_the_bound(self):
        groups = [f"g{i // 10}" for i in range(100)]
        alone = check(one("error <= 0.5"), dev(10, 100))
        grouped = check(one("error <= 0.5"), dev(10, 100, group=groups))
        assert grouped.bound > alone.bound

    def test_a_slice(self):
        table = dev(5, 100, source=["web"] * 50 + ["mobile"] * 50)
        assert check(one("error@source=web <= 0.5"), table).value == 0.1
        with pytest.raises(UserError, match="unknown value of source"):
            check(one("error@source=wob <= 0.5"), table)

    def test_numbers_without_bounds_use_t(self):
        from scipy import stats

        errors = np.array([1.0, 2.0, 3.0, 4.5, 7.0])
        frame = pd.DataFrame({"id": range(5), "split": "dev", "y_true": 0.5, "y_pred": 0.5 + errors})
        found = check(one("mae <= 4"), read(frame).table, bounded=False)
        expected = errors.mean() + stats.t.ppf(0.95, 4) * errors.std(ddof=1) / np.sqrt(5)
        assert found.bound == pytest.approx(expected)
        assert found.feasible == "unproven"

    def test_a_bootstrapped_measure_has_a_bound(self):
        rng = np.random.default_rng(0)
        y = rng.choice(["cat", "dog"], 400)
        said = np.where(rng.random(400) < 0.1, np.where(y == "cat", "dog", "cat"), y)
        table = read(pd.DataFrame({"id": range(400), "split": "dev", "y_true": y, "y_pred": said})).table
        found = check(one("f1 >= 0.8"), table)
        assert 0.8 < found.bound < found.value
        assert found.feasible is True


class TestFacts:
    def test_latency_needs_fifty_nine_samples(self):
        """1 − 0.95ⁿ ≥ 0.95 from n = 59: below that the largest sample is no bound of the 95th percentile."""
        assert quantile_bounds(np.arange(58.0), 0.95).high is None
        assert quantile_bounds(np.arange(59.0), 0.95).high == 58.0

    @given(st.integers(1, 300), st.sampled_from([0.5, 0.95]))
    def test_order_statistics_by_the_binomial(self, n, share):
        from scipy.stats import binom

        found = quantile_bounds(np.arange(1.0, n + 1), share)  # the k-th smallest is k
        upper = [k for k in range(1, n + 1) if binom.cdf(k - 1, n, share) >= 0.95 - 1e-12]
        lower = [k for k in range(1, n + 1) if binom.sf(k - 1, n, share) >= 0.95 - 1e-12]
        assert found.high == (upper[0] if upper else None)
        assert found.low == (lower[-1] if lower else None)

    @pytest.mark.parametrize(("limit", "expected"), [(120, True), (96, "unproven"), (50, False)])
    def test_latency_of_a_run(self, limit, expected):
        info = {"latency_ms": {"median": 50, "p95": 95, "samples": list(range(101))}}
        assert check(one(f"latency_ms <= {limit}"), dev(0, 9), info).feasible == expected

    def test_latency_that_was_not_measured_is_unproven_with_the_reason(self):
        found = check(one("latency_ms <= 100"), dev(0, 9))
        assert (found.feasible, found.value) == ("unproven", None)
        assert "not measured" in found.reason
        kept = check(one("latency_ms <= 100"), dev(0, 9), {"latency_ms": {"median": 5, "p95": 9}})
        assert (kept.feasible, kept.value) == ("unproven", 9)

    def test_a_foreign_table_may_hold_its_latencies(self):
        table = dev(0, 100, meta_latency_ms=[20.0] * 100)
        assert check(one("latency_ms <= 30"), table).feasible is True

    def test_sizes_are_exact(self):
        info = {"model_bytes": 5_000_000, "parameters": 1000}
        assert check(one("model_mb <= 5"), dev(0, 9), info).feasible is True
        assert check(one("model_bytes < 5000000"), dev(0, 9), info).feasible is False
        assert check(one("parameters <= 999"), dev(0, 9), info).feasible is False
        assert check(one("model_mb <= 5"), dev(0, 9)).feasible == "unproven"

    def test_false_alarms_of_a_wake_word(self):
        """O26: at most one in 24 hours. None heard in 3 days is proof (rule of three: 3.0/3 days), in 2 days is not."""

        def recorded(days, alarms):
            n = 50
            true = ["wake", *["quiet"] * (n - 1)]
            said = ["wake"] * (1 + alarms) + ["quiet"] * (n - 1 - alarms)
            columns = {"id": range(n), "split": "dev", "y_true": true, "y_pred": said}
            return read(pd.DataFrame({**columns, "meta_seconds": 86_400 * days / n})).table

        limit = one("false_positives_per_day(positive=wake) <= 1")
        assert check(limit, recorded(3.1, 0)).bound == pytest.approx(2.9957 / 3.1, rel=1e-4)
        assert check(limit, recorded(3.1, 0)).feasible is True
        assert check(limit, recorded(2, 0)).feasible == "unproven"
        assert check(limit, recorded(2, 1)).value == 0.5
        assert check(limit, recorded(1, 9)).feasible is False
        assert "meta_seconds" in check(limit, dev(1, 9)).reason
        with pytest.raises(UserError, match="raises the alarm"):
            check(one("false_positives_per_day(positive=wakke) <= 1"), recorded(2, 1))


def test_one_broken_limit_decides_then_one_unproven():
    facts = {"parameters": 10}
    good, bad = (check(one(f"parameters <= {k}"), dev(0, 3), facts) for k in (10, 9))
    open_ = check(one("latency_ms <= 1"), dev(0, 3), facts)
    assert feasible([]) is True
    assert feasible([good]) is True
    assert feasible([good, open_]) == "unproven"
    assert feasible([good, open_, bad]) is False
