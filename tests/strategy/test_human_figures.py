"""Which human figure stands at the foot of the ladder."""

import pytest

import dlx
from dlx.errors import UserError
from dlx.strategy.human import deployment_bar, figures, foot, proxy
from dlx.strategy.intervals import rate_rung, wilson
from dlx.strategy.ladder import HumanFigure, build

RADIOLOGY = {"typical": "3%", "doctor": "1%", "experienced": "0.7%", "team": "0.5%"}


def test_the_best_group_is_the_proxy_and_a_weaker_one_may_be_the_bar():  # O21
    ladder = dlx.ladder(RADIOLOGY, "5%", None, "6%", deployment="doctor")
    assert ladder.rung("human").error == 0.005
    assert ladder.deployment.error == 0.01
    assert ladder.gap("avoidable_bias").value == 0.045
    assert "picked from 4 figures" in ladder.verdict.reason
    assert "the bar is doctor, 1 %: dev is 5 points above it" in ladder.verdict.reason


def test_a_bar_below_which_dev_is_must_be_proven():
    few, many = (
        dlx.ladder(RADIOLOGY, "0.5%", None, "0.8%", deployment="doctor", n_train=n, n_dev=n) for n in (500, 10**5)
    )
    assert "does not prove yet" in few.verdict.reason
    assert "below it." in many.verdict.reason


def test_an_unknown_bar_names_the_nearest():
    with pytest.raises(UserError, match="Did you mean 'doctor'"):
        deployment_bar(figures(RADIOLOGY), "docter")


def test_measured_figures_are_ranked_by_their_upper_limit():
    few, many = HumanFigure("few", 0.0, n=20, basis="measured"), HumanFigure("many", 0.02, n=5000, basis="measured")
    assert wilson(0.0, 20)[1] > wilson(0.02, 5000)[1]
    assert proxy([few, many]).group == "many"


def test_a_panel_comes_before_a_better_person():
    panel = HumanFigure("panel", 0.02)
    assert proxy([HumanFigure("panel/ann", 0.01), panel]).group == "panel"
    assert proxy([HumanFigure("expert", 0.01, n_annotators=1), panel]).group == "panel"
    assert proxy([HumanFigure("panel/ann", 0.02), HumanFigure("panel/bob", 0.01)]).group == "panel/bob"


def test_nobody_is_no_proxy():
    assert proxy([]) is None
    assert foot([], bounded=False)[0] is None
    assert foot([], bounded=True)[0].basis == "assumed"


def test_a_figure_for_another_source_says_so():
    rungs = [rate_rung("train", 0.05), rate_rung("dev", 0.06)]
    recipe = {"data": {"target": "mobile"}}
    away = build(rungs, human=[HumanFigure("panel", 0.01, of="web")], recipe=recipe)
    home = build(rungs, human=[HumanFigure("panel", 0.01, of="mobile")], recipe=recipe)
    assert "for 'web', not for the target 'mobile'" in away.verdict.reason
    assert "mobile" not in home.verdict.reason


def test_a_measured_figure_widens_the_bias():
    ladder = dlx.ladder("1%", "5%", None, "6%", n_human=200, n_train=5000, n_dev=1000)
    human, train, bias = ladder.rung("human"), ladder.rung("train"), ladder.gap("avoidable_bias")
    assert (human.low, human.high) == wilson(0.01, 200)
    assert bias.high - bias.low > train.high - train.low
    assert "exact" not in ladder.verdict.reason


def test_limits_of_a_figure_become_draws():
    """A figure with limits of its own and no n is drawn as widely as its limits say."""
    from dlx.strategy.posterior import draws

    for error in (0.05, 0.0):
        low, high = wilson(error, 300)
        rung, _ = foot([HumanFigure("panel", error, low=low, high=high)], bounded=True)
        reference = draws({"human": rate_rung("human", error, 300)})["human"]
        assert draws({"human": rung})["human"].std() == pytest.approx(reference.std(), rel=0.1)


def test_n_goes_with_one_figure():
    with pytest.raises(UserError, match="one human figure"):
        figures(RADIOLOGY, 100)
    with pytest.raises(UserError, match="one human figure"):
        dlx.ladder(train=0.1, dev=0.1, n_human=5)
