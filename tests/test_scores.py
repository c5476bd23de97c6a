"""Scores: the long table, its slices and intervals, and paired differences."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from dlx.errors import UserError
from dlx.metrics._measure import measure
from dlx.predictions import read
from dlx.scores import COLUMNS, difference, paired, rung, score
from dlx.strategy.intervals import mean_rung


def table(n=400, **columns) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    y = rng.choice(list("abc"), n)
    said = np.where(rng.random(n) < 0.2, "a", y)
    default = {"id": [f"i{k}" for k in range(n)], "split": ["train", "dev"] * (n // 2), "y_true": y, "y_pred": said}
    return pd.DataFrame({**default, **columns})


def one(scores: pd.DataFrame, **where) -> pd.Series:
    for column, value in where.items():
        scores = scores[scores[column] == value]
    assert len(scores) == 1
    return scores.iloc[0]


def test_scores_are_long_and_error_has_wilson_limits():
    found = score(read(table()))
    assert tuple(found.columns) == COLUMNS
    assert set(found["split"]) == {"train", "dev"}
    row = one(found, metric="error", split="dev", slice="all")
    wrong = round(row["value"] * row["n"])
    low, high = proportion_confint(wrong, 200, method="wilson")
    assert (row["low"], row["high"], row["n"]) == pytest.approx((low, high, 200))


def test_slices_by_source_and_class_add_up_to_the_whole():
    frame = table(source=["web", "web", "phone", "phone"] * 100)
    found = score(read(frame), ["error"])
    dev = frame[frame["split"] == "dev"]
    for name, column in (("source", "source"), ("class", "y_true")):
        rows = found[found["slice"].str.startswith(f"{name}=") & (found["split"] == "dev")]
        assert len(rows) == dev[column].nunique()
        assert rows["n"].sum() == len(dev)
        whole = one(found, split="dev", slice="all")
        assert (rows["value"] * rows["n"]).sum() == pytest.approx(whole["value"] * whole["n"])
    row = one(found, split="dev", slice="class=b")
    mine = dev[dev["y_true"] == "b"]
    wrong = int((mine["y_true"] != mine["y_pred"]).sum())
    assert (row["low"], row["high"]) == pytest.approx(proportion_confint(wrong, len(mine), method="wilson"))


def test_slices_of_weighted_and_grouped_rows_use_the_rule_of_the_ladder():
    rng = np.random.default_rng(1)
    frame = table(weight=rng.uniform(1, 3, 400), group=rng.integers(0, 30, 400), source=["web", "phone"] * 200)
    frame["split"] = "dev"
    found = read(frame)
    row = one(score(found), metric="error", split="dev", slice="source=phone")
    mine = found.table[found.table["source"] == "phone"]
    expected = mean_rung("x", mine["error"], weight=mine["weight"], groups=mine["group"])
    assert (row["value"], row["low"], row["high"]) == pytest.approx((expected.error, expected.low, expected.high))


def test_every_predictor_gets_the_same_scores():
    people = table(40).assign(predictor="human:panel", split="dev")
    both = pd.concat([table().assign(predictor="model"), people], ignore_index=True)
    found = score(read(both))
    assert set(found["predictor"]) == {"model", "human:panel"}
    assert one(found, predictor="human:panel", metric="error", slice="all")["n"] == 40


def test_labels_are_slices_of_a_multilabel_table():
    frame = pd.DataFrame(
        {"id": [1, 2, 3], "split": "dev", "y_true": [[1, 0], [None, 1], [0, 1]], "y_pred": [[1, 1], [1, 1], [1, 1]]}
    )
    found = score(read(frame, classes=("even", "prime"), task="multilabel"))
    assert one(found, slice="label=even")[["value", "n"]].tolist() == [0.5, 2]
    assert one(found, slice="label=prime")[["value", "n"]].tolist() == [pytest.approx(1 / 3), 3]


def test_default_metrics_follow_the_task():
    regression = pd.DataFrame({"id": range(9), "split": "dev", "y_true": np.arange(9) + 0.5, "y_pred": np.arange(9)})
    found = score(read(regression))
    assert set(found["metric"]) == {"error", "rmse", "r2", "mean_signed_error"}
    offset = one(found, metric="mean_signed_error")
    assert offset["value"] == pytest.approx(-0.5)
    assert {"error", "f1", "balanced_accuracy"} == set(score(read(table()))["metric"])
    two = table().replace({"y_true": {"c": "b"}, "y_pred": {"c": "b"}}).assign(proba_a=0.6, proba_b=0.4)
    assert {"auc", "log_loss", "overconfidence"} < set(score(read(two))["metric"])


def test_signed_means_get_a_t_interval():
    rng = np.random.default_rng(4)
    y = rng.normal(size=50)
    said = y + rng.normal(0.5, 1, 50)
    frame = pd.DataFrame({"id": range(50), "split": "dev", "y_true": y, "y_pred": said})
    row = one(score(read(frame)), metric="mean_signed_error")
    expected = stats.ttest_1samp(said - y, 0).confidence_interval()
    assert (row["low"], row["high"]) == pytest.approx((expected.low, expected.high))


def test_a_metric_is_shown_in_its_own_form():
    found = score(read(table()), ["error", "accuracy"], slices=False)
    error, right = (one(found, metric=m, split="dev") for m in ("error", "accuracy"))
    assert right["value"] == pytest.approx(1 - error["value"])
    assert (right["low"], right["high"]) == pytest.approx((1 - error["high"], 1 - error["low"]))


def test_an_asked_metric_that_does_not_fit_is_refused():
    with pytest.raises(UserError, match="needs numbers"):
        score(read(table()), ["rmse"])
    with pytest.raises(UserError, match="Did you mean 'recall'"):
        score(read(table()), ["recal"])


@pytest.mark.parametrize("name", ["f1", "balanced_accuracy"])
def test_rungs_of_counts_are_close_to_a_bootstrap_of_rows(name):
    part = read(table(), None).rows("model", "dev")
    by_cells = rung("dev", part, measure(name))
    values, rng = [], np.random.default_rng(0)
    for _ in range(400):
        values.append(1 - measure(name)(part.iloc[rng.integers(0, len(part), len(part))]))
    low, high = np.quantile(values, (0.025, 0.975))
    assert by_cells.error == pytest.approx(1 - measure(name)(part))
    assert (by_cells.low, by_cells.high) == pytest.approx((low, high), abs=0.015)


def test_weights_send_counts_to_the_bootstrap_of_rows():
    frame = table(60).assign(split="dev", weight=[1.0, 2.0] * 30)
    part = read(frame).rows("model", "dev")
    found = rung("dev", part, measure("f1"))
    assert found.low < found.error < found.high
    assert found.error == pytest.approx(1 - measure("f1")(part))


def test_tango_limits_of_the_published_table():
    # statistics, numbers that a test can reproduce: table [[59, 6], [16, 80]] gives (−0.1240, −0.0054) for (b − c)/n
    first = np.array([1.0] * 59 + [1.0] * 6 + [0.0] * 16 + [0.0] * 80)
    second = np.array([1.0] * 59 + [0.0] * 6 + [1.0] * 16 + [0.0] * 80)
    found = difference(first, second)
    assert (found.low, found.high) == pytest.approx((-0.1240, -0.0054), abs=5e-5)
    assert found.cells == (59, 16, 6, 80)
    assert found.value == pytest.approx(-10 / 161)


def test_many_differing_rows_get_the_t_interval_which_agrees_with_tango():
    from dlx.strategy.paired import tango

    rng = np.random.default_rng(5)
    first, second = (rng.random(3000) < 0.15).astype(float), (rng.random(3000) < 0.10).astype(float)
    found = difference(first, second)
    low, high = tango(int((first > second).sum()), int((first < second).sum()), 3000)
    assert (found.low, found.high) == pytest.approx((low, high), abs=2e-4)


def test_pairs_are_matched_by_id():
    model = table(40).assign(split="dev", predictor="model")
    people = model.iloc[::-1].iloc[:15].assign(predictor="human:panel", y_pred=lambda t: t["y_true"])
    found = read(pd.concat([model, people], ignore_index=True))
    compared = paired(found, "model", "human:panel", "dev")
    mine = model.iloc[-15:]
    assert compared.n == 15
    assert compared.value == pytest.approx((mine["y_true"] != mine["y_pred"]).mean())
    assert paired(found, "model", "human:panel", "train") is None


def test_differences_of_errors_that_are_no_rates():
    first, second = np.array([1.0, 2.0, 4.0, 3.0]), np.array([2.0, 2.5, 3.0, 5.0])
    found = difference(first, second)
    expected = stats.ttest_rel(first, second).confidence_interval()
    assert (found.value, found.low, found.high) == pytest.approx((-0.625, expected.low, expected.high))


def test_tasks_are_slices_and_their_probabilities_are_scored_where_labels_are_known():
    frame = pd.DataFrame(
        {
            "id": [1, 2, 3],
            "split": "dev",
            "y_true": [["a", "x"], [None, "y"], ["b", "x"]],
            "y_pred": [["a", "y"], ["a", "y"], ["a", "x"]],
            "proba_letter=a": [0.9, 0.6, 0.7],
            "proba_letter=b": [0.1, 0.4, 0.3],
            "proba_sign=x": [0.4, 0.2, 0.5],
            "proba_sign=y": [0.6, 0.8, 0.5],
        }
    )
    found = score(read(frame))
    assert one(found, slice="task=letter")[["value", "n"]].tolist() == [0.5, 2]
    assert one(found, slice="task=sign")[["value", "n"]].tolist() == [pytest.approx(1 / 3), 3]
    given = np.array([0.9, 0.4, 0.8, 0.3, 0.5])  # of the true classes of the five known labels
    assert one(found, metric="log_loss")["value"] == pytest.approx(-np.log(given).sum() / 5)
    said = np.array([0.9, 0.6, 0.8, 0.7, 0.5])
    assert one(found, metric="overconfidence")["value"] == pytest.approx((said.sum() - 3) / 5)
    with pytest.raises(UserError, match=r"yes/no labels.*exact_match"):
        measure("f1")(read(frame).table)
