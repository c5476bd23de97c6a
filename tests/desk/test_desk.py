"""The desk: what page and terminal do alike. Expected answers follow from what was said."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from dlx.desk import Item, TagDesk, VoteDesk
from dlx.desk._desk import HOTKEYS, hotkeys, pace
from dlx.errors import UserError
from dlx.tagging.frozen import Sample
from dlx.tagging.log import TagLog
from dlx.tagging.votes import VoteLog, votes


@pytest.fixture
def sample() -> Sample:
    ids = ["a", "b", "c"]
    table = pd.DataFrame(
        {"id": ids, "example": ids, "kind": "error", "stratum": "errors", "p_inclusion": 0.1, "y_true": "cat"}
    ).assign(y_pred=["dog", "dog", "fox"], meta_camera=["old", None, "new"])
    return Sample(table, 30, 300, {"errors": 30}, classes=("cat", "dog", "fox"))


@pytest.fixture
def desk(sample, tmp_path) -> TagDesk:
    return TagDesk(sample, TagLog(tmp_path / "tags.jsonl"), "ann", likely={"a": [("dog", 0.7), ("cat", 0.3)]})


def test_items_show_what_the_sample_knows(desk):
    assert [item.id for item in desk.items] == ["a", "b", "c"]
    assert desk.items[0].proba == (("dog", 0.7), ("cat", 0.3))
    assert desk.items[0].facts == {"camera": "old"}
    assert desk.items[1].facts == {}


def test_what_is_said_is_in_the_log_at_once(desk, sample):
    desk.act(["a"], {"tag": "blurry"}, source="page", seconds=2.5)
    desk.act(["b"], {"wrong_label": "fox"}, source="terminal")
    again = TagDesk(sample, TagLog(desk.log.path), "ann")
    assert again.answer("a")["tags"] == ["blurry"]
    assert again.answer("b")["correct_label"] == "fox"
    assert again.answer("b")["incorrectly_labelled"]
    assert again.progress().done == 2
    assert json.loads(desk.log.path.read_text().splitlines()[0])["seconds"] == 2.5


def test_a_second_desk_sees_the_first_ones_words(desk, sample):
    other = TagDesk(sample, TagLog(desk.log.path), "ann")
    assert other.choices() == []
    desk.act(["a", "b"], {"tag": "blurry"}, source="page")
    assert [(c.name, c.key, c.count) for c in other.choices()] == [("blurry", "1", 2)]


def test_one_undo_takes_back_a_tag_painted_over_many(desk):
    desk.act(["a"], {"done": True}, source="page")
    desk.act(["b", "c"], {"tag": "dark"}, source="page")
    assert desk.undo() == "b"
    assert set(desk.answers()) == {"a"}
    assert desk.undo() == "a"
    assert desk.undo() is None


def test_spellings_of_a_tag_are_one(desk):
    desk.act(["a"], {"tag": "Great Cat"}, source="page")
    desk.act(["b"], {"tag": "great_cat"}, source="page")
    assert [(c.name, c.count) for c in desk.choices()] == [("Great Cat", 2)]
    desk.act(["b"], {"tag": "great cat", "on": False}, source="page")
    assert desk.answer("b")["tags"] == []
    assert desk.answer("b")["done"]  # it was looked at


def test_a_label_that_is_right_after_all(desk):
    desk.act(["a"], {"wrong_label": "fox"}, source="page")
    desk.act(["a"], {"wrong_label": None}, source="page")
    assert not desk.answer("a")["incorrectly_labelled"]
    assert desk.answer("a")["correct_label"] == ""


@pytest.mark.parametrize(
    ("items", "do", "says"),
    [
        (["z"], {"tag": "x y"}, "'z'"),
        (["a"], {"wrong_label": "foxx"}, "'fox'"),
        (["a"], {"tag": " "}, "1 to"),
        (["a"], {"tag": "y_true"}, "column"),
        (["a"], {}, "nothing"),
        ([], {"rename": "dark", "to": "darker"}, "dark"),
    ],
)
def test_faults_name_what_is_wrong_and_write_nothing(desk, items, do, says):
    with pytest.raises(UserError, match=says):
        desk.act(items, do, source="page")
    assert not desk.log.path.exists()


def test_saturation_is_good_turing(desk):
    desk.act(["a"], {"tag": "blurry"}, source="page")
    desk.act(["b"], {"tag": "blurry"}, source="page")
    desk.act(["c"], {"tag": "dark"}, source="page")
    assert desk.progress().new_tag_chance == pytest.approx(1 / 3)  # one tag used once, three errors


def test_ambiguous_has_its_own_key_and_moves_no_other(desk):
    desk.act(["a"], {"tag": "blurry"}, source="page")
    desk.act(["a"], {"tag": "Ambiguous"}, source="page")
    desk.act(["b"], {"tag": "dark"}, source="page")
    assert {c.name: c.key for c in desk.choices()} == {"blurry": "1", "Ambiguous": "?", "dark": "2"}


def test_pace_leaves_breaks_out():
    assert pace(["2026-01-01T10:00:00", "2026-01-01T10:00:04"]) is None
    times = ["2026-01-01T10:00:00", "2026-01-01T10:00:04", "2026-01-01T11:00:00", "2026-01-01T11:00:06"]
    assert pace(times) == 5.0


def test_keys_are_different_and_none_is_a_command():
    names = [f"tag {i}" for i in range(40)]
    keys = [key for key in hotkeys(names).values() if key]
    assert len(set(keys)) == len(keys) == len(HOTKEYS)
    assert not set(keys) & set("nwucgjkhqx")
    assert hotkeys([str(i) for i in range(10)])["7"] == "7"


@pytest.fixture
def ballot(tmp_path) -> VoteDesk:
    return VoteDesk(
        [Item("a", "a"), Item("b", "b")],
        VoteLog(tmp_path / "human.jsonl"),
        "ann",
        labels=("cat", "dog"),
        title="blind",
        facts={"a": {"y_true": "cat"}},
        key={"b": "content-b"},
    )


def test_votes_are_kept_and_undone(ballot):
    assert ballot.answer("a")["label"] is None
    ballot.act(["a"], {"label": "dog"}, source="page", seconds=1)
    ballot.act(["b"], {"label": ""}, source="page")  # cannot tell
    ballot.act(["a"], {"label": "CAT"}, source="page")  # thought better of it
    kept = votes(ballot.log.records())
    assert kept["a", "ann"].label == "cat"
    assert kept["a", "ann"].facts["y_true"] == "cat"
    assert kept["content-b", "ann"].label == ""
    assert ballot.progress().done == 2
    assert ballot.undo() == "a"
    assert ballot.answer("a")["label"] == "dog"
    assert ballot.undo() == "b"
    assert ballot.answer("b")["label"] is None


def test_a_comment_before_the_vote_is_no_vote(ballot):
    ballot.act(["a"], {"comment": "blurred"}, source="page")
    assert ballot.answer("a") == ballot.answers()["a"]
    assert (ballot.answer("a")["done"], ballot.answer("a")["label"]) == (False, None)
    assert ballot.answer("a")["comment"] == "blurred"
    assert ballot.progress().done == 0
    assert ballot.log.votes() == {}
    ballot.act(["a"], {"label": "dog"}, source="page")
    assert ballot.log.votes()["a", "ann"].label == "dog"
    assert ballot.answer("a")["comment"] == "blurred"
    ballot.act(["a"], {"comment": ""}, source="page")  # a comment after it leaves the vote alone
    assert (ballot.answer("a")["label"], ballot.answer("a")["comment"]) == ("dog", "")


def test_two_people_do_not_see_each_other(ballot):
    ballot.act(["a"], {"label": "dog"}, source="page")
    bob = VoteDesk(ballot.items, ballot.log, "bob", labels=ballot.labels, title="blind")
    assert bob.answer("a")["label"] is None
    assert bob.undo() is None


def test_an_unknown_label_names_the_nearest(ballot):
    with pytest.raises(UserError, match="'cat'"):
        ballot.act(["a"], {"label": "catt"}, source="page")
    assert not ballot.log.path.exists()


def test_a_cut_off_line_spoils_only_itself(ballot):
    ballot.act(["a"], {"label": "dog"}, source="page")
    with ballot.log.path.open("a") as file:
        file.write('{"id": "b", "person": "ann", "lab')
    ballot.act(["b"], {"label": "cat"}, source="page")
    assert {k: v.label for k, v in ballot.log.votes().items()} == {("a", "ann"): "dog", ("content-b", "ann"): "cat"}


def test_an_action_said_twice_with_one_ticket_counts_once(desk):
    for _ in range(2):
        desk.act(["a", "b"], {"tag": "dark"}, source="page", ticket="t1")
    desk.act(["c"], {"tag": "dark"}, source="page", ticket="t2")
    assert len(desk.log.records()) == 6  # a tag and "reviewed" for each example
    for _ in range(2):
        assert desk.undo("u1") == "c"
    assert set(desk.answers()) == {"a", "b"}
    for _ in range(2):
        desk.act([], {"rename": "dark", "to": "night"}, source="page", ticket="r1")
    assert [choice.name for choice in desk.choices()] == ["night"]


def test_an_action_that_was_cut_off_is_completed_by_its_repetition(desk):
    desk.act(["a", "b"], {"tag": "dark"}, source="page", ticket="t1")
    lines = desk.log.path.read_bytes().splitlines(keepends=True)
    desk.log.path.write_bytes(b"".join(lines[:2]) + lines[2][:20])  # killed in the middle of the second example
    desk.act(["a", "b"], {"tag": "dark"}, source="page", ticket="t1")
    assert set(desk.answers()) == {"a", "b"}
    desk.undo()
    assert desk.answers() == {}


def test_the_version_changes_with_the_log_and_only_then(desk, sample):
    other = TagDesk(sample, TagLog(desk.log.path), "bob")
    before = other.version()
    assert other.version() == before
    desk.act(["a"], {"tag": "dark"}, source="page")
    assert other.version() != before


def test_votes_on_many_are_one_action_and_a_ticket_counts_once(ballot):
    for _ in range(2):
        ballot.act(["a", "b"], {"label": "dog"}, source="page", ticket="t1")
    assert len(ballot.log.records()) == 2
    for _ in range(2):
        assert ballot.undo("u1") == "a"
    assert ballot.answers() == {}
    ballot.act(["a", "b"], {"label": "dog"}, source="page")
    assert ballot.undo() == "a"
    assert ballot.answers() == {}


def test_clearing_takes_back_all_that_was_said_and_undo_brings_it_back(desk):
    desk.act(["a"], {"tag": "dark"}, source="page")
    desk.act(["a"], {"wrong_label": "fox"}, source="page")
    before = desk.answer("a")
    desk.act(["a"], {"clear": True}, source="page")
    assert desk.answers() == {}
    desk.undo()
    assert desk.answer("a") == before


@pytest.mark.parametrize(
    ("form", "said", "kept"),
    [
        ("many", '["DOG", "cat"]', '["dog", "cat"]'),
        ("many", "[]", "[]"),
        ("number", " 2,5 ", "2.5"),
        ("number", "1e3", "1000"),
        ("text", "any words", "any words"),
    ],
)
def test_other_forms_of_labels(tmp_path, form, said, kept):
    labels = ("cat", "dog") if form == "many" else ()
    desk = VoteDesk([Item("a", "a")], VoteLog(tmp_path / "v.jsonl"), "ann", labels=labels, title="", form=form)
    desk.act(["a"], {"label": said}, source="page")
    assert desk.answer("a")["label"] == kept


@pytest.mark.parametrize(("form", "said"), [("many", "cat"), ("many", '["cow"]'), ("number", "two"), ("number", "inf")])
def test_what_is_of_another_form_is_refused(tmp_path, form, said):
    desk = VoteDesk([Item("a", "a")], VoteLog(tmp_path / "v.jsonl"), "ann", labels=("cat", "dog"), title="", form=form)
    with pytest.raises(UserError):
        desk.act(["a"], {"label": said}, source="page")
    assert desk.answers() == {}
