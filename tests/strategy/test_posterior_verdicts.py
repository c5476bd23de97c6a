"""Verdicts from intervals and posterior draws, and the number of examples that would decide."""

import time

import numpy as np
import pytest

import dlx
from dlx.strategy.gaps import steps
from dlx.strategy.intervals import mean_rung, mover, rate_rung, wilson
from dlx.strategy.ladder import HumanFigure, build
from dlx.strategy.planning import chance_of_decision, n_needed
from dlx.strategy.posterior import draws, p_largest
from dlx.strategy.rungs import GAPS, Rung

BIAS, VARIANCE, MISMATCH, OVERFIT = GAPS
ERRORS = {"train": 0.03, "train_dev": 0.06, "dev": 0.08, "test": 0.082}


def example(n, n_train=None):
    """The example of statistics 3.4: human 1 %, train 3 %, train-dev 6 %, dev 8 %, test 8.2 %."""
    sizes = dict.fromkeys(ERRORS, n) | {"train": n_train or n}
    return {"human": Rung("human", 0.01, basis="cited")} | {
        name: rate_rung(name, error, sizes[name]) for name, error in ERRORS.items()
    }


def test_intervals_of_rungs_and_gaps():
    ladder = dlx.ladder(human=0.01, train=0.03, dev=0.08, n_train=5000, n_dev=1000)
    train, dev = ladder.rung("train"), ladder.rung("dev")
    assert (train.low, train.high) == wilson(0.03, 5000)
    assert (ladder.rung("human").low, ladder.rung("human").n) == (None, None)
    bias, variance = ladder.gap(BIAS), ladder.gap(VARIANCE)
    assert (bias.low, bias.high) == pytest.approx((train.low - 0.01, train.high - 0.01))
    assert (variance.low, variance.high) == mover((0.03, train.low, train.high), (0.08, dev.low, dev.high))


def test_chances_sum_to_one_and_repeat():
    first, second = (dlx.ladder("1%", "3%", "6%", "8%", n_train=5000, n_train_dev=1000, n_dev=1000) for _ in range(2))
    chances = [gap.p_largest for gap in first.gaps]
    assert chances[3] is None
    assert sum(chances[:3]) == pytest.approx(1)
    assert first.to_dict() == second.to_dict()


def test_chances_agree_with_a_normal_approximation():
    """Two gaps that share a rung: P(train − human > dev − train) from the normal law of dev − 2 train + human."""
    from scipy.stats import norm

    ladder = dlx.ladder(0.02, 0.05, None, 0.08, n_human=4000, n_train=4000, n_dev=4000)
    variances = [p * (1 - p) / 4000 for p in (0.02, 0.05, 0.08)]
    spread = np.sqrt(variances[0] + 4 * variances[1] + variances[2])
    assert ladder.gap(VARIANCE).p_largest == pytest.approx(norm.cdf((0.08 - 2 * 0.05 + 0.02) / spread), abs=0.03)
    wider = dlx.ladder(0.02, 0.05, None, 0.09, n_human=4000, n_train=4000, n_dev=4000)
    assert wider.gap(VARIANCE).p_largest == pytest.approx(norm.cdf(0.01 / spread), abs=0.03)


def test_the_example_is_undecided_and_large_samples_decide():
    small = dlx.ladder(human="1%", train="3%", train_dev="6%", dev="8%", n_train=5000, n_train_dev=1000, n_dev=1000)
    assert small.verdict.status == "undecided"
    assert 8_000 < small.verdict.n_needed < 25_000
    assert "human taken as exact" in small.verdict.reason
    n = 60_000
    large = dlx.ladder(human="1%", train="3%", train_dev="6%", dev="8%", n_train=n, n_train_dev=n, n_dev=n)
    assert (large.verdict.status, large.verdict.focus, large.verdict.n_needed) == ("decided", (VARIANCE,), None)


def test_two_equal_gaps_are_a_tie():
    verdict = dlx.ladder(0, "15%", None, "30%", n_train=2000, n_dev=2000).verdict
    assert (verdict.status, verdict.focus, verdict.n_needed) == ("tie", (BIAS, VARIANCE), None)


def test_equal_gaps_that_may_be_nothing_are_undecided_for_good():
    verdict = dlx.ladder("10%", "12%", None, "14%", n_human=200, n_train=200, n_dev=200).verdict
    assert (verdict.status, verdict.n_needed) == ("undecided", None)
    assert "too close for data to separate" in verdict.reason


