"""Each check: it speaks, it stays quiet, it cannot be made; and what the words say in cases that matter."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from dlx import parts
from dlx.findings import Evidence
from dlx.strategy.ladder import HumanFigure

sys.path.insert(0, str(Path(__file__).parent))

from check_cases import CASES, RUN, data, health, history, labels, rungs, scores


def finding(code: str, evidence: Evidence):
    return parts.load("checks", code)(evidence)


@pytest.mark.parametrize("code", CASES)
def test_it_speaks(code):
    status, loud, _, _ = CASES[code]
    found = finding(code, loud)
    assert found.status == status
    assert found.next_step
    assert found.evidence


@pytest.mark.parametrize("code", CASES)
def test_it_stays_quiet(code):
    assert finding(code, CASES[code][2]).status == "passed"


@pytest.mark.parametrize("code", CASES)
def test_it_is_not_applicable(code):
    found = finding(code, CASES[code][3])
    assert found.status == "not_applicable"
    assert found.title


def test_the_next_step_of_a_gap_in_focus_is_the_first_action():
    evidence = rungs(human=0.01, train=0.02, dev=0.09)
    assert finding("variance", evidence).next_step == evidence.ladder.actions[0].reason


def test_a_gap_that_may_be_the_largest_is_undecided():
    evidence = rungs(500, human=0.01, train=0.03, train_dev=0.06, dev=0.08)
    assert evidence.verdict.status == "undecided"
    assert finding("variance", evidence).status == "undecided"
    assert finding("avoidable_bias", evidence).status in ("undecided", "tip")


def test_titles_hold_the_numbers():
    found = finding("avoidable_bias", rungs(human=0.01, train=0.08, dev=0.09))
    assert found.title.startswith("Avoidable bias is 7 points [")
    assert found.evidence["value"] == pytest.approx(0.07)


def test_a_model_not_shown_to_be_better_than_a_guess_is_undecided():
    evidence = scores(
        ("model", "error", "all", 0.4, 0.3, 0.5, 100),
        ("baseline", "error", "all", 0.45, 0.35, 0.55, 100),
        ("model", "error_minus_baseline", "all", -0.05, -0.12, 0.02, 100),
    )
    assert finding("worse_than_baseline", evidence).status == "undecided"


def test_human_level_of_other_measures_is_in_their_unit():
    from dlx.strategy.intervals import mean_rung
    from dlx.strategy.ladder import build

    rng = np.random.default_rng(0)
    rung = [mean_rung(name, rng.uniform(20, 60, 200), bounded=False) for name in ("train", "dev")]
    made = build(rung, bounded=False, metric="mae", unit="mg")
    found = finding("human_level_missing", Evidence(ladder=made, verdict=made.verdict))
    assert "not measured" in found.title
    assert found.evidence["reference"] is None


def test_commands_change_the_run_that_was_made():
    assert finding("exploding_gradients", health("gradient_norm", 1e4)).next_step == (
        "dlx train digits -s train.clip_norm=1"
    )
    assert finding("not_converged", CASES["not_converged"][1]).next_step == "dlx train digits -s train.epochs=40"
    assert finding("dead_relus", health("dead_relu_share", 0.9)).next_step == (
        "dlx train digits -s train.learning_rate=0.00033"
    )


def test_a_loss_that_is_no_number_names_the_epoch():
    found = finding("loss_diverged", history(loss=[1.0, np.nan, np.nan]))
    assert found.status == "issue"
    assert "epoch 2" in found.title


def test_updates_may_be_too_small_only_at_the_start():
    assert finding("update_ratio", health("update_ratio", 1e-8, first=(1e-3,))).status == "passed"
    found = finding("update_ratio", health("update_ratio", 1e-8, first=(1e-8,)))
    assert (found.status, found.next_step) == ("tip", "dlx train digits -s train.learning_rate=0.01")


def test_a_metric_for_unequal_classes_settles_imbalance():
    from dataclasses import replace

    evidence = labels(["cat"] * 50 + ["dog"] * 5, ["cat"] * 55)
    recipe = RUN["recipe"] | {"goal": {"optimize": "f1"}}
    assert finding("class_imbalance", replace(evidence, recipe=recipe)).status == "passed"


def test_few_set_aside_are_a_tip():
    assert finding("examples_set_aside", data(set_aside=1)).status == "tip"
    assert finding("examples_set_aside", data(set_aside=1)).title.startswith("1 example could not be read and was")


def test_the_figure_of_a_panel_on_dev_tells_its_source_by_the_rows():
    from dataclasses import replace

    import pandas as pd

    from dlx.predictions import read

    rows = pd.DataFrame({"id": [1, 2], "split": "dev", "y_true": ["a", "b"], "y_pred": ["a", "a"], "source": "phone"})
    evidence = replace(rungs(train=0.05, dev=0.1, human=(HumanFigure("team", 0.01, of="web"),)), predictions=read(rows))
    found = finding("human_figure_for_other_source", evidence)
    assert found.status == "tip"
    assert "'web'" in found.title
    assert "'phone'" in found.title


@pytest.mark.parametrize(("k", "expected"), [(1, 0.0), (10, 1.5388), (100, 2.5076)])
def test_optimism_is_that_of_the_best_of_k_normal_draws(k, expected):
    # E[max of k standard normal draws]: 0, 1.53875 and 2.50759 (Harter 1961)
    from dlx.strategy.selection import expected_optimism

    assert expected_optimism(0.5, 1, k) / 0.5 == pytest.approx(expected, rel=0.01)


def test_what_dev_resolves_is_connors_number():
    # statistics 3.6: 1 point at a discordance of 5 % needs 3,923 examples
    found = finding("dev_set_too_small", rungs(3923, human=0.0, train=0.001, dev=0.05))
    assert found.evidence["resolvable"] == pytest.approx(0.01, abs=1e-4)
    assert "differ by 1 point are told apart" in found.title


def test_the_set_that_is_too_small_is_the_one_that_is_named():
    from dlx.strategy.intervals import rate_rung
    from dlx.strategy.ladder import build

    found = finding("dev_set_too_small", rungs(400, human=0.01, train=0.03, train_dev=0.06, dev=0.08))
    assert found.title.startswith("400 dev examples are too few")
    made = build([rate_rung("train", 6 / 73, 73), rate_rung("train_dev", 5 / 8, 8), rate_rung("dev", 283 / 296, 296)])
    assert made.verdict.status == "undecided"
    found = finding("dev_set_too_small", Evidence(ladder=made, verdict=made.verdict))
    assert (found.status, found.title[:22]) == ("issue", "8 train-dev examples a")
    assert "train's sources" in found.next_step


@pytest.mark.parametrize(
    ("split", "step"), [("own", "dev: 0.2"), ("auto", "dev: 0.2"), ({"dev": 0.2, "test": 0}, "split=auto")]
)
def test_a_test_set_that_the_step_would_give(split, step):
    """Under auto there is no test set only where the data's own division has none: auto would change nothing."""
    recipe = {"data": {"split": split}}
    found = finding("no_test_set", Evidence(data={"sizes": {"train": 90, "dev": 10}}, recipe=recipe))
    assert step in found.next_step


def test_tips_do_not_contradict_the_verdict():
    from dataclasses import replace

    falling = CASES["not_converged"][1]
    turned = CASES["val_loss_turned_up"][1]
    bias, variance = rungs(human=0.01, train=0.08, dev=0.09), rungs(human=0.01, train=0.02, dev=0.09)
    assert finding("not_converged", replace(falling, verdict=bias.verdict)).status == "tip"
    assert finding("not_converged", replace(falling, verdict=variance.verdict)).status == "passed"
    assert finding("val_loss_turned_up", replace(turned, verdict=variance.verdict)).status == "tip"
    assert finding("val_loss_turned_up", replace(turned, verdict=bias.verdict)).status == "passed"


def test_a_common_class_that_is_never_predicted_is_to_be_looked_at():
    found = finding("class_never_predicted", labels(["cat"] * 20 + ["dog"] * 20, ["cat"] * 40))
    assert found.next_step == "Look at dev examples of dog: 20 of 20 are taken for cat."
    rare = finding("class_never_predicted", labels(["cat"] * 95 + ["dog"] * 5, ["cat"] * 100))
    assert "more weight" in rare.next_step
