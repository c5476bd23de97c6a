"""dlx list and dlx show; cards and places."""

from __future__ import annotations

import pytest

from dlx import cards, parts, places
from dlx.errors import UserError
from dlx.listing import catalogue, show


def test_everything_that_can_be_named_is_listed():
    entries = catalogue()
    assert {"recipes", "cards", *parts.FAMILIES} == {entry.family for entry in entries}
    assert all(entry.summary for entry in entries)
    assert [entry.name for entry in catalogue("builders")] == parts.names("builders")
    with pytest.raises(UserError, match="Did you mean 'builders'"):
        catalogue("bilders")


def test_a_recipe_is_shown_with_its_comments_and_a_part_with_its_arguments():
    shown = show("digits")
    assert shown.entry.family == "recipes"
    assert shown.text.startswith("#")
    assert "cards/digits" in shown.also
    assert show("cards/digits").data["content"]["licence"]
    part = show("mlp")
    assert "units: Sequence[int] = (64,)" in part.text
    assert part.data["arguments"]["dropout"]["default"] == 0.0
    assert show("readers/csv").data["arguments"]["path"]["required"] is True


def test_unknown_names():
    with pytest.raises(UserError, match="Did you mean 'digits'"):
        show("digitz")
    with pytest.raises(UserError, match="Did you mean 'wine-shift'"):
        show("wine")
    with pytest.raises(UserError, match="unknown builder"):
        show("builders/mpl")


def test_what_a_recipe_teaches_is_its_first_sentence(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "recipes").mkdir()
    (tmp_path / "recipes" / "mine.yaml").write_text(
        "# DLX_DATA=x dlx train mine\n#\n# Teaches nothing: it is\n# a test. And more.\n\nname: mine  # no\n"
    )
    mine = next(entry for entry in catalogue("recipes") if entry.name == "mine")
    assert mine.summary == "Teaches nothing: it is a test."


def test_every_shipped_card_says_licence_origin_and_reference_of_its_human_level():
    names = places.names("datasets")
    assert len(names) >= 6
    for name in names:
        card = cards.load(name)
        assert card.title, name
        assert card.licence, name
        assert card.origin, name
        assert card.sources, name
        assert all(figure.get("source") for figure in card.human.values()), name
        assert all(set(entry) == {"path", "from"} for entry in card.files)
        assert card.to_dict()["name"] == name


def test_a_card_s_faults_come_at_once(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "datasets").mkdir()
    (tmp_path / "datasets" / "pets.yaml").write_text(
        "tilte: x\nsources: [1]\nfiles: [{path: x}]\nlicence: {}\nhuman: {}\n"
    )
    with pytest.raises(UserError) as caught:
        cards.load("pets")
    text = str(caught.value)
    assert text.startswith("4 faults in datasets/pets.yaml")
    for words in (
        "did you mean 'title'",
        "sources: must be a mapping",
        "files.0: an entry has",
        "licence: must be text",
    ):
        assert words in text


def test_where_a_card_s_file_comes_from(tmp_path, monkeypatch):
    monkeypatch.setenv("DLX_DATA", str(tmp_path))
    card = cards.Card("x", files=[{"path": "wine/red.csv", "from": "UCI"}, {"path": "photos", "from": "a friend"}])
    assert card.comes_from(tmp_path / "wine" / "red.csv") == "UCI"
    assert card.comes_from(tmp_path / "photos" / "cat") == "a friend"
    assert card.comes_from(tmp_path / "other") is None


def test_the_data_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DLX_DATA", raising=False)
    assert places.data_folder() == tmp_path / "data"
    monkeypatch.setenv("DLX_DATA", "elsewhere")
    assert places.data_folder() == tmp_path / "elsewhere"
