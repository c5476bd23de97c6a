"""Ceilings, the tag table, label errors and κ: worked numbers 2C, Ng's table, and independent libraries."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest, hypergeom

from dlx.errors import UserError
from dlx.strategy.agreement import kappa
from dlx.strategy.ceilings import Estimate, count_limits, from_rates, share_limits, stratified
from dlx.strategy.label_errors import label_errors, unchecked
from dlx.strategy.tag_table import coverage, new_tag_chance, overlaps, rank_one, tag_table


def exact(share: float) -> Estimate:
    return Estimate(share, share, share)


@pytest.mark.parametrize(
    ("count", "share"),
    [(8, (0.040, 0.144)), (43, (0.342, 0.522)), (61, (0.518, 0.696))],
    ids=["dog", "great cat", "blurry"],
)
def test_shares_of_ng_s_table(count, share):
    """Statistics 3.7: 100 tagged of 500 errors among 5,000 examples."""
    assert share_limits(count, 100, 500) == pytest.approx(share, abs=5e-4)


def test_fixing_blurry_takes_ten_per_cent_to_four():
    marks = pd.DataFrame({"blurry": np.arange(100) < 61})
    row = tag_table(marks, n_dev=5_000, totals={"errors": 500}).iloc[0]
    assert (row.ceiling, row.ceiling_low, row.ceiling_high) == pytest.approx((0.039, 0.030, 0.048), abs=5e-4)


def test_none_of_a_hundred_still_allows_three_per_cent():
    low, high = share_limits(0, 100, 1_000_000)
    assert low == 0
    assert high == pytest.approx(0.030, abs=5e-4)
    assert share_limits(100, 100, 1_000_000) == pytest.approx((0.970, 1), abs=1e-3)


def test_the_strict_inversion_of_samplingbook_s_example():
    assert count_limits(45, 100, 300) == (111, 160)


@given(st.data())
def test_limits_are_the_definition(data):
    total = data.draw(st.integers(1, 60))
    n = data.draw(st.integers(1, total))
    seen = data.draw(st.integers(0, n))
    tail = 0.05 if seen in (0, n) else 0.025
    possible = range(seen, total - (n - seen) + 1)
    kept = [
        k for k in possible
        if (seen == 0 or hypergeom.sf(seen - 1, total, k, n) > tail)
        and (seen == n or hypergeom.cdf(seen, total, k, n) > tail)
    ]  # fmt: skip
    assert count_limits(seen, n, total) == (kept[0], kept[-1])


def test_all_tagged_is_an_exact_count_and_many_errors_are_wilson():
    assert share_limits(7, 20, 20) == (0.35, 0.35)
    interval = binomtest(30, 100).proportion_ci(method="wilson")
    assert share_limits(30, 100, 2_000) == pytest.approx((interval.low, interval.high))


@pytest.mark.parametrize("total", [120, 500, 1_999])
@pytest.mark.parametrize("share", [0.1, 0.2, 0.5])
def test_the_exact_limits_cover(total, share):
    """Not by simulation: the chances of all counts whose limits hold the truth."""
    truth, seen = round(share * total), np.arange(101)
    chances = hypergeom.pmf(seen, total, truth, 100)
    inside = [
        low <= truth / total <= high for low, high in (share_limits(int(x), 100, total) for x in seen if x <= total)
    ]
    assert chances @ inside >= 0.95


def test_one_stratum_is_the_plain_interval_and_equal_strata_agree_with_it():
    assert stratified([8], [100], [500]) == Estimate(0.08, *share_limits(8, 100, 500))
    found = stratified([20, 20], [50, 50], [50_000, 50_000])
    assert (found.low, found.high) == pytest.approx(share_limits(40, 100, 100_000), abs=0.01)


def test_strata_are_weighted_by_their_errors():
    """30 % of a stratum of 100 and none of one of 300 are 7.5 % of all."""
    found = stratified([3, 0], [10, 10], [100, 300])
    assert found.share == pytest.approx(0.075)
    assert found.low < 0.075 < found.high
    assert stratified([3, 5], [10, 20], [10, 20]) == Estimate(8 / 30, 8 / 30, 8 / 30)
    assert stratified([0, 0], [50, 50], [10**6, 10**6]).high == pytest.approx(0.030, abs=5e-4)
    assert stratified([1, 0], [2, 0], [10, 5]).share == 0.5  # an untouched stratum tells nothing
    with pytest.raises(UserError, match="tagged errors"):
        stratified([0], [0], [5])


@pytest.mark.slow
def test_stratified_coverage():
    generator, inside = np.random.default_rng(1), 0
    totals, truth, n = np.array([300, 150, 50]), np.array([30, 60, 25]), np.array([40, 30, 30])
    for _ in range(2_000):
        found = stratified(generator.hypergeometric(truth, totals - truth, n), n, totals)
        inside += found.low <= truth.sum() / totals.sum() <= found.high
    assert inside / 2_000 >= 0.94


def test_dogs_five_or_fifty_of_a_hundred():
    """O30: best reachable 9.5 % (not worth it) or 5 % (worth it)."""
    for count, ceiling, worth in ((5, 0.095, False), (50, 0.05, True)):
        table = tag_table(pd.DataFrame({"dog": np.arange(100) < count}), n_dev=5_000, totals={"errors": 500})
        assert table["ceiling"].iloc[0] == pytest.approx(ceiling)
        assert table["worth"].tolist() == [worth]


def test_the_rows_of_the_tag_table():
    """O32: row 1 dog, row 2 blurry, row 3 great cat and blurry, row 99 great cat."""
    marks = pd.DataFrame(False, index=[1, 2, 3, 98, 99, 100], columns=["dog", "great cat", "blurry"])
    for row, tag in ((1, "dog"), (2, "blurry"), (3, "great cat"), (3, "blurry"), (99, "great cat")):
        marks.loc[row, tag] = True
    table = tag_table(marks, n_dev=60, totals={"errors": 6}).set_index("tag")
    assert table["count"].to_dict() == {"great cat": 2, "blurry": 2, "dog": 1}
    assert table["share_low"].tolist() == table["share_high"].tolist() == table["share"].tolist()  # all were tagged
    assert table["sole_share"].to_dict() == pytest.approx({"great cat": 1 / 6, "blurry": 1 / 6, "dog": 1 / 6})
    assert overlaps(marks).values.tolist() == [["great cat", "blurry", 1]]
    assert coverage(marks)["covered"].tolist() == pytest.approx([2 / 6, 3 / 6, 4 / 6])
    assert new_tag_chance(marks) == pytest.approx(1 / 6)


def test_parts_that_sum_to_more_than_the_whole_warn_and_pass():
    """O34, E39."""
    rows, note = from_rates(0.143, {"labels": 0.041, "fog": 0.080, "rain drops": 0.022, "other": 0.010})
    shares = {row.tag: row.share for row in rows}
    assert shares == pytest.approx({"fog": 0.56, "labels": 0.287, "rain drops": 0.154, "other": 0.070}, abs=1e-3)
    assert rows[0].ceiling == pytest.approx(0.063)
    assert "15.3 %" in note
    assert "14.3 %" in note
    assert from_rates(0.1, {"a": 0.05, "b": 0.05})[1] == ""
    with pytest.raises(UserError, match="between 0 and the whole"):
        from_rates(0.1, {"a": 0.2})


@pytest.mark.parametrize(("overall", "other", "worth"), [(0.10, 0.094, False), (0.02, 0.014, True)])
def test_label_errors_of_six_or_thirty_per_cent(overall, other, worth):
    """O33: (10, 0.6, 9.4) leave, (2, 0.6, 1.4) relabel."""
    found = label_errors(overall, exact(0.006 / overall))
    assert found.due_to_labels.share == pytest.approx(0.006)
    assert found.other.share == pytest.approx(other)
    assert found.worth_relabelling is worth


def test_label_noise_above_the_difference_of_two_models():
    """O33: A 2.1 % against B 1.9 % with 0.6 % label noise cannot be ranked."""
    found = label_errors(0.10, exact(0.06), gap=0.002)
    assert found.worth_relabelling is True
    assert "0.2 points" in found.reason
    assert label_errors(0.10, exact(0.06), gap=0.02).worth_relabelling is False


def test_few_checked_labels_decide_nothing_and_say_how_many_would():
    share = Estimate(0.2, *share_limits(2, 10, 500))
    found = label_errors(0.10, share, n_dev=5_000, n_errors=500, n_checked=10)
    assert found.worth_relabelling is None
    assert found.n_more > 10
    low, high = share_limits(round(0.2 * (found.n_more + 10)), found.n_more + 10, 500)
    assert low > 0.09 or high < 0.31
    assert found.overall.low < 0.10 < found.overall.high
    assert unchecked(500, 5_000).due_to_labels is None


def test_a_middling_share_is_held_against_the_largest_category():
    middling = Estimate(0.2, 0.13, 0.28)
    assert label_errors(0.1, middling, largest=("blurry", 0.6)).worth_relabelling is False
    assert label_errors(0.1, middling, largest=("dog", 0.08)).worth_relabelling is True


def test_the_chance_of_being_the_largest():
    matrix = np.zeros((100, 3), bool)
    matrix[:61, 0] = matrix[39:82, 1] = matrix[:8, 2] = True
    p = rank_one(matrix, np.zeros(100, int), np.array([500]))
    assert p.sum() == pytest.approx(1)
    assert p[0] > 0.95
    alike = np.zeros((100, 2), bool)
    alike[:50, 0] = alike[50:, 1] = True
    assert rank_one(alike, np.zeros(100, int), np.array([500])) == pytest.approx([0.5, 0.5], abs=0.03)


def test_the_order_of_rows_does_not_matter():
    marks = pd.DataFrame(np.random.default_rng(0).random((80, 4)) < [0.5, 0.3, 0.1, 0.02], columns=list("abcd"))
    first = tag_table(marks, n_dev=1_000, totals={"errors": 90})
    pd.testing.assert_frame_equal(first, tag_table(marks[::-1], n_dev=1_000, totals={"errors": 90}))


def test_effort_and_a_sample_without_ceilings():
    marks = pd.DataFrame({"a": [True] * 5 + [False] * 5, "b": [True] * 2 + [False] * 8})
    table = tag_table(marks, n_dev=100, totals={"errors": 20}, effort={"a": 10, "b": 1}).set_index("tag")
    assert table["gain_per_effort"].to_dict() == pytest.approx({"a": 0.2 * 0.5 / 10, "b": 0.2 * 0.2})
    bare = tag_table(marks, n_dev=100, totals={"errors": 20}, ceilings=False).iloc[0]
    assert bare["share"] == 0.5
    assert bare[["ceiling", "share_low", "p_rank_1"]].isna().all()


def test_kappa_of_the_textbook_example():
    first = [True] * 25 + [False] * 25
    second = [True] * 20 + [False] * 5 + [True] * 10 + [False] * 15
    found = kappa(first, second)
    assert (found.kappa, found.low, found.high, found.n) == pytest.approx((0.40, 0.151, 0.649, 50), abs=5e-4)
    from sklearn.metrics import cohen_kappa_score

    assert found.kappa == pytest.approx(cohen_kappa_score(first, second))


def test_kappa_is_not_defined_where_nobody_could_disagree():
    assert kappa([False] * 9, [False] * 9).kappa is None
    assert kappa([], []).kappa is None
    assert kappa([True, False], [True, False]).kappa == 1


def test_kappa_of_marks_that_agree_only_by_chance_is_zero_without_a_warning():
    """Two people of whom one never ticks: κ is 0, and the z value of statsmodels, which is 0/0, is not asked for."""
    assert kappa([True, False, False], [False, False, False]).kappa == 0


@pytest.mark.parametrize(("n", "total"), [(1, 1), (5, 7), (100, 300), (100, 100), (400, 7_900), (5_000, 90_000)])
def test_limits_are_those_of_scipy_s_hypergeometric(n, total):
    for seen in sorted({0, 1, n // 3, n - 1, n}):
        low, high = count_limits(seen, n, total)
        tail = 0.05 if seen in (0, n) else 0.025
        # the limits are kept, the next ones beyond them are not
        if seen > 0:
            assert hypergeom.sf(seen - 1, total, low, n) > tail
            assert low == seen or hypergeom.sf(seen - 1, total, low - 1, n) <= tail
        if seen < n:
            assert hypergeom.cdf(seen, total, high, n) > tail
            assert high == total - n + seen or hypergeom.cdf(seen, total, high + 1, n) <= tail
