"""dlx new: comments stay, the name changes, data is still found, nothing is overwritten."""

from __future__ import annotations

import pytest

from dlx import places
from dlx.errors import UserError
from dlx.recipe import load, new


def test_a_copy_is_the_same_experiment_under_another_name(folder):
    for name in places.names("recipes"):
        copy = new(f"my-{name}", name)
        assert copy.name == f"my-{name}.yaml"
        made, original = load(copy).to_dict(), load(name).to_dict()
        assert made | {"name": name} == original
        assert made["name"] == f"my-{name}"


def test_comments_stay_and_the_command_is_the_new_one(cats):
    text = new("dogs", "cats.yaml").read_text()
    assert text.startswith("# dlx train dogs.yaml\n")
    assert "name: dogs\n" in text
    assert "# two or more classes" in text
    cats.write_text("name: cats   # a comment\n" + cats.read_text())
    assert "name: horses   # a comment\n" in new("horses", "cats.yaml").read_text()


def test_relative_paths_go_on_being_found(cats, folder):
    (folder / "sub").mkdir()
    copy = new("dogs", cats, folder="sub")
    assert load(copy).data["sources"]["web"]["path"] == str(folder / "web.csv")
    assert load(copy).data == load(cats).data


def test_a_run_s_resolved_recipe_becomes_a_recipe_again(cats, folder):
    (folder / "kept.yaml").write_text(load(cats, ["train.epochs=3"]).to_yaml())
    copy = load(new("again", "kept.yaml"))
    assert copy.train["epochs"] == 3
    assert "resolved_by" not in (folder / "again.yaml").read_text()


def test_nothing_is_overwritten(cats, folder):
    before = cats.read_text()
    with pytest.raises(UserError, match="is here already"):
        new("cats", "digits")
    assert cats.read_text() == before


@pytest.mark.parametrize("name", ["a b", "../x", "", "x/y"])
def test_names_that_are_none(folder, name):
    with pytest.raises(UserError, match="letters, digits"):
        new(name, "digits")


def test_a_folder_that_is_not_there(folder):
    with pytest.raises(UserError, match="cannot write"):
        new("x", "digits", folder="nowhere")
