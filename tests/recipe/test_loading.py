"""Loading: defaults written out, precedence, cards, paths, and a resolved recipe that loads back unchanged."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlx import places, yaml12
from dlx.errors import UserError
from dlx.recipe import Recipe, load

BASE = {
    "name": "x",
    "task": "classification",
    "data": {"sources": {"a": {"reader": "csv", "path": "a.csv"}, "b": {"reader": "sklearn", "name": "digits"}}},
    "model": {"builder": "mlp"},
}


def test_every_default_is_written_out(cats):
    recipe = load(cats)
    assert recipe.name == "cats"  # the file's
    assert recipe.task == {"name": "classification", "positive": None, "threshold": "auto"}
    assert recipe.model["units"] == [32, 16]
    assert recipe.model["dropout"] == 0.0
    assert recipe.train["epochs"] == 30
    assert recipe.train["learning_rate"] == 0.001
    assert recipe.train["schedule"] == {"name": "none"}
    assert recipe.data["split"] == "auto"
    assert recipe.data["target_in_train"] is None
    assert recipe.goal == {"optimize": "error", "target": None, "satisfice": {}}
    assert json.loads(json.dumps(recipe.to_dict())) == recipe.to_dict()


def test_the_shipped_recipes_load_and_load_back(folder):
    names = list(places.names("recipes"))
    assert {"digits", "digits-shift", "breast-cancer", "diabetes", "wine-shift", "digits-attributes"} <= set(names)
    for name in names:
        recipe = load(name)
        kept = folder / "recipe.yaml"
        kept.write_text(recipe.to_yaml(), encoding="utf-8")
        assert load(kept) == recipe
        assert load(recipe.to_dict()) == recipe
        assert load(kept).hash() == recipe.hash()
        assert recipe.to_dict()["data"]["sources"], name


trees = {
    "name": st.from_regex(r"[A-Za-z0-9_-]{1,12}", fullmatch=True),
    "train": st.fixed_dictionaries(
        {},
        optional={
            "epochs": st.integers(1, 10**6),
            "batch_size": st.integers(1, 4096) | st.just("auto"),
            "optimizer": st.sampled_from(["sgd", "momentum", "rmsprop", "adam", "adamw"]),
            "learning_rate": st.floats(1e-12, 10, exclude_min=True),
            "momentum": st.floats(0, 1, exclude_max=True),
            "schedule": st.sampled_from(["none", "cosine", {"name": "staircase", "every": 3}, None]),
            "early_stopping": st.none() | st.integers(1, 50) | st.fixed_dictionaries({"patience": st.integers(1, 9)}),
            "class_weight": st.none() | st.just("balanced") | st.dictionaries(st.text(), st.floats(0.1, 9), min_size=1),
            "clip_norm": st.none() | st.floats(0.1, 10),
            "seed": st.integers(0, 2**32 - 1),
        },
    ),
    "human": st.dictionaries(
        st.from_regex(r"[A-Za-z0-9_-]{1,8}", fullmatch=True),
        st.floats(0, 1) | st.just("0.7%") | st.fixed_dictionaries({"error": st.floats(0, 1), "source": st.text()}),
        max_size=3,
    ),
    "search": st.fixed_dictionaries(
        {},
        optional={
            "train.epochs": st.sampled_from([[1, 2], {"min": 1, "max": 64, "scale": "log"}]),
            "model.units": st.sampled_from([[[], [8]], {"values": [[8], [8, 8]]}]),
            "model.dropout": st.just({"min": 0, "max": 0.5}),
            "start": st.just([]),
        },
    ),
}


@settings(max_examples=50)
@given(
    st.fixed_dictionaries({}, optional=trees), st.sampled_from(["auto", "own", "from:last", {"dev": 0.2, "test": 10}])
)
def test_a_resolved_recipe_loads_back_unchanged(sections, split):
    recipe = load(BASE | sections | {"data": BASE["data"] | {"split": split}})
    assert load(recipe.to_dict()) == recipe
    assert load(yaml12.parse(recipe.to_yaml(), where="x").data) == recipe
    assert hash(load(recipe.to_dict())) == hash(recipe)


def test_command_line_beats_file_beats_default(cats):
    cats.write_text(cats.read_text() + "train: {epochs: 7, seed: 3}\n")
    recipe = load("cats.yaml", ["train.epochs=9", "train.epochs=11"])
    assert recipe.train["epochs"] == 11  # the last one wins
    assert recipe.train["seed"] == 3
    assert recipe.train["momentum"] == 0.9
    assert recipe.origin("train", "epochs") == "command line"
    assert recipe.origin("train", "seed") == "file"
    assert recipe.origin("train", "momentum") == "default"


def test_the_working_directory_wins_over_what_came_with_dlx(folder):
    (folder / "recipes").mkdir()
    text = places.find("recipes", "digits").read_text(encoding="utf-8")
    (folder / "recipes" / "digits.yaml").write_text(text + "\nhuman: {me: 3%}\n")
    assert load("digits").human["me"]["error"] == 0.03


def test_data_paths_are_relative_to_the_recipe_and_overrides_to_the_working_directory(folder):
    (folder / "sub").mkdir()
    file = folder / "sub" / "cats.yaml"
    file.write_text(
        "task: regression\ndata: {sources: {a: {reader: csv, path: ../x/a.csv}}}\nmodel: {builder: linear}\n"
    )
    assert load(file).data["sources"]["a"]["path"] == str(folder / "x" / "a.csv")
    moved = load(file, ["data.sources.a.path=here.csv"])
    assert moved.data["sources"]["a"]["path"] == str(folder / "here.csv")
    address = load(file, ["data.sources.a.path=https://example.org/a.csv"])
    assert address.data["sources"]["a"]["path"] == "https://example.org/a.csv"


def test_a_card_gives_sources_and_human_level_and_the_recipe_wins_key_by_key(folder):
    (folder / "datasets").mkdir()
    (folder / "datasets" / "pets.yaml").write_text(
        "title: Pets\n"
        "sources: {web: {reader: csv, path: web.csv, label: y}, phone: {reader: csv, path: phone.csv}}\n"
        "human: {panel: {error: 0.01, source: someone}, child: 20%}\n"
    )
    recipe = load(
        {
            "name": "x",
            "task": "classification",
            "data": {"dataset": "pets", "sources": {"web": {"label": "kind"}}, "target": "phone"},
            "model": {"builder": "mlp"},
            "human": {"panel": {"n": 500}},
        },
        ["human.child=null"],
    )
    assert recipe.data["sources"]["web"]["label"] == "kind"
    assert recipe.data["sources"]["web"]["path"] == str(folder / "datasets" / "web.csv")
    assert recipe.data["target_in_train"] is None  # half, or all of its own train part: that is for the data to say
    assert recipe.human == {"panel": {"error": 0.01, "n": 500, "n_annotators": None, "source": "someone", "of": None}}
    assert recipe.origin("data", "sources", "web", "path") == "card"
    (folder / "datasets" / "pets.yaml").unlink()
    assert load(recipe.to_dict()) == recipe  # whatever became of the card


@pytest.mark.parametrize(
    ("split", "written", "share"),
    [
        ("auto", None, None),
        ("from:last", None, None),
        ("own", None, 1.0),
        ({"dev": 0.2}, None, 0.5),
        ("own", 0.25, 0.25),
        ("auto", 0, 0),
    ],
)
def test_the_share_of_the_target_says_what_is_trained_on(folder, split, written, share):
    sources = {name: {"reader": "csv", "path": f"{name}.csv", "label": "y"} for name in ("web", "phone")}
    data = {"sources": sources, "target": "phone", "target_in_train": written, "split": split}
    recipe = load({"name": "x", "task": "classification", "data": data, "model": {"builder": "mlp"}})
    assert recipe.data["target_in_train"] == share
    assert load(recipe.to_dict()) == recipe


def test_missing_data_says_where_it_comes_from(folder, monkeypatch):
    monkeypatch.setenv("DLX_DATA", str(folder / "fetched"))
    recipe = load("wine-shift")
    with pytest.raises(UserError, match="which comes from") as caught:
        recipe.require_files()
    assert "DLX_DATA" in str(caught.value)
    assert str(folder / "fetched" / "wine" / "winequality-red.csv") in str(caught.value)
    for _, path, _ in recipe.missing_files():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    recipe.require_files()


def test_defaults_that_depend_on_the_optimizer():
    assert load(BASE, ["train.optimizer=sgd"]).train["learning_rate"] == 0.01
    assert load(BASE, ["train.optimizer=momentum"]).train["learning_rate"] == 0.01
    assert load(BASE, ["train.optimizer=adamw"]).train["weight_decay"] == 0.004
    assert load(BASE, ["train.optimizer=sgd", "train.learning_rate=0.5"]).train["learning_rate"] == 0.5


def test_a_recipe_is_not_changed_through_what_it_gives_away():
    recipe = load(BASE)
    recipe.train["epochs"] = 1
    recipe.to_dict()["model"]["units"].append(3)
    assert recipe == load(BASE)
    with pytest.raises(AttributeError):
        recipe.values = {}


def test_the_hash_is_that_of_the_content():
    assert load(BASE).hash() == load(dict(reversed(BASE.items()))).hash()
    assert load(BASE).hash() != load(BASE, ["train.seed=1"]).hash()
    assert load(BASE | {"resolved_by": "dlx 9.9"}).hash() == load(load(BASE).to_dict()).hash()


def test_a_loaded_recipe_takes_overrides_too():
    recipe = load(load(BASE), ["train.epochs=2"])
    assert isinstance(recipe, Recipe)
    assert recipe.train["epochs"] == 2
    assert recipe.origin("train", "epochs") == "command line"


def test_own_parts_are_bound_like_the_others(folder, monkeypatch):
    (folder / "own_models_of_test.py").write_text(
        "def build(spec, *, width: int = 8, kinds=('a', 'b'), helper=print):\n    return None\n"
    )
    recipe = load(BASE | {"model": {"builder": "own_models_of_test:build", "width": 3}})
    assert recipe.model == {"builder": "own_models_of_test:build", "width": 3, "kinds": ["a", "b"]}
    with pytest.raises(UserError, match="has no 'widht'; did you mean 'width'"):
        load(BASE | {"model": {"builder": "own_models_of_test:build", "widht": 3}})
    with pytest.raises(UserError, match=r"Did you mean own_models_of_test:build"):
        load(BASE | {"model": {"builder": "own_models_of_test:biuld"}})
    with pytest.raises(UserError, match="cannot import 'no_such_module_of_test'"):
        load(BASE | {"model": {"builder": "no_such_module_of_test:build"}})
