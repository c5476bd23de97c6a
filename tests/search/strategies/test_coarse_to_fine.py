"""Coarse to fine: stages, boxes, edges, and better than random at equal trials."""

from __future__ import annotations

import math

import numpy as np
import pytest
from surfaces import SPACE, ended, run, valley

from dlx.search import STOP, WAIT, Space, Trial, make
from dlx.search.knob import Knob


def test_the_stages_add_up_to_the_trials():
    for trials in range(1, 120):
        sizes = make("coarse-to-fine", SPACE, trials=trials).sizes
        assert sum(sizes) == trials
        assert all(size >= 1 for size in sizes)
        assert trials < 6 or len(sizes) > 1
    assert make("coarse-to-fine", SPACE, trials=24).sizes == [8, 4, 4, 4, 4]


def test_in_the_first_stage_every_trial_has_a_value_of_its_own_of_every_knob():
    trials = run(make("coarse-to-fine", SPACE, trials=24), valley(0), count=8)
    for knob in SPACE.knobs[:2]:
        eighths = sorted(int(8 * knob.place(t.params[knob.path])) for t in trials)
        assert eighths == list(range(8))


def test_a_stage_waits_for_the_ones_before_it():
    strategy = make("coarse-to-fine", SPACE, trials=24)
    trials = run(strategy, valley(1), count=8)
    trials[3] = Trial(3, trials[3].params, "running", stage=1)
    assert strategy.ask(8, trials) == WAIT
    assert len(strategy.stages(trials)) == 1
    trials[3] = Trial(3, trials[3].params, "failed", stage=1)
    assert strategy.ask(8, trials).stage == 2
    assert len(strategy.stages(trials)) == 2
    assert strategy.ask(24, trials) == STOP


def test_within_a_stage_the_order_of_ends_does_not_matter():
    """Suggestions depend on seed, number and the stage's box alone: any number of workers gives the same trials."""
    strategy, score = make("coarse-to-fine", SPACE, seed=2, trials=24), valley(2)
    one_by_one = run(strategy, score, count=12)
    trials = [Trial(t.number, t.params, t.status, t.score, stage=t.stage) for t in one_by_one[:8]]
    for number in range(8, 12):  # all four at once
        suggestion = strategy.ask(number, trials)
        assert suggestion.params == one_by_one[number].params
        trials.append(Trial(number, suggestion.params, "running", stage=2))


def test_each_stage_is_the_box_of_the_best_three():
    strategy = make("coarse-to-fine", SPACE, seed=4, trials=24)
    trials = run(strategy, valley(4))
    stages = strategy.stages(trials)
    assert [s["number"] for s in stages] == [1, 2, 3, 4, 5]
    for stage in stages[1:]:
        before = [t for t in trials[: stage["first"]] if t.score is not None]
        best = sorted(before, key=lambda t: t.score)[:3]
        for knob in SPACE.knobs[:3]:
            low, high = stage["box"][knob.path]
            places = [knob.place(t.params[knob.path]) for t in best]
            assert low <= min(places) + 1e-9
            assert high >= max(places) - 1e-9
            assert high - low <= max(max(places) - min(places), 0.1) + 0.3  # beyond only at an edge
        for trial in trials[stage["first"] : stage["first"] + stage["trials"]]:
            assert trial.stage == stage["number"]
            for knob in SPACE.knobs[:2]:
                low, high = stage["box"][knob.path]
                assert low - 1e-3 <= knob.place(trial.params[knob.path]) <= high + 1e-3
        assert all(str(t.number) in stage["reason"] for t in best)
        assert set(stage["ranges"]) == {knob.path for knob in SPACE.knobs}


def edge(params: dict) -> float:
    """Better and better towards lower rates."""
    return 0.2 + 0.1 * math.log10(params["train.learning_rate"])


def test_the_range_is_left_only_at_an_edge_and_then_it_says_so():
    space = Space((Knob("train.learning_rate", 1e-3, 1.0, "log", domain=(0.0, math.inf)),))
    strategy = make("coarse-to-fine", space, trials=24)
    trials = run(strategy, lambda params: edge(params) + 1)
    assert min(t.params["train.learning_rate"] for t in trials) < 1e-3
    said = [sentence for stage in strategy.stages(trials) for sentence in stage["beyond"]]
    assert said
    assert said[0].startswith("train.learning_rate goes below 0.001")
    for stage in strategy.stages(trials):
        outside = [t for t in trials if t.stage == stage["number"] and t.params["train.learning_rate"] < 1e-3]
        assert not outside or stage["beyond"]


