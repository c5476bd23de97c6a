"""Metrics: worked numbers, agreement with scikit-learn, and what does not fit."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from dlx import parts
from dlx.errors import UserError
from dlx.metrics._measure import measure
from dlx.predictions import read

sk = pytest.importorskip("sklearn.metrics")


def metric(name: str, table: pd.DataFrame, **knobs) -> float:
    return parts.load("metrics", name)(table, **knobs)


def classes(y_true, y_pred, **columns) -> pd.DataFrame:
    n = len(y_true)
    frame = {"id": range(n), "split": "dev", "y_true": list(y_true), "y_pred": list(y_pred), **columns}
    return read(pd.DataFrame(frame), task="classification").table


def numbers(y_true, y_pred, **columns) -> pd.DataFrame:
    frame = {"id": range(len(y_true)), "split": "dev", "y_true": y_true, "y_pred": y_pred, **columns}
    return read(pd.DataFrame(frame), task="regression").table


@pytest.fixture(scope="module")
def drawn():
    """300 rows of four classes with weights, probabilities and a rare class."""
    rng = np.random.default_rng(1)
    y = rng.choice(list("abcd"), 300, p=[0.5, 0.3, 0.18, 0.02])
    proba = rng.dirichlet(np.ones(4), 300) + 0.8 * (y[:, None] == np.array(list("abcd")))
    proba /= proba.sum(axis=1, keepdims=True)
    said = np.array(list("abcd"))[proba.argmax(axis=1)]
    weight = rng.uniform(0.5, 3, 300)
    columns = {f"proba_{c}": proba[:, i] for i, c in enumerate("abcd")}
    return classes(y, said, weight=weight, **columns), y, said, weight, proba


def test_f1_combines_precision_and_recall_and_picks_a():
    # worked numbers O22: A has P 95, R 90; B has P 98, R 85; F1 92.4 and 91.0
    values = {}
    for name, (hits, false, missed) in {"A": (1710, 90, 190), "B": (1666, 34, 294)}.items():
        table = classes(
            ["cat"] * (hits + missed) + ["no"] * (false + 100),
            ["cat"] * hits + ["no"] * missed + ["cat"] * false + ["no"] * 100,
        )
        values[name] = (
            metric("precision", table, positive="cat"),
            metric("recall", table, positive="cat"),
            metric("f1", table, positive="cat"),
        )
    assert values["A"] == pytest.approx((0.95, 0.90, 0.924), abs=5e-4)
    assert values["B"] == pytest.approx((0.98, 0.85, 0.910), abs=5e-4)
    assert values["A"][2] > values["B"][2]


@pytest.mark.parametrize(
    ("errors", "average"),
    [
        ([3, 7, 5, 9], 6),
        ([5, 6, 5, 10], 6.5),
        ([2, 3, 4, 5], 3.5),
        ([5, 8, 7, 2], 5.5),
        ([4, 5, 2, 4], 3.75),
        ([7, 11, 8, 12], 9.5),
    ],
)
def test_errors_of_regions_are_averaged_alike(errors, average):
    # worked numbers O23, with regions of different size
    regions = [("US", 100), ("China", 200), ("India", 400), ("other", 100)]
    rows = [(region, i < error * n / 100) for (region, n), error in zip(regions, errors, strict=True) for i in range(n)]
    table = classes(["x"] * len(rows), ["y" if wrong else "x" for _, wrong in rows], source=[r for r, _ in rows])
    assert 100 * metric("average_error", table) == pytest.approx(average)


def test_an_unacceptable_image_weighs_ten():
    # worked numbers O27: A errs 3 % and lets bad images through, B errs 5 % without
    truth = ["cat"] * 90 + ["bad"] * 10
    a = classes(truth, ["cat"] * 90 + ["bad"] * 7 + ["cat"] * 3)
    b = classes(truth, ["cat"] * 85 + ["bad"] * 15)
    assert metric("error", a) < metric("error", b)
    weights = {"bad": 10}
    assert metric("weighted_error", a, classes=weights) == pytest.approx(30 / 190)
    assert metric("weighted_error", b, classes=weights) == pytest.approx(5 / 190)
    assert metric("weighted_error", a) == metric("error", a)
    cost = a.assign(meta_cost=np.where(a["y_true"] == "bad", 10.0, 1.0))
    assert metric("weighted_error", cost, column="meta_cost") == pytest.approx(30 / 190)


@pytest.mark.parametrize("average", ["macro", "weighted", "micro"])
def test_counts_agree_with_scikit_learn(drawn, average):
    table, y, said, weight, _ = drawn
    for name, theirs in (("precision", sk.precision_score), ("recall", sk.recall_score), ("f1", sk.f1_score)):
        expected = theirs(y, said, average=average, sample_weight=weight, zero_division=0)
        assert metric(name, table, average=average) == pytest.approx(expected)
        expected = theirs(y, said, labels=["b"], average="macro", sample_weight=weight)
        assert metric(name, table, positive="b") == pytest.approx(expected)


def test_other_metrics_agree_with_scikit_learn(drawn):
    table, y, said, weight, proba = drawn
    assert metric("accuracy", table) == pytest.approx(sk.accuracy_score(y, said, sample_weight=weight))
    assert metric("error", table) == pytest.approx(1 - sk.accuracy_score(y, said, sample_weight=weight))
    assert metric("exact_match", table) == metric("accuracy", table)
    expected = sk.balanced_accuracy_score(y, said, sample_weight=weight)
    assert metric("balanced_accuracy", table) == pytest.approx(expected)
    assert metric("log_loss", table) == pytest.approx(sk.log_loss(y, proba, sample_weight=weight), rel=1e-5)
    each = [sk.roc_auc_score(y == c, proba[:, i], sample_weight=weight) for i, c in enumerate("abcd")]
    assert metric("auc", table) == pytest.approx(np.mean(each), rel=1e-5)
    assert metric("auc", table, positive="c") == pytest.approx(each[2], rel=1e-5)
    confidence = np.average(proba.max(axis=1), weights=weight)
    expected = confidence - sk.accuracy_score(y, said, sample_weight=weight)
    assert metric("overconfidence", table) == pytest.approx(expected, abs=1e-6)


def test_auc_of_two_classes_counts_ties_half():
    table = classes(
        ["n", "n", "p", "p"], ["n", "p", "p", "p"], proba_n=[0.9, 0.5, 0.5, 0.1], proba_p=[0.1, 0.5, 0.5, 0.9]
    )
    assert metric("auc", table) == pytest.approx(3.5 / 4)


def test_numbers_agree_with_scikit_learn():
    rng = np.random.default_rng(2)
    y, weight = rng.normal(50, 10, 200), rng.uniform(0.5, 2, 200)
    said = y + rng.normal(1, 3, 200)
    table = numbers(y, said, weight=weight)
    assert metric("mae", table) == pytest.approx(sk.mean_absolute_error(y, said, sample_weight=weight))
    assert metric("error", table) == pytest.approx(metric("mae", table))
    assert metric("rmse", table) == pytest.approx(sk.root_mean_squared_error(y, said, sample_weight=weight))
    assert metric("r2", table) == pytest.approx(sk.r2_score(y, said, sample_weight=weight))
    assert metric("mean_signed_error", table) == pytest.approx(np.average(said - y, weights=weight))


def test_several_labels_agree_with_scikit_learn_where_all_are_known():
    rng = np.random.default_rng(3)
    y, said = rng.integers(0, 2, (60, 3)), rng.integers(0, 2, (60, 3))
    proba = rng.uniform(size=(60, 3))
    frame = pd.DataFrame({"id": range(60), "split": "dev", "y_true": y.tolist(), "y_pred": said.tolist()})
    table = read(frame.assign(proba=proba.tolist()), classes=("a", "b", "c"), task="multilabel").table
    assert metric("error", table) == pytest.approx(sk.hamming_loss(y, said))
    assert metric("exact_match", table) == pytest.approx(sk.accuracy_score(y, said))
    assert metric("f1", table) == pytest.approx(sk.f1_score(y, said, average="macro"))
    assert metric("auc", table) == pytest.approx(sk.roc_auc_score(y, proba, average="macro"), rel=1e-5)
    expected = np.mean([sk.log_loss(y[:, i], proba[:, i]) for i in range(3)])
    assert metric("log_loss", table) == pytest.approx(expected, rel=1e-5)


def test_labels_that_are_not_known_do_not_count():
    frame = {"id": [1, 2], "split": "dev", "y_true": [[1, None], [0, 1]], "y_pred": [[1, 1], [1, 1]]}
    table = read(pd.DataFrame(frame)).table
    assert metric("error", table) == pytest.approx(1 / 3)
    assert metric("precision", table, positive="0") == pytest.approx(1 / 2)
    assert metric("recall", table, positive="1") == 1


@pytest.mark.parametrize(
    ("name", "knobs", "rule"),
    [
        ("mae", {}, "needs numbers"),
        ("r2", {}, "needs numbers"),
        ("auc", {}, "needs probabilities"),
        ("log_loss", {}, "needs probabilities"),
        ("f1", {"positive": "catt"}, "Did you mean 'cat'"),
        ("f1", {"average": "mikro"}, "Did you mean 'micro'"),
        ("weighted_error", {"column": "meta_cost"}, "unknown column"),
        ("weighted_error", {"classes": {"dig": 2}}, "Did you mean 'dog'"),
        ("weighted_error", {"classes": {"dog": 0, "cat": 0}}, "not all 0"),
        ("average_error", {"by": "sorce"}, "Did you mean 'source'"),
        ("average_error", {}, "needs groups"),
    ],
)
def test_what_does_not_fit_is_said(name, knobs, rule):
    with pytest.raises(UserError, match=rule):
        metric(name, classes(["cat", "dog"], ["cat", "cat"]), **knobs)


def test_what_does_not_fit_numbers_is_said():
    with pytest.raises(UserError, match="target that varies"):
        metric("r2", numbers([1.5, 1.5], [1.0, 2.0]))
    with pytest.raises(UserError, match="accuracy needs errors in 0–1"):
        metric("accuracy", numbers([1.5, 1.5], [1.0, 9.0]))


def test_a_measure_of_ones_own_must_say_what_is_better(tmp_path, monkeypatch):
    (tmp_path / "own_metric.py").write_text("def worst(table):\n    return float(table['error'].max())\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(UserError, match="must define GREATER_IS_BETTER, UNIT, BOUNDS"):
        measure("own_metric:worst")
    (tmp_path / "own_metric_2.py").write_text(
        "GREATER_IS_BETTER, UNIT, BOUNDS = False, '', (0, 1)\n\n\n"
        "def worst(table):\n    return float(table['error'].max())\n"
    )
    found = measure("own_metric_2:worst", {"positive": "x"})
    assert found(classes(["a", "b"], ["a", "a"])) == 1
    assert found.knobs == {}


def test_a_goal_has_a_best_value():
    measure("f1").check_goal("goal.optimize")
    measure("rmse").check_goal("goal.optimize")
    with pytest.raises(UserError, match="no goal"):
        measure("overconfidence").check_goal("goal.optimize")
