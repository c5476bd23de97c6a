"""The laws of every strategy, and of random search and the grid."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from surfaces import SPACE, run, valley

from dlx.errors import UserError
from dlx.search import NAMES, STOP, Space, Suggestion, Trial, key, make
from dlx.search.knob import Knob
from dlx.search.ranking import costs, rank

OURS = ("coarse-to-fine", "random", "grid")
ALL = [pytest.param(name, marks=[] if name in OURS else pytest.mark.tf) for name in NAMES]
FEW = Space((Knob("a.x", values=(1, 2, 3)), Knob("a.y", values=("p", "q")), Knob("a.z", 1, 2, whole=True)))


@pytest.mark.parametrize("name", ALL)
def test_the_same_trials_get_the_same_answer(name):
    """So a search that was killed goes on where it was, with a strategy made anew."""
    trials = run(make(name, SPACE, seed=3, trials=12, epochs=9), valley(0))
    for number in (0, 1, 5, len(trials) - 1):
        again = make(name, SPACE, seed=3, trials=12, epochs=9).ask(number, trials[:number])
        assert again.params == trials[number].params
        assert (again.stage, again.epochs, again.continues) == (
            trials[number].stage,
            trials[number].epochs,
            trials[number].continues,
        )


@pytest.mark.parametrize("name", ALL)
def test_suggestions_lie_in_the_space_and_are_not_repeated(name):
    trials = run(make(name, SPACE, trials=12, epochs=9), valley(1))
    fresh = [trial for trial in trials if trial.continues is None]
    assert len({key(trial.params) for trial in fresh}) == len(fresh)
    for trial in fresh:
        assert list(trial.params) == [knob.path for knob in SPACE.knobs]
        inside = [knob.holds(trial.params[knob.path]) for knob in SPACE.knobs]
        assert all(inside) or name == "coarse-to-fine"  # which says so: see its own tests
    if name != "hyperband":
        assert len(trials) == 12


@pytest.mark.parametrize("name", ALL)
def test_another_seed_tries_something_else(name):
    one, other = (run(make(name, SPACE, seed=seed, trials=9, epochs=9), valley(1), count=3) for seed in (1, 2))
    assert [t.params for t in one] != [t.params for t in other]


@pytest.mark.parametrize("name", ALL)
def test_points_to_try_first_come_first(name):
    points = tuple(SPACE.at([u] * 6) for u in (0.2, 0.7))
    space = dataclasses.replace(SPACE, start=points)
    trials = run(make(name, space, trials=12, epochs=9), valley(2), count=3)
    assert [trial.params for trial in trials[:2]] == list(points)
    assert trials[2].params not in points


@pytest.mark.parametrize("name", ["random", "coarse-to-fine", "grid"])
def test_a_finite_space_is_tried_once_and_then_it_stops(name):
    trials = run(make(name, FEW, trials=100), lambda params: 0.1 * params["a.x"])
    assert len({key(trial.params) for trial in trials}) == len(trials) <= FEW.size == 12
    assert len(trials) >= (12 if name != "coarse-to-fine" else 6)


@pytest.mark.parametrize("name", OURS)
def test_when_every_trial_fails_the_search_still_goes_on(name):
    trials = run(make(name, SPACE, trials=10), lambda params: None)
    assert len(trials) == 10
    assert rank(trials, greater_is_better=False).best is None


def test_random_depends_on_seed_and_number_alone():
    trials = run(make("random", SPACE, seed=5), valley(3), count=8)
    unseen = [Trial(t.number, SPACE.at([0.5] * 6), "running") for t in trials]
    for trial in trials:
        assert make("random", SPACE, seed=5).ask(trial.number, unseen[: trial.number]).params == trial.params


def test_random_fills_each_decade_alike():
    space = Space(SPACE.knobs[:1])
    strategy = make("random", space, seed=1, trials=4000)
    rates = [strategy.ask(number, []).params["train.learning_rate"] for number in range(4000)]
    assert np.histogram(np.log10(rates), bins=4, range=(-4, 0))[0] / 4000 == pytest.approx([0.25] * 4, abs=0.03)


def test_a_grid_is_every_combination_once_and_says_its_size():
    strategy = make("grid", FEW, trials=100)
    trials = run(strategy, lambda params: 0.5)
    assert strategy.size == len(trials) == 12
    assert {key(t.params) for t in trials} == {key(p) for p in FEW.combinations([k.spaced(9) for k in FEW.knobs])}
    assert strategy.ask(12, trials) == STOP


def test_a_grid_of_continua_is_as_fine_as_the_trials_allow():
    space = Space((Knob("a.x", 1e-4, 1.0, "log"), Knob("a.y", 0.0, 1.0), Knob("a.z", values=("p", "q"))))
    assert make("grid", space, trials=40).size == 2 * 4 * 4
    assert make("grid", space, trials=3).size == 2 * 2 * 2
    assert make("grid", space, trials=32).values[0] == [1e-4, 1e-4 ** (2 / 3), 1e-4 ** (1 / 3), 1.0] or make(
        "grid", space, trials=32
    ).values[0] == pytest.approx([1e-4, 1e-4 ** (2 / 3), 1e-4 ** (1 / 3), 1.0], rel=1e-3)


def test_half_a_grid_has_every_value():
    strategy = make("grid", FEW, trials=6, seed=2)
    trials = run(strategy, lambda params: 0.5)
    assert len(trials) == 6
    assert {t.params["a.x"] for t in trials} == {1, 2, 3}
    assert {t.params["a.y"] for t in trials} == {"p", "q"}


def test_a_grid_that_nobody_could_run_is_refused():
    space = Space(tuple(Knob(f"a.x{i}", 1, 10, step=1, whole=True) for i in range(6)))
    with pytest.raises(UserError, match="a grid has at most 100,000 settings"):
        make("grid", space)


def test_no_strategy_of_that_name():
    with pytest.raises(UserError, match="Did you mean 'bayesian'"):
        make("baysian", SPACE)


def test_ranking_puts_limits_before_scores():
    trials = [
        Trial(0, {}, "complete", 0.30, feasible=True),
        Trial(1, {}, "complete", 0.10, feasible=False),
        Trial(2, {}, "complete", 0.20, feasible="unproven"),
        Trial(3, {}, "diverged", None),
        Trial(4, {}, "complete", 0.25, feasible=True),
        Trial(5, {}, "duplicate", 0.25, feasible=True, of=4),
        Trial(6, {}, "stopped", 0.24, feasible=True),
        Trial(7, {}, "running", None),
    ]
    found = rank(trials, greater_is_better=False)
    assert [t.number for t in found.proven] == [6, 4, 0]
    assert found.best.number == 4  # a trial that was ended early is not what was asked for
    assert ([t.number for t in found.unproven], [t.number for t in found.broken]) == ([2], [1])
    assert [t.number for t in found.without] == [3]
    assert [t.number for t in rank(trials, greater_is_better=True).proven] == [0, 4, 6]


@pytest.mark.parametrize("greater", [False, True])
def test_costs_are_finite_and_put_the_worst_last(greater):
    sign = -1 if greater else 1
    trials = [Trial(i, {}, "complete", sign * score) for i, score in enumerate((0.1, 0.4, 0.2))]
    trials += [Trial(3, {}, "diverged"), Trial(4, {}, "complete", sign * 0.05, feasible=False), Trial(5, {}, "running")]
    cost = costs(trials, greater_is_better=greater)
    assert 5 not in cost
    assert sorted(cost, key=cost.get)[:3] == [0, 2, 1]
    assert cost[3] >= cost[1]
    assert cost[4] > cost[1]
    assert all(np.isfinite(list(cost.values())))
    assert costs([Trial(0, {}, "failed")], greater_is_better=greater) == {0: 0.0}
    assert isinstance(make("random", SPACE).ask(0, []), Suggestion)