def test_a_leading_gap_smaller_than_a_tenth_of_the_dev_error_is_not_decided():
    """P(largest) is nearly one, but the gap's lower limit is under the region of equivalence."""
    n = 10_000
    ladder = dlx.ladder("20%", "20%", None, "21.5%", n_train=n, n_dev=n)
    assert ladder.gap(VARIANCE).p_largest > 0.9
    assert ladder.verdict.status == "good_enough"  # dev − human is within twice that region
    apart = dlx.ladder("10%", "20%", "20.2%", "22.5%", n_human=n, n_train=n, n_train_dev=n, n_dev=n)
    assert apart.verdict.focus == (BIAS,)


def test_one_gap_alone_needs_its_lower_limit():
    rungs = [rate_rung("train", 0.05, 10**6), rate_rung("dev", 0.08, 150)]
    verdict = build(rungs, human=[HumanFigure("panel", 0.05)]).verdict
    assert (verdict.status, verdict.focus) == ("undecided", (VARIANCE,))
    assert "may be less than 0.8 points" in verdict.reason


def test_the_target_is_met_by_the_upper_limit_only():
    options = {"human": 0, "train": "1%", "dev": "1.5%", "n_train": 10_000}
    assert dlx.ladder(**options, n_dev=10_000, target="2%").verdict.status == "good_enough"
    assert dlx.ladder(**options, n_dev=200, target="2%").verdict.status != "good_enough"
    assert dlx.ladder(**options, target="2%").verdict.status != "good_enough"


def test_the_human_level_is_met_by_the_upper_limit_only():
    n = 1_000_000
    assert dlx.ladder("1%", "1%", None, "1.05%", n_train=n, n_dev=n).verdict.status == "good_enough"
    assert dlx.ladder("1%", "1%", None, "1.05%", n_train=5000, n_dev=5000).verdict.status != "good_enough"
    assert dlx.ladder("1%", "1%", None, "1.05%").verdict.status == "decided"  # points alone prove nothing


def test_an_assumed_human_level_of_zero_is_never_met():
    assert dlx.ladder(None, 0, None, 0, n_train=10**6, n_dev=10**6).verdict.status != "good_enough"


def test_no_errors_on_dev_are_no_proof_of_none():
    assert "may be as high as 3.7 %" in dlx.ladder(None, 0, None, 0, n_train=100, n_dev=100).verdict.reason


def test_what_is_missing_comes_before_what_is_good():
    n = 10_000
    options = {"n_train": n, "n_dev": n, "target": "20%"}
    assert dlx.ladder("2%", "1%", None, "1.5%", **options).verdict.status == "undetermined"
    assert dlx.ladder(0, "1%", None, "10%", different_sources=True, **options).verdict.status == "need_train_dev"


def test_a_negative_bias_is_no_candidate():
    ladder = dlx.ladder("2%", "1%", None, "10%", n_train=5000, n_dev=5000)
    assert (ladder.verdict.status, ladder.verdict.focus) == ("decided", (VARIANCE,))
    assert (ladder.gap(BIAS).value, ladder.gap(BIAS).p_largest) == (-0.01, 0.0)
    assert ladder.gap(BIAS).high < 0


def test_bias_against_a_sum_that_cannot_be_split():
    ladder = dlx.ladder(0, "14%", None, "15%", different_sources=True, n_train=5000, n_dev=5000)
    assert (ladder.verdict.status, ladder.verdict.focus) == ("decided", (BIAS,))
    assert ladder.gap(VARIANCE).p_largest is None
    unsure = dlx.ladder(0, "1.6%", None, "2.3%", different_sources=True, n_train=100, n_dev=100)
    assert unsure.verdict.status == "undecided"


def test_groups_widen_the_verdict():
    generator = np.random.default_rng(0)
    groups = np.repeat(np.arange(6), 500)
    dev_error = generator.random(3000) < np.where(groups == 5, 0.4, 0.05)
    train = rate_rung("train", 0.05, 10_000)
    human = [HumanFigure("panel", 0.02)]
    plain = build([train, mean_rung("dev", dev_error)], human=human)
    grouped = build([train, mean_rung("dev", dev_error, groups=groups)], human=human)
    assert plain.verdict.status == "decided"
    assert grouped.verdict.status == "undecided"
    assert grouped.gap(VARIANCE).value == plain.gap(VARIANCE).value


def test_other_measures_are_judged_by_t_intervals():
    generator = np.random.default_rng(1)
    train, dev = generator.gamma(2, 10, 900), generator.gamma(2, 20, 400)
    rungs = [mean_rung(name, error, bounded=False) for name, error in (("train", train), ("dev", dev))]
    verdict = build(rungs, human=[HumanFigure("experts", 18.0)], bounded=False, unit="mg").verdict
    assert (verdict.status, verdict.focus) == ("decided", (VARIANCE,))


