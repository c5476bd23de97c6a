"""Overrides: split at the first =, typed, dotted keys, lists."""

from __future__ import annotations

import copy

import pytest

from dlx.recipe._overrides import apply, split_path

DATA = {
    "task": "classification",
    "model": {"builder": "convnet", "filters": [16, 32, 64]},
    "train": {"schedule": "cosine", "class_weight": None},
    "search": {"train.learning_rate": {"min": 0.1, "max": 1}},
}


@pytest.mark.parametrize(
    ("text", "path", "value"),
    [
        ("train.learning_rate=1e-3", ("train", "learning_rate"), 0.001),
        ("model.filters=[8, 8]", ("model", "filters"), [8, 8]),
        ("model.filters.1=48", ("model", "filters", 1), 48),
        ("data.sources.a.path=x=y.csv", ("data", "sources", "a", "path"), "x=y.csv"),
        ("human.panel.source=", ("human", "panel", "source"), None),
        ("data.strict=true", ("data", "strict"), True),
        ("name=no", ("name",), "no"),
        ("search.train.learning_rate.max=0.5", ("search", "train.learning_rate", "max"), 0.5),
        ("search.train.epochs.min=5", ("search", "train.epochs", "min"), 5),
        ("search.model.dropout={min: 0, max: 0.5}", ("search", "model.dropout"), {"min": 0, "max": 0.5}),
        ("search.model.units=[[8], [16]]", ("search", "model.units"), [[8], [16]]),
        ("goal.satisfice.latency_ms=<= 10", ("goal", "satisfice", "latency_ms"), "<= 10"),
        ("train.class_weight.7=2", ("train", "class_weight", "7"), 2),
        (" train.epochs =3", ("train", "epochs"), 3),
    ],
)
def test_value_and_place(text, path, value):
    data = copy.deepcopy(DATA)
    written, faults = apply(data, [text])
    assert not faults
    assert list(written) == [path]
    for key in path:
        data = data[key]
    assert data == value
    assert type(data) is type(value)


def test_a_bare_name_grows_into_a_mapping():
    data = copy.deepcopy(DATA)
    apply(data, ["task.positive=yes", "train.schedule.floor=0.1"])
    assert data["task"] == {"name": "classification", "positive": "yes"}
    assert data["train"]["schedule"] == {"name": "cosine", "floor": 0.1}


def test_the_longest_key_that_exists_is_taken():
    assert split_path({"a": {"b": 1}, "a.b": {"c": 1}}, "a.b.c") == ("a.b", "c")
    assert split_path({"a": {"b": 1}}, "a.b.c") == ("a", "b", "c")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("train.epochs", "written key.sub=value"),
        ("=3", "written key.sub=value"),
        ("model.filters.3=1", "places are 0 to 2"),
        ("model.filters.x=1", "places are 0 to 2"),
        ("model.filters.-1=1", "places are 0 to 2"),
        ("model.builder.name=1", "holds no keys: it is 'convnet'"),
        ("train.epochs=[1", "cannot be read as YAML"),
    ],
)
def test_faults(text, words):
    _, faults = apply(copy.deepcopy(DATA), [text, "name=x"])
    assert len(faults) == 1
    assert words in faults[0].message
