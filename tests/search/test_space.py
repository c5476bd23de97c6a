"""Spaces from recipes, and recipes from parameters."""

from __future__ import annotations

import functools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlx.errors import UserError
from dlx.recipe import load
from dlx.search import Space, apply, default_space, key, try_out

SEARCH = {
    "train.learning_rate": {"min": 1e-4, "max": 1, "scale": "log"},
    "train.optimizer": ["adam", "momentum", "sgd"],
    "train.momentum": {"min": 0.9, "max": 0.999, "scale": "one_minus_log", "when": {"train.optimizer": "momentum"}},
    "train.batch_size": {"min": 16, "max": 256, "scale": "log", "step": 2},
    "train.schedule.name": ["none", "exponential", "cosine"],
    "train.schedule.rate": {"min": 0.8, "max": 0.99, "when": {"train.schedule.name": "exponential"}},
    "model.units": [[32], [32, 32]],
    "model.units.0": {"min": 8, "max": 64},
    "model.units.1": {"min": 8, "max": 64, "when": {"model.units": [[32, 32]]}},
    "model.dropout": {"min": 0, "max": 0.5},
}
BASE = {
    "name": "x",
    "task": "classification",
    "data": {"sources": {"a": {"reader": "sklearn", "name": "digits"}}},
    "model": {"builder": "mlp", "units": [32]},
}


@functools.cache
def recipe():
    return load(BASE | {"search": SEARCH})


def at(data, path: str):
    for part in path.split("."):
        data = data[int(part)] if isinstance(data, list) else data[part]
    return data


def test_whole_numbers_follow_the_schema_and_the_builder_s_signature():
    knobs = {knob.path: knob for knob in Space.of(recipe()).knobs}
    whole = {path for path, knob in knobs.items() if knob.whole}
    assert whole == {"train.batch_size", "model.units.0", "model.units.1"}


def test_what_a_signature_leaves_open_follows_the_limits(tmp_path, monkeypatch):
    (tmp_path / "open_mine.py").write_text("def build(spec, *, width=4, rate=0.5): ...\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    search = {"model.width": {"min": 2, "max": 8}, "model.rate": {"min": 0, "max": 1}}
    made = load(BASE | {"model": {"builder": "open_mine:build"}, "search": search})
    assert [knob.whole for knob in Space.of(made).knobs] == [True, False]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=len(SEARCH), max_size=len(SEARCH)))
def test_a_recipe_with_the_overrides_has_exactly_these_values(cube):
    space = Space.of(recipe())
    params = space.at(cube)
    made = load(recipe(), apply(recipe(), params)).to_dict()
    for path, value in params.items():
        if path == "model.units":  # its layers have knobs of their own
            assert len(at(made, path)) == len(value)
        else:
            assert at(made, path) == value
            assert type(at(made, path)) is type(value) or at(made, path) == float(value)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=len(SEARCH), max_size=len(SEARCH)))
def test_knobs_whose_condition_does_not_hold_are_left_out(cube):
    params = Space.of(recipe()).at(cube)
    assert ("train.momentum" in params) == (params["train.optimizer"] == "momentum")
    assert ("train.schedule.rate" in params) == (params["train.schedule.name"] == "exponential")
    assert ("model.units.1" in params) == (params["model.units"] == [32, 32])


def test_defaults_that_depend_on_the_optimizer_follow_it():
    made = load(BASE | {"search": {"train.optimizer": ["adam", "sgd", "adamw"]}})
    resolved = {name: load(made, apply(made, {"train.optimizer": name})).train for name in ("adam", "sgd", "adamw")}
    assert [resolved[name]["learning_rate"] for name in resolved] == [1e-3, 1e-2, 1e-3]
    assert resolved["adamw"]["weight_decay"] == 0.004
    again = load(made.to_dict())  # as it is stored with a run
    assert apply(again, {"train.optimizer": "sgd"}) == apply(made, {"train.optimizer": "sgd"})
    own = load(made, ["train.learning_rate=0.02"])
    assert load(own, apply(own, {"train.optimizer": "sgd"})).train["learning_rate"] == 0.02


def test_another_builder_keeps_the_arguments_it_shares():
    made = load(BASE | {"search": {"model.builder": ["mlp", "linear", "convnet"]}})
    for name in ("mlp", "linear", "convnet"):
        model = load(made, apply(made, {"model.builder": name})).model
        assert model["builder"] == name
        assert name == "linear" or model["units"] == [32]


def test_the_recipe_s_own_values_come_first():
    first = Space.of(recipe()).first()
    assert len(first) == 1
    assert load(recipe(), apply(recipe(), first[0])).train == recipe().train
    assert "train.batch_size" not in first[0]  # auto lies outside of the range, so it is left as it is
    assert first[0]["train.learning_rate"] == 1e-3


@pytest.mark.parametrize(
    ("start", "first"),
    [
        ([], []),
        (
            [{"train.epochs": 5}, {"model.dropout": 0.25, "train.epochs": 9}],
            [{"train.epochs": 5, "model.dropout": 0.0}, {"train.epochs": 9, "model.dropout": 0.25}],
        ),
    ],
)
def test_points_to_try_first(start, first):
    search = {"start": start, "train.epochs": {"min": 1, "max": 40}, "model.dropout": {"min": 0, "max": 0.5}}
    space = Space.of(load(BASE | {"search": search}, ["train.epochs=30"]))
    assert space.first() == first