def test_inside_of_the_range_it_stays():
    space = Space((Knob("train.learning_rate", 1e-3, 1.0, "log"),))
    strategy = make("coarse-to-fine", space, trials=24)
    trials = run(strategy, lambda params: (math.log10(params["train.learning_rate"]) + 1.5) ** 2)
    assert all(1e-3 <= t.params["train.learning_rate"] <= 1 for t in trials)
    assert not any(stage["beyond"] for stage in strategy.stages(trials))


def test_listed_and_stepped_values_stay_what_they_are_and_domains_are_kept():
    knobs = (
        Knob("a.listed", values=(1, 2, 4)),
        Knob("a.stepped", 10, 50, step=10, whole=True),
        Knob("a.dropout", 0.0, 0.5, domain=(0.0, 0.95)),
        Knob("a.units", 1, 64, "log", whole=True, domain=(1, math.inf)),
    )
    for corner in (min, max):
        strategy = make("coarse-to-fine", Space(knobs), trials=24)
        sign = 1 if corner is min else -1
        trials = run(strategy, lambda params, sign=sign: sign * sum(params.values()))
        for params in (t.params for t in trials):
            assert params["a.listed"] in (1, 2, 4)
            assert params["a.stepped"] in (10, 20, 30, 40, 50)
            assert 0 <= params["a.dropout"] < 1
            assert params["a.units"] >= 1
            assert type(params["a.units"]) is int


def test_a_listed_value_is_left_out_only_after_losing_three_times():
    space = Space((Knob("a.kind", values=("good", "bad", "as good")), Knob("a.x", 0.0, 1.0)))
    strategy = make("coarse-to-fine", space, trials=48)
    trials = run(strategy, lambda params: (params["a.kind"] == "bad") + 0.1 * (params["a.x"] - 0.5) ** 2)
    stages = strategy.stages(trials)
    assert "bad" in stages[0]["ranges"]["a.kind"]
    assert stages[1]["ranges"]["a.kind"] == "good, as good"
    assert sum(t.params["a.kind"] == "bad" for t in trials[stages[1]["first"] :]) == 0
    few = make("coarse-to-fine", space, trials=6)  # two tries of each value show nothing
    trials = run(few, lambda params: float(params["a.kind"] == "bad"))
    assert "bad" in few.stages(trials)[1]["ranges"]["a.kind"]


def test_trials_that_diverged_or_break_a_limit_draw_no_box():
    strategy = make("coarse-to-fine", SPACE, trials=24)
    trials = run(strategy, valley(6), count=8)
    good = sorted((t for t in trials if t.score is not None), key=lambda t: t.score)
    broken = [Trial(t.number, t.params, t.status, t.score, stage=1, feasible=t not in good[:2]) for t in trials]
    named = strategy.stages(broken)[1]["reason"]
    assert not any(f" {t.number} (" in named for t in good[:2])
    assert f" {good[2].number} (" in named


@pytest.mark.parametrize("greater", [True, False])
def test_it_follows_the_sense_of_the_score(greater):
    sign = -1 if greater else 1
    strategy = make("coarse-to-fine", SPACE, trials=24, greater_is_better=greater)
    score = valley(7, noise=0)
    trials = [t for t in run(strategy, lambda p: None if score(p) is None else sign * score(p)) if t.score is not None]
    assert np.mean([sign * t.score for t in trials if t.stage == 5]) < np.mean([sign * t.score for t in trials[:6]])


@pytest.mark.parametrize("count", [12, 24])
def test_it_beats_random_search_at_equal_trials(count):
    """Over 200 noisy valleys, on the true error of what each search would hand over."""
    won = []
    for seed in range(200):
        truth = valley(seed, noise=0)
        found = {}
        for name in ("coarse-to-fine", "random"):
            trials = run(make(name, SPACE, seed=seed, trials=count), valley(seed))
            best = min((t for t in trials if t.score is not None), key=lambda t: t.score)
            found[name] = truth(best.params)
        won.append(found["coarse-to-fine"] < found["random"])
    assert np.mean(won) > 0.57  # 2 standard errors above one half


def test_a_search_may_be_shown_trials_that_ended_out_of_order():
    strategy, score = make("coarse-to-fine", SPACE, trials=12), valley(9)
    first = [ended(i, strategy.ask(i, []), None) for i in range(3)]
    assert strategy.ask(3, first).stage == 1
    assert score(first[0].params) is None or score(first[0].params) > 0
