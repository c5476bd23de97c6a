"""Several tasks with one body: masks, heads and scores by hand, and one task alone as classification."""

from __future__ import annotations

import numpy as np
import pytest

from dlx.dataset import Dataset, examples_table
from dlx.errors import UserError
from dlx.payloads import Arrays, TensorSpec
from dlx.tasks.multilabel import Multilabel
from dlx.tasks.multitask import Multitask

NAMES = ("kind", "colour", "size")


def dataset(y, names=NAMES, x=None) -> Dataset:
    n = len(y)
    x = np.zeros((n, 2), "float32") if x is None else x
    payload = Arrays({"numbers": x}, (TensorSpec("numbers", (2,), "float32", ("a", "b")),))
    return Dataset("d", examples_table([f"k{i}" for i in range(n)], y), payload, "table", names)


#: kind has three classes, colour two, size two; with gaps
SHELF = [
    ["apple", "red", None],
    ["pear", "green", "big"],
    ["milk", None, "small"],
    ["apple", "green", "big"],
    [None, None, None],
]
#: probabilities in the order of the classes: apple, milk, pear | green, red | big, small
RAW = np.array(
    [
        [0.7, 0.2, 0.1, 0.4, 0.6, 0.9, 0.1],
        [0.5, 0.1, 0.4, 0.8, 0.2, 0.3, 0.7],
        [0.1, 0.8, 0.1, 0.5, 0.5, 0.2, 0.8],
        [0.9, 0.05, 0.05, 0.1, 0.9, 0.6, 0.4],
        [1 / 3, 1 / 3, 1 / 3, 0.5, 0.5, 0.5, 0.5],
    ]
)


def test_rows_count_the_known_labels_only():
    task, data = Multitask(), dataset(SHELF)
    targets = task.targets(data)
    assert targets["classes"] == [
        "kind=apple", "kind=milk", "kind=pear", "colour=green", "colour=red", "size=big", "size=small"
    ]  # fmt: skip
    rows = task.rows(task.units(data, targets), RAW, targets)
    assert rows["id"].tolist() == ["k0", "k1", "k2", "k3"]  # of k4 nothing is known
    assert rows["y_pred"].tolist()[:2] == [["apple", "red", "big"], ["apple", "green", "small"]]
    assert rows["size"].tolist() == [2, 3, 2, 3]
    assert rows["error"].tolist() == [0, 2 / 3, 0, 1 / 3]
    expected = [np.log([0.7, 0.6]), np.log([0.4, 0.8, 0.3]), np.log([0.8, 0.8]), np.log([0.9, 0.1, 0.6])]
    np.testing.assert_allclose(rows["loss"], [-each.sum() for each in expected])


