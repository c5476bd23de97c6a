"""Every row of the worked ladders, and the rule beneath them, which needs no sample sizes."""

from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import dlx
from dlx.strategy.intervals import rate_rung
from dlx.strategy.ladder import HumanFigure, build
from dlx.strategy.rungs import GAPS, Rung

BIAS, VARIANCE, MISMATCH, OVERFIT = GAPS


def judged(*percent, **options):
    """The ladder of human, train, train-dev, dev, test in per cent; None is left out."""
    names = ("human", "train", "train_dev", "dev", "test")
    rates = {name: f"{value}%" for name, value in zip(names, percent, strict=False) if value is not None}
    return dlx.ladder(**rates, **options)


def values(ladder):
    return {gap.name: gap.value for gap in ladder.gaps}


def flagged(ladder):
    return {gap.name for gap in ladder.gaps if gap.flagged}


@pytest.mark.parametrize(
    ("row", "status", "focus"),
    [
        ((0, 1, None, 11), "decided", (VARIANCE,)),  # O1
        ((0, 15, None, 16), "decided", (BIAS,)),  # O2
        ((0, 15, None, 30), "tie", (BIAS, VARIANCE)),  # O3
        ((0, 0.5, None, 1), "decided", (BIAS,)),  # O4: both are small
        ((1, 8, None, 10), "decided", (BIAS,)),  # O6
        ((1, 5, None, 6), "decided", (BIAS,)),  # O8, whatever the human figure
        ((0.7, 5, None, 6), "decided", (BIAS,)),
        ((0.5, 5, None, 6), "decided", (BIAS,)),
        ((0.5, 0.7, None, 0.8), "decided", (BIAS,)),  # O10
        ((0, 1, 9, 10), "decided", (VARIANCE,)),  # O15
        ((0, 1, 1.5, 10), "decided", (MISMATCH,)),  # O16
        ((0.1, 2, None, 2.1, 7), "decided", (OVERFIT,)),  # O19
    ],
)
def test_the_worked_rows(row, status, focus):
    verdict = judged(*row).verdict
    assert (verdict.status, verdict.focus) == (status, focus)
    assert verdict.n_needed is None


def test_the_gaps_of_the_worked_rows():
    assert values(judged(1, 8, None, 10)) == {BIAS: 0.07, VARIANCE: 0.02, MISMATCH: None, OVERFIT: None}
    assert values(judged(0.5, 0.7, None, 0.8)) == {BIAS: 0.002, VARIANCE: 0.001, MISMATCH: None, OVERFIT: None}
    assert values(judged(0, 1, 1.5, 10)) == {BIAS: 0.01, VARIANCE: 0.005, MISMATCH: 0.085, OVERFIT: None}
    assert values(judged(0.1, 2, None, 2.1, 7))[OVERFIT] == 0.049
    assert [values(judged(h, 5, None, 6))[BIAS] for h in (1, 0.7, 0.5)] == [0.04, 0.043, 0.045]


@pytest.mark.parametrize("row", [(0, 0.5, None, 1), (0.5, 0.7, None, 0.8), (0, 1, None, 2), (2, 2, None, 1)])
def test_small_gaps_are_said_to_be_small(row):
    ladder = judged(*row)
    assert flagged(ladder) == set()
    assert (ladder.verdict.status, ladder.verdict.focus) == ("decided", (BIAS,))
    assert "exceeds one point" in ladder.verdict.reason


def test_half_of_the_largest_gap_is_no_flag_and_a_hair_more_is():
    assert flagged(judged(0, 4, None, 6)) == {BIAS}
    assert flagged(judged(0, 4, None, 6.0001)) == {BIAS, VARIANCE}


def test_one_point_is_no_flag_in_spite_of_binary_fractions():
    for human in range(0, 90):
        assert flagged(dlx.ladder(human=human / 100, train=(human + 1) / 100, dev=(human + 1) / 100)) == set()


