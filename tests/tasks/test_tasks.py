"""Each task against numbers worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from dlx.dataset import Dataset, examples_table
from dlx.errors import UserError
from dlx.payloads import Arrays, TensorSpec
from dlx.tasks.classification import Classification, as_text
from dlx.tasks.multilabel import Multilabel
from dlx.tasks.regression import Regression


def dataset(y, names=()) -> Dataset:
    n = len(y)
    payload = Arrays({"numbers": np.zeros((n, 1), "float32")}, (TensorSpec("numbers", (1,), "float32", ("a",)),))
    return Dataset("d", examples_table([f"k{i}" for i in range(n)], y), payload, "table", names)


def test_class_rows_carry_probability_loss_and_error():
    task, data = Classification(), dataset(["a", "b", "c"])
    targets = task.targets(data)
    raw = np.array([[0.7, 0.2, 0.1], [0.5, 0.3, 0.2], [0.1, 0.1, 0.8]])
    rows = task.rows(task.units(data, targets), raw, targets)
    assert rows["y_pred"].tolist() == ["a", "a", "c"]
    assert rows["error"].tolist() == [0, 1, 0]
    np.testing.assert_allclose(rows["loss"], -np.log([0.7, 0.3, 0.8]))


def test_classes_are_sorted_as_numbers_and_keep_the_users_spelling():
    task = Classification()
    assert task.targets(dataset(["10", "9", "2"]))["classes"] == ["2", "9", "10"]
    assert [as_text(v) for v in (3.0, 3, "007", True, 2.5)] == ["3", "3", "007", "True", "2.5"]


def test_the_positive_class_comes_last_and_its_threshold_is_chosen_on_dev():
    data = dataset(["sick", "well", "well", "well"])
    task = Classification(positive="sick")
    targets = task.targets(data)
    assert targets["classes"] == ["well", "sick"]
    raw = np.array([[0.30], [0.10], [0.20], [0.05]])  # all below one half, yet well separated
    units = task.units(data, targets)
    assert task.rows(units, raw, targets)["error"].sum() == 1
    tuned = task.tune(targets, units, raw, lambda rows: -rows["error"].mean())
    assert 0.20 < tuned["threshold"] <= 0.30
    assert tuned["threshold_from"] == "dev"
    assert task.rows(units, raw, tuned)["error"].sum() == 0


def test_a_fixed_threshold_is_left_alone():
    data = dataset(["sick", "well"])
    task = Classification(positive="sick", threshold=0.9)
    targets = task.targets(data)
    assert task.tune(targets, task.units(data, targets), np.array([[0.5], [0.1]]), None) is targets


@pytest.mark.parametrize(
    ("make", "y", "rule"),
    [
        (Classification, ["a", "a"], "at least two classes"),
        (Classification, ["a", None], "needs a label"),
        (lambda: Classification(positive="x"), ["a", "b"], "unknown class"),
        (lambda: Classification(positive="a"), ["a", "b", "c"], "exactly two classes"),
        (Regression, [1.0, 1.0], "varies"),
        (Regression, [1.0, "tall"], "finite number"),
        (Regression, [1.0, float("nan")], "finite number"),
        (Multilabel, ["a", "b"], "several labels"),
    ],
)
def test_labels_a_task_cannot_take_are_refused(make, y, rule):
    with pytest.raises(UserError, match=rule):
        make().targets(dataset(y))


def test_a_label_that_train_does_not_show_names_the_example():
    task = Classification()
    targets = task.targets(dataset(["a", "b"]))
    with pytest.raises(UserError, match=r"'c'.*example k1"):
        task.encode(dataset(["a", "c"]), targets)


def test_balanced_class_weights_give_every_class_the_same_total():
    task, data = Classification(), dataset(["a"] * 3 + ["b"])
    weights = task.example_weights(data, task.targets(data), "balanced")
    np.testing.assert_allclose(weights, [2 / 3] * 3 + [2.0])
    assert task.example_weights(data, task.targets(data), {"b": 10.0}).tolist() == [1, 1, 1, 10]


def test_regression_works_on_the_standardised_target():
    task, data = Regression(unit="k$"), dataset([400.0, 330.0, 369.0, 540.0])  # the houses of worked number O129
    targets = task.targets(data)
    encoded = task.encode(data, targets)
    np.testing.assert_allclose([encoded.mean(), encoded.std()], [0, 1], atol=1e-6)
    rows = task.rows(task.units(data, targets), np.array([[410.0], [330.0], [360.0], [500.0]]), targets)
    assert rows["error"].tolist() == [10, 0, 9, 40]
    # the median is the constant with the smallest absolute error: 384.5 → 15.5 + 54.5 + 15.5 + 155.5
    assert task.baseline(data, task.units(data, targets), targets)["error"].sum() == 241.0


def test_missing_labels_are_masked_out_of_error_and_loss():
    # worked number O43: labels (1, 0, ?, ?) count over the first two only
    task = Multilabel()
    data = dataset([[1, 0, None, None], [1, 1, 1, 1]], ("a", "b", "c", "d"))
    targets = task.targets(data)
    raw = np.array([[0.8, 0.6, 0.9, 0.1], [0.9, 0.9, 0.9, 0.2]])
    rows = task.rows(task.units(data, targets), raw, targets)
    assert rows["size"].tolist() == [2, 4]
    assert rows["error"].tolist() == [1 / 2, 1 / 4]
    np.testing.assert_allclose(rows["loss"].iloc[0], -np.log(0.8) - np.log(1 - 0.6))


def test_a_row_without_any_known_label_is_not_scored_and_the_others_stay_aligned():
    task = Multilabel()
    data = dataset([[1, None], [None, None], [0, 1]], ("a", "b"))
    targets = task.targets(data)
    rows = task.rows(task.units(data, targets), np.array([[0.9, 0.1], [0.5, 0.5], [0.1, 0.9]]), targets)
    assert rows["id"].tolist() == ["k0", "k2"]
    assert rows["error"].tolist() == [0, 0]