def test_bootstrap_draws_are_used():
    made = np.linspace(0.29, 0.31, 500)
    rungs = {
        "train": Rung("train", 0.1, 0.09, 0.11, n=100, draws=made - 0.2),
        "dev": Rung("dev", 0.3, 0.29, 0.31, n=90, draws=made),
    }
    drawn = draws(rungs)
    assert len(drawn["dev"]) == 4_000
    assert set(drawn["dev"]) <= set(made)


def test_humans_on_the_same_rows_are_compared_on_them():
    """89 rows both get wrong, 11 only the model: paired, dev − human is at most 1.8 points; unpaired it would be 3."""
    dev, figure = rate_rung("dev", 0.10, 1000), HumanFigure("panel", 0.089, n=1000, basis="measured")
    train = rate_rung("train", 0.09, 100_000)
    alone = build([train, dev], human=[figure]).verdict
    paired = HumanFigure("panel", 0.089, n=1000, basis="measured", paired=(89, 0, 11, 900))
    assert alone.status != "good_enough"
    assert build([train, dev], human=[paired]).verdict.status == "good_enough"


def test_paired_draws_move_together():
    rungs = {"human": rate_rung("human", 0.09, 1000), "dev": rate_rung("dev", 0.1, 1000)}
    drawn = draws(rungs, paired=(89, 1, 11, 899))
    assert np.corrcoef(drawn["human"], drawn["dev"])[0, 1] > 0.8
    assert drawn["dev"].mean() == pytest.approx(0.1, abs=0.003)


@pytest.mark.parametrize(("n", "chance"), [(500, 0.12), (2_000, 0.28), (10_000, 0.65)])
def test_the_chances_of_the_example(n, chance):
    """Statistics 3.4; its train rung is the usual sample of max(n, 10,000) rows (3.1)."""
    rungs = example(n, max(n, 10_000))
    found = np.mean([chance_of_decision(rungs, steps(rungs), 1.0, seed=seed) for seed in range(4)])
    assert found == pytest.approx(chance, abs=0.05)


def test_the_arcsine_simulation_agrees_with_drawing_binomials():
    n, generator = 2_000, np.random.default_rng(5)
    rungs = example(n)
    names = list(rungs)
    decided = 0
    for _ in range(1_000):
        seen = {
            name: rung if name == "human" else rate_rung(name, generator.binomial(n, rung.error) / n, n)
            for name, rung in rungs.items()
        }
        walk = steps(seen)
        shares = p_largest(walk, draws(seen, size=500, seed=int(generator.integers(1 << 30))))
        decided += any(shares[step.names] >= 0.9 and step.low >= 0.1 * seen["dev"].error for step in walk)
    assert names == ["human", "train", "train_dev", "dev", "test"]
    found = np.mean([chance_of_decision(rungs, steps(rungs), 1.0, seed=seed) for seed in range(3)])
    assert found == pytest.approx(decided / 1_000, abs=0.05)


def test_n_needed_decides_and_half_of_it_does_not():
    rungs = example(1_000)
    needed = n_needed(rungs, steps(rungs))
    assert chance_of_decision(rungs, steps(rungs), needed / 1_000, seed=9) == pytest.approx(0.8, abs=0.06)
    assert chance_of_decision(rungs, steps(rungs), needed / 2_000, seed=9) < 0.75


def test_n_needed_is_repeatable_round_and_quick():
    rungs = example(1_000)
    first = n_needed(rungs, steps(rungs))
    started = time.perf_counter()
    assert n_needed(rungs, steps(rungs)) == first
    assert time.perf_counter() - started < 5  # about 0.1 s; a wide margin for a busy machine
    assert len(str(first).rstrip("0")) <= 2


def test_n_needed_counts_rows_where_groups_cost():
    """Twice the design effect, twice the rows."""
    wide = {
        name: rung if name == "human" else Rung(name, rung.error, *wilson(rung.error, 1_000), n=2_000, n_eff=1_000.0)
        for name, rung in example(1_000).items()
    }
    plain = n_needed(example(1_000), steps(example(1_000)))
    assert n_needed(wide, steps(wide)) == pytest.approx(2 * plain, rel=0.05)


def test_n_needed_of_other_measures():
    generator = np.random.default_rng(2)
    rungs = {
        "human": Rung("human", 18.0, basis="cited"),
        "train": mean_rung("train", generator.gamma(2, 10.2, 200), bounded=False),
        "dev": mean_rung("dev", generator.gamma(2, 12.5, 200), bounded=False),
    }
    needed = n_needed(rungs, steps(rungs, bounded=False), bounded=False)
    assert needed is None or needed > 200