def test_all_faults_of_a_search_come_in_one_message():
    search = {
        "train.learning_rate": {"min": 0, "max": 1, "scale": "log"},
        "train.momentum": {"min": 0.9, "max": 1.0, "scale": "one_minus_log"},
        "model.dropuot": {"min": 0, "max": 0.5},
        "model.l2": {"min": 1e-2, "max": 1e-4},
        "train.epochs": {"min": 5, "max": 50, "step": 0},
        "data.split": ["auto"],
        "model.dropout": {"min": 0, "max": 0.5, "when": {"train.epoch": 5}},
        "start": [{"model.l1": 0.1}],
    }
    with pytest.raises(UserError) as error:
        load(BASE | {"search": search})
    for words in (
        "a log scale needs min above 0",
        "max below 1",
        "did you mean 'model.dropout'?",
        "nothing lies between 0.01 and 0.0001",
        "step: is a number above 0",
        "searches a key of train, transfer, model, task",
        "did you mean 'train.epochs'?",
        "search.start.0.model.l1: is no knob of search",
    ):
        assert words in str(error.value), words


def test_two_knobs_cannot_wait_for_each_other():
    search = {
        "model.batch_norm": {"values": [True, False], "when": {"model.activation": "relu"}},
        "model.activation": {"values": ["relu", "tanh"], "when": {"model.batch_norm": True}},
    }
    with pytest.raises(UserError, match="cannot each depend on the other"):
        load(BASE | {"search": search})


def test_a_condition_that_never_holds_is_a_fault():
    search = {"model.activation": ["relu", "tanh"], "model.l2": {"min": 0, "max": 1, "when": {"model.activation": "x"}}}
    with pytest.raises(UserError, match="does not take 'x'"):
        load(BASE | {"search": search})


def test_a_finite_space_knows_its_size():
    search = {
        "train.optimizer": ["adam", "momentum"],
        "train.momentum": {"min": 0.9, "max": 0.999, "scale": "one_minus_log", "step": 10},
        "model.units": [[8], [16], [32]],
    }
    made = load(BASE | {"search": search})
    assert Space.of(made).size == 2 * 3 * 3
    search["train.momentum"]["when"] = {"train.optimizer": "momentum"}
    assert Space.of(load(BASE | {"search": search})).size == (1 + 3) * 3
    assert Space.of(recipe()).size is None


def test_keys_do_not_depend_on_order_or_on_how_a_number_is_written():
    assert key({"a.b": 1, "a.c": [1.0, 2]}) == key({"a.c": (1, 2.0), "a.b": 1.0})
    assert key({"a.b": 1}) != key({"a.b": 2})
    assert key({"a.b": 0.1 + 0.2}) != key({"a.b": 0.3})
    assert key({"a.b": True}) != key({"a.b": 1})


def test_a_space_as_data_tells_changed_spaces_apart():
    data = Space.of(recipe()).to_dict()
    assert data == Space.of(load(recipe().to_dict())).to_dict()
    other = load(BASE | {"search": SEARCH | {"model.dropout": {"min": 0, "max": 0.4}}})
    assert Space.of(other).to_dict() != data


@pytest.mark.parametrize(
    ("optimizer", "expected"),
    [("adam", {1: 1, 2: 2, 3: 2}), ("momentum", {1: 1, 2: 3, 3: 2}), ("sgd", {1: 1, 2: 2, 3: 2})],
)
def test_the_default_has_the_tiers_that_the_recipe_has(optimizer, expected):
    made = load(BASE, [f"train.optimizer={optimizer}"])
    space = default_space(made)
    tiers = {tier: [k.path for k in space.knobs if k.tier == tier] for tier in (1, 2, 3)}
    assert tiers[1] == ["train.learning_rate"]
    assert ("train.momentum" in tiers[2]) == (optimizer == "momentum")
    assert {"train.batch_size", "model.units.0"} <= set(tiers[2])
    assert {"model.units", "train.schedule.name"} == set(tiers[3])
    assert len(space.first()) == 1
    for cube in ([0.01] * len(space.knobs), [0.5] * len(space.knobs), [0.99] * len(space.knobs)):
        load(made, apply(made, space.at(cube)))


def test_the_default_of_a_linear_model_has_no_units_or_layers():
    made = load(BASE | {"model": {"builder": "linear"}})
    assert not any(knob.path.startswith("model") for knob in default_space(made).knobs)


def test_a_recipe_without_search_has_no_space_of_its_own():
    with pytest.raises(UserError, match="nothing to search"):
        Space.of(load(BASE))


def test_what_two_keys_cannot_have_together_is_said_before_the_first_trial():
    try_out(recipe(), Space.of(recipe()))
    for name in ("digits", "wine-shift", "diabetes", "digits-attributes", "breast-cancer"):
        made = load(name)
        try_out(made, default_space(made))
    made = load(BASE | {"search": {"train.schedule.every": {"min": 2, "max": 9}}})
    with pytest.raises(UserError, match=r"train\.schedule\.every = 2 does not work"):
        try_out(made, Space.of(made))
    search = {"model.builder": ["mlp", "linear"], "model.l2": {"values": [0.0, 0.1]}}
    made = load(BASE | {"search": search})
    with pytest.raises(UserError, match="builder 'linear' has no 'l2'"):
        try_out(made, Space.of(made))
    search["model.l2"]["when"] = {"model.builder": "mlp"}
    made = load(BASE | {"search": search})
    try_out(made, Space.of(made))