def test_a_hundred_tasks_of_a_thousand_examples_teach_together():
    # worked number O43: each example has a label for one task; the body learns from 100 × 1,000
    y = [[None] * 100 for _ in range(2_000)]
    for i, row in enumerate(y):
        for t in range(50):
            row[(i + 2 * t) % 100] = "yes" if (i // 100 + t) % 2 else "no"
    task, data = Multitask(), dataset(y, tuple(f"t{i}" for i in range(100)))
    targets = task.targets(data)
    assert [sum(counts.values()) for counts in targets["counts"].values()] == [1_000] * 100
    units = task.units(data, targets)
    assert units["y_true"].map(lambda row: sum(v is not None for v in row)).sum() == 100_000
    _, size = task.error(units["y_true"], [["yes"] * 100] * len(units))
    assert size.sum() == 100_000


def test_a_class_that_train_does_not_show_is_an_error_and_no_fault():
    task = Multitask()
    targets = task.targets(dataset(SHELF))
    other = dataset([["plum", "red", None]])
    rows = task.rows(task.units(other, targets), RAW[:1], targets)
    assert rows["error"].tolist() == [1 / 2]
    assert task.encode(other, targets).tolist() == [[-1, 1, -1]]


def test_only_some_tasks():
    task, data = Multitask(only=["size"]), dataset(SHELF)
    targets = task.targets(data)
    assert targets["label_names"] == ["size"]
    assert task.units(data, targets)["y_true"].tolist() == [["big"], ["small"], ["big"]]
    assert task.encode(data, targets).ravel().tolist() == [-1, 0, 1, 0, -1]
    bits = dataset([[1, 0], [None, 1], [0, None]], ("even", "prime"))
    several = Multilabel(only=["prime"])
    assert several.encode(bits, several.targets(bits)).ravel().tolist() == [0, 1, -1]


@pytest.mark.parametrize(
    ("make", "y", "names", "rule"),
    [
        (Multitask, ["a", "b"], (), "several labels"),
        (Multitask, [["a", "x"], ["b", "x"]], ("p", "q"), r"at least two classes.*'q': \['x'\]"),
        (lambda: Multitask(only=["kin"]), SHELF, NAMES, "unknown label.*Did you mean 'kind'"),
        (lambda: Multitask(only=[]), SHELF, NAMES, "at least one label"),
        (lambda: Multitask(weights={"colr": 2}), SHELF, NAMES, "unknown task.*Did you mean 'colour'"),
        (lambda: Multitask(weights={"colour": 0}), SHELF, NAMES, "a number above 0"),
        (Multitask, [["a"], ["b"]], ("p=q",), "holds no '='"),
        (Multilabel, [["a", "x"], ["b", "y"]], ("p", "q"), "task: multitask"),
    ],
)
def test_labels_that_it_cannot_take_are_refused(make, y, names, rule):
    with pytest.raises(UserError, match=rule):
        make().targets(dataset(y, names))


def test_the_baseline_says_the_most_frequent_class_of_each_task():
    task, data = Multitask(), dataset(SHELF)
    targets = task.targets(data)
    rows = task.baseline(data, task.units(data, targets), targets)
    assert rows["y_pred"].iloc[0] == ["apple", "green", "big"]
    assert rows["error"].tolist() == [1 / 2, 1 / 3, 1, 0]


def test_answers_for_new_inputs():
    task = Multitask()
    answers = task.answers(RAW[:1], task.targets(dataset(SHELF)))
    assert answers["prediction"] == ["kind=apple, colour=red, size=big"]
    assert answers["prediction_colour"].tolist() == ["red"]
    assert answers["proba_size=small"].tolist() == [0.1]


@pytest.mark.tf
def test_the_loss_sums_over_known_labels_and_weighs_tasks():
    data = dataset(SHELF)
    logits = np.log(RAW).astype("float32")  # a softmax of logarithms is the probabilities themselves
    for weights in ({}, {"colour": 3.0}):
        task = Multitask(weights=weights)
        targets = task.targets(data)
        loss, error = task.loss(targets)
        y = task.encode(data, targets)
        w = weights.get("colour", 1.0)
        by_hand = [
            np.log(0.7) + w * np.log(0.6),
            np.log(0.4) + w * np.log(0.8) + np.log(0.3),
            np.log(0.8) + np.log(0.8),
            np.log(0.9) + w * np.log(0.1) + np.log(0.6),
            0.0,
        ]
        np.testing.assert_allclose(np.asarray(loss(y, logits)), -np.array(by_hand), rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(np.asarray(error(y, logits)), [0, 2 / 3, 0, 1 / 3, 0], rtol=1e-6)


@pytest.mark.tf
def test_each_task_has_a_head_of_its_size_on_one_body_and_its_own_softmax():
    import keras

    task, data = Multitask(), dataset(SHELF)
    targets = task.targets(data)
    spec = task.spec((TensorSpec("features", (2,), "float32"),), targets)
    assert {tensor.name: tensor.shape for tensor in spec.outputs} == {
        "logits_kind": (3,), "logits_colour": (2,), "logits_size": (2,)
    }  # fmt: skip
    x = inputs = keras.Input((2,), name="features")
    body = keras.Model(inputs, keras.layers.Dense(5, activation="relu", name="body")(x))
    model = task.finish(task.assemble(body, targets, spec), targets)
    # 2·5 + 5 of the body, 5·k + k of a head with k classes
    assert model.count_params() == 15 + 18 + 12 + 12
    out = model.predict(np.random.default_rng(0).normal(size=(4, 2)).astype("float32"), verbose=0)
    assert out.shape == (4, 7)
    for part in (slice(0, 3), slice(3, 5), slice(5, 7)):
        np.testing.assert_allclose(out[:, part].sum(axis=1), 1, rtol=1e-5)


@pytest.mark.tf
def test_a_saved_model_answers_alike(tmp_path):
    import keras

    from dlx import predicting

    task, data = Multitask(), dataset(SHELF)
    targets = task.targets(data)
    inputs = keras.Input((2,), name="features")
    body = keras.Model(inputs, keras.layers.Dense(5, name="body")(inputs))
    spec = task.spec((TensorSpec("features", (2,), "float32"),), targets)
    model = task.finish(task.assemble(body, targets, spec), targets)
    model.save(tmp_path / "m.keras")
    x = np.array([[1.0, -2.0]], "float32")
    again = predicting.load_model(tmp_path / "m.keras")
    np.testing.assert_allclose(again.predict(x, verbose=0), model.predict(x, verbose=0), rtol=1e-6)


@pytest.mark.tf
def test_one_task_alone_is_classification():
    from dlx import fit
    from dlx.tasks.classification import Classification

    generator = np.random.default_rng(0)
    x = generator.normal(size=(90, 2)).astype("float32")
    y = [("a", "b", "c")[int(v)] for v in np.digitize(x[:, 0] + x[:, 1], [-0.5, 0.5])]
    settings = {"epochs": 3, "batch_size": 30, "optimizer": "adam", "learning_rate": 0.05, "seed": 3, "threads": "auto"}
    recipe = {"name": "r", "data": {}, "model": {"builder": "mlp", "units": [4]}, "train": settings}
    raw = []
    for task, data in (
        (Classification(), dataset(y, (), x)),
        (Multitask(), dataset([[label] for label in y], ("only",), x)),
    ):
        prepared = fit.prepare(recipe, task, data)
        raw.append(task.decode(fit.fit(prepared, task, data, None).model, data, prepared.targets))
    np.testing.assert_allclose(raw[0], raw[1], rtol=1e-5)
    assert np.ptp(raw[0]) > 0.3, "nothing was learned"
