"""Laws that every task keeps; none of them needs TensorFlow."""

from __future__ import annotations

import json

import numpy as np
import pytest

from dlx import parts
from dlx.dataset import Dataset, examples_table
from dlx.payloads import Arrays, TensorSpec

LABELS = {
    "classification": (["cat", "dog", "bird", "dog"], ()),
    "regression": ([1.5, -2.0, 0.25, 4.0], ()),
    "multilabel": ([[1, 0], [0, None], [1, 1], [0, 0]], ("even", "prime")),
    "multitask": ([["cat", "red"], ["dog", None], ["bird", "blue"], ["dog", "red"]], ("kind", "colour")),
}


def dataset(task: str) -> Dataset:
    y, names = LABELS[task]
    payload = Arrays({"numbers": np.zeros((4, 2), "float32")}, (TensorSpec("numbers", (2,), "float32", ("a", "b")),))
    return Dataset("four", examples_table(list("abcd"), y), payload, "table", names)


def test_the_sweep_covers_every_task():
    assert set(parts.names("tasks")) == set(LABELS)


@pytest.mark.parametrize("name", LABELS)
def test_targets_are_json(name):
    targets = parts.load("tasks", name)().targets(dataset(name))
    assert json.loads(json.dumps(targets)) == targets


@pytest.mark.parametrize("name", LABELS)
def test_a_perfect_prediction_has_error_zero(name):
    task, data = parts.load("tasks", name)(), dataset(name)
    units = task.units(data, task.targets(data))
    perfect = [[0 if v is None else v for v in y] if isinstance(y, list) else y for y in units["y_true"]]
    error, size = task.error(units["y_true"], perfect)
    assert error.tolist() == [0.0] * len(units)
    assert (size > 0).all()


@pytest.mark.parametrize("name", LABELS)
def test_errors_do_not_depend_on_row_order(name):
    task, data = parts.load("tasks", name)(), dataset(name)
    units = task.units(data, task.targets(data))
    said = units["y_true"].iloc[::-1].map(lambda y: [0 if v is None else v for v in y] if isinstance(y, list) else y)
    error, _ = task.error(units["y_true"], said)
    turned, _ = task.error(units["y_true"].iloc[::-1], said.iloc[::-1])
    assert error.tolist() == turned.tolist()[::-1]


@pytest.mark.parametrize("name", LABELS)
def test_the_baseline_scores_every_unit_with_one_constant(name):
    task, data = parts.load("tasks", name)(), dataset(name)
    targets = task.targets(data)
    units = task.units(data, targets)
    rows = task.baseline(data, units, targets)
    assert rows["id"].tolist() == units["id"].tolist()
    assert len({str(p) for p in rows["y_pred"]}) == 1
    assert np.isfinite(rows["error"]).all()
