"""``augment:`` in a recipe: names or mappings, defaults written out, every fault with its place."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest

from dlx.errors import UserError
from dlx.recipe import load
from dlx.recipe.editor import json_schema

BASE = {
    "name": "x",
    "task": "classification",
    "data": {"sources": {"web": {"reader": "images", "path": "photos"}}},
    "model": {"builder": "convnet"},
}


def loaded(*overrides, **keys):
    return load(copy.deepcopy(BASE) | keys, overrides)


def test_it_is_empty_by_default_and_names_become_mappings_with_defaults():
    assert loaded().augment == []
    mirror = {"name": "mirror", "axis": "horizontal", "probability": 0.5}
    crop = {"name": "crop", "least": 0.8, "aspect": 1.25}
    assert loaded(augment=["mirror", {"name": "crop", "least": 0.8}]).augment == [mirror, crop]
    assert loaded("augment=[mirror, {name: crop, least: 0.8}]").augment == [mirror, crop]
    assert loaded("augment.0.probability=1", augment=["mirror"]).augment == [mirror | {"probability": 1}]


def test_it_loads_back_unchanged():
    resolved = loaded(augment=["mirror", "pca_colour", {"name": "overlay", "path": "fog"}])
    assert load(resolved.to_dict()) == resolved


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("[mirr]", r"augment\.0\.name: unknown augmentation \(got 'mirr'\)\. Did you mean 'mirror'"),
        ("[mirror, {name: crop, leest: 0.5}]", r"augment\.1\.leest: .* did you mean 'least'"),
        ("[mirror, {name: crop, least: 0}]", r"augment\.1\.least: must be above 0 and at most 1 \(got 0\)"),
        ("[{name: mirror, axis: diagonal}]", r"augment\.0\.axis: must be .*'horizontal'"),
        ("[{name: noise, most: much}]", r"augment\.0\.most: must be a number \(got 'much'\)"),
        ("[{name: background}]", r"augment\.0\.path: augmentation 'background' needs 'path'"),
        ("[{least: 0.5}]", r"augment\.0\.name: is needed"),
        ("[3]", r"augment\.0: must be a mapping"),
        ("mirror", r"augment: must be a list \(got 'mirror'\)"),
        ("['mine:no']", "cannot import 'mine'"),
    ],
)
def test_faults_name_their_place(value, message):
    with pytest.raises(UserError, match=message):
        loaded(f"augment={value}")


def test_all_faults_come_at_once():
    with pytest.raises(UserError, match="3 faults") as caught:
        loaded("augment=[mirr, {name: crop, least: 5}, {name: noise, most: -1}]")
    assert all(f"augment.{i}" in str(caught.value) for i in range(3))


def test_paths_begin_at_the_recipe_or_at_the_working_directory(folder):
    (folder / "sub").mkdir()
    text = "task: classification\ndata: {sources: {web: {reader: images, path: p}}}\nmodel: {builder: convnet}\n"
    (folder / "sub" / "r.yaml").write_text(text + "augment: [{name: background, path: shelves}]\n")
    assert load("sub/r.yaml").augment[0]["path"] == str(folder / "sub" / "shelves")
    typed = load("sub/r.yaml", ["augment=[{name: background, path: shelves}]"])
    assert typed.augment[0]["path"] == str(folder / "shelves")
    missing = {key: path for key, path, _ in typed.missing_files()}
    assert missing["augment.0.path"] == Path(folder / "shelves")
    with pytest.raises(UserError, match=r"augment\.0\.path: .*shelves"):
        typed.require_files()


def test_ones_own_augmentation(folder, monkeypatch):
    monkeypatch.syspath_prepend(folder)
    (folder / "own_augmentations.py").write_text(
        "def invert(*, most: float = 1.0):\n"
        "    if most > 1:\n        raise ValueError('most is at most 1')\n"
        "    from dlx.augmentations._base import Augmentation\n"
        "    return Augmentation(lambda images, seed: 1 - most * images)\n"
    )
    assert loaded("augment=['own_augmentations:invert']").augment == [{"name": "own_augmentations:invert", "most": 1.0}]
    with pytest.raises(UserError, match=r"augment\.0: most is at most 1"):
        loaded("augment=[{name: 'own_augmentations:invert', most: 2}]")


def test_editors_know_names_and_arguments():
    jsonschema = pytest.importorskip("jsonschema")
    judge = jsonschema.Draft202012Validator(json_schema())
    good = BASE | {"augment": ["mirror", {"name": "crop", "least": 0.5}, {"name": "mine:invert", "most": 1}]}
    assert judge.is_valid(good)
    for bad in ("mirror", ["mirr"], [{"name": "crop", "leest": 1}], [{"name": "background"}], [3]):
        assert not judge.is_valid(BASE | {"augment": bad}), bad