def test_three_flags_are_a_tie_with_bias_first_and_the_rest_by_size():
    verdict = judged(0, 5, 11, 20).verdict
    assert (verdict.status, verdict.focus) == ("tie", (BIAS, MISMATCH, VARIANCE))


# different sources without a train-dev set


def test_different_sources_need_a_train_dev_set():
    ladder = judged(0, 1, None, 10, different_sources=True)
    assert (ladder.verdict.status, ladder.verdict.focus) == ("need_train_dev", ())
    assert values(ladder) == {BIAS: 0.01, VARIANCE: None, MISMATCH: None, OVERFIT: None}
    assert "9 points" in ladder.verdict.reason


def test_bias_that_dominates_is_decided_without_a_train_dev_set():
    verdict = judged(0, 14, None, 15, different_sources=True).verdict
    assert (verdict.status, verdict.focus) == ("decided", (BIAS,))
    assert judged(0, 10, None, 15, different_sources=True).verdict.status == "decided"  # half is not more than half


@pytest.mark.parametrize("row", [(0, 10, None, 16), (0, 0.7, None, 0.8), (0, 15, None, 30), (0, 1, None, 1)])
def test_bias_that_does_not_dominate_leaves_the_train_dev_set_missing(row):
    verdict = judged(*row, different_sources=True).verdict
    assert verdict.status == "need_train_dev"
    assert not {VARIANCE, MISMATCH} & set(verdict.focus)


def test_with_a_train_dev_set_sources_may_differ():
    assert judged(0, 1, 9, 10, different_sources=True).verdict == judged(0, 1, 9, 10).verdict


# train below the human figure


def test_dev_at_or_below_the_human_figure_is_undetermined():
    for dev in (1.5, 2, 0.5):
        ladder = judged(2, 1, None, dev)
        assert ladder.verdict.status == "undetermined"
        assert values(ladder)[BIAS] == -0.01
    assert judged(10, 1, None, 9).verdict.status == "undetermined"  # although variance stands out


def test_no_other_gap_that_stands_out_is_undetermined():
    verdict = judged(1, 0.5, None, 1.4).verdict
    assert (verdict.status, verdict.focus) == ("undetermined", ())


def test_other_gaps_are_judged_as_usual_beyond_the_human_figure():
    ladder = judged(2, 1, None, 10)
    assert (ladder.verdict.status, ladder.verdict.focus) == ("decided", (VARIANCE,))
    assert "Bias cannot be measured" in ladder.verdict.reason
    assert values(ladder)[BIAS] == -0.01
    assert judged(2, 1, 5, 9).verdict.focus == (VARIANCE, MISMATCH)


def test_beyond_the_human_figure_different_sources_still_need_a_train_dev_set():
    assert judged(2, 1, None, 10, different_sources=True).verdict.status == "need_train_dev"
    assert judged(2, 1, None, 2, different_sources=True).verdict.status == "undetermined"
    assert judged(2, 1.5, None, 2.4, different_sources=True).verdict.status == "undetermined"


def test_train_at_the_human_figure_is_judged_as_usual():
    assert judged(1, 1, None, 3).verdict.focus == (VARIANCE,)


# missing rungs and figures


def test_without_a_human_figure_zero_is_assumed_and_bias_is_at_most():
    ladder = judged(None, 15, None, 16)
    assert ladder.rung("human") == Rung("human", 0.0, basis="assumed", source="no human figure: 0 assumed")
    assert ladder.verdict.focus == (BIAS,)
    assert "bias is at most 15 points" in ladder.verdict.reason


@pytest.mark.parametrize(
    "rates", [{"dev": 0.1}, {"human": 0.01, "dev": 0.08}, {"train": 0.1}, {"test": 0.1, "human": 0}]
)
def test_without_train_or_dev_nothing_is_determined(rates):
    ladder = dlx.ladder(**rates)
    assert ladder.verdict.status == "undetermined"
    assert "without the" in ladder.verdict.reason
    assert [rung.name for rung in ladder.rungs if rung.basis == "measured"] == [r for r in rates if r != "human"]


def test_other_measures_are_flagged_by_a_tenth_of_the_dev_error():
    rungs = [Rung("train", 40.0), Rung("dev", 50.0)]
    ladder = build(rungs, bounded=False, unit="mg")
    assert values(ladder) == {BIAS: None, VARIANCE: 10.0, MISMATCH: None, OVERFIT: None}
    assert (ladder.verdict.focus, flagged(ladder)) == ((VARIANCE,), {VARIANCE})
    assert "10 mg" in ladder.verdict.reason
    small = build([Rung("train", 45.0), Rung("dev", 50.0)], bounded=False)
    assert flagged(small) == set()
    assert "a tenth of the dev error" in small.verdict.reason


def test_other_measures_take_a_human_figure_in_their_unit():
    ladder = build([Rung("train", 40.0), Rung("dev", 44.0)], bounded=False, human=[HumanFigure("doctors", 20.0)])
    assert values(ladder)[BIAS] == 20.0
    assert ladder.verdict.focus == (BIAS,)


def test_a_rung_without_n_gives_the_verdict_to_the_points():
    ladder = judged(1, 3, 6, 8, n_train=5000, n_train_dev=1000)
    assert ladder.verdict.status == "tie"
    assert "by the points" in ladder.verdict.reason
    dev, bias, mismatch = ladder.rung("dev"), ladder.gap(BIAS), ladder.gap(MISMATCH)
    assert (dev.low, dev.high, dev.n) == (None, None, None)
    assert (mismatch.low, mismatch.high) == (None, None)
    assert bias.low < bias.value < bias.high
    assert {gap.p_largest for gap in ladder.gaps} == {None}


# laws

percent = st.integers(0, 4000).map(lambda number: number / 100)


@given(percent, percent, percent, percent, percent)
def test_the_rule_read_literally(human, train, train_dev, dev, test):
    """The text beneath the table once more, on whole numbers of 0.01 points, so that nothing is rounded."""
    assume(train >= human)
    ladder = judged(human, train, train_dev, dev, test)
    whole = [round(100 * error) for error in (human, train, train_dev, dev, test)]
    gaps = dict(zip(GAPS, (upper - lower for lower, upper in pairwise(whole)), strict=True))
    large = [name for name in GAPS if gaps[name] > 100 and 2 * gaps[name] > max(gaps.values())]
    assert {name: round(10_000 * value) for name, value in values(ladder).items()} == gaps
    assert flagged(ladder) == set(large)
    assert ladder.verdict.status == ("tie" if len(large) > 1 else "decided")
    if large:
        by_size = sorted(large, key=lambda name: (name != BIAS, -gaps[name], GAPS.index(name)))
    else:
        by_size = [max(GAPS, key=lambda name: gaps[name])]
    assert ladder.verdict.focus == tuple(by_size)


@given(st.lists(st.one_of(st.none(), percent), min_size=5, max_size=5), st.booleans())
def test_any_ladder_has_a_verdict_and_plain_json(row, different):
    import json

    assume(any(value is not None for value in row[1:]))
    ladder = judged(*row, different_sources=different)
    document = ladder.to_dict()
    json.dumps(document, allow_nan=False)
    assert [gap["name"] for gap in document["gaps"]] == list(GAPS)
    assert set(ladder.verdict.focus) <= {gap.name for gap in ladder.gaps if gap.value is not None}
    assert ladder.actions
    assert ladder._repr_html_()


@given(percent, percent, percent)
def test_sizes_never_change_flags_or_values(human, train, dev):
    plain = judged(human, train, None, dev)
    sized = judged(human, train, None, dev, n_train=400, n_dev=300)
    assert flagged(plain) == flagged(sized)
    assert values(plain) == values(sized)


def test_a_human_rung_may_stand_among_the_measured_ones():
    rungs = [rate_rung("human", 0.01, 500), rate_rung("train", 0.05, 500), rate_rung("dev", 0.06, 500)]
    assert build(rungs).rung("human").n == 500
