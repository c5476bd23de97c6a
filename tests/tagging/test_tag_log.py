"""The log of tags: state as a function of its records, undo, crashes, and two writers at once."""

from __future__ import annotations

import json
import multiprocessing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlx.errors import UserError
from dlx.tagging.log import TagLog, annotations_folder
from dlx.tagging.names import clean, data_name, reviewer_name, tag_name
from dlx.tagging.state import State, state


@pytest.fixture
def log(tmp_path):
    return TagLog(tmp_path / "annotations" / "digits" / "tags.jsonl")


def test_no_file_is_an_empty_state(log):
    assert log.state() == State()
    assert log.read()[1] == 0
    assert log.undo("ann") is None


def test_the_last_word_of_each_reviewer_counts(log):
    log.write([("a", "dog", True), ("a", "blurry", True), ("b", "reviewed", True)], reviewer="ann")
    log.write([("a", "dog", False), ("a", "incorrectly_labelled", True), ("a", "correct_label", "7")], reviewer="ann")
    log.write([("a", "Dog", True)], reviewer="bob")
    now = log.state()
    mine = now.review("a", "ann")
    assert (mine.tags, mine.incorrectly_labelled, mine.correct_label) == ({"blurry"}, True, "7")
    assert now.review("a", "bob").tags == {"dog"}  # one tag, whatever its spelling
    assert now.tags == ("dog", "blurry")
    assert now.review("b", "ann").done
    assert not now.review("b", "bob").done
    assert now.reviewers == ("ann", "bob")


def test_undo_takes_back_one_action_of_one_person(log):
    log.write([("a", "dog", True)], reviewer="ann")
    log.write([("a", "cat", True), ("b", "cat", True)], reviewer="ann")
    log.write([("a", "dog", True)], reviewer="bob")
    assert log.undo("ann") is not None
    assert log.state().review("a", "ann").tags == {"dog"}
    assert log.state().review("b", "ann").tags == set()
    log.undo("ann")
    assert log.state().review("a", "ann").tags == set()
    assert log.undo("ann") is None
    assert log.state().review("a", "bob").tags == {"dog"}
    assert len(log.path.read_text().splitlines()) == 6  # nothing was ever rewritten


def test_an_undo_can_be_undone():
    records = [
        {"id": "a", "reviewer": "ann", "tag": "dog", "value": True, "key": "1"},
        {"undo": "1", "reviewer": "ann", "key": "2"},
        {"undo": "2", "reviewer": "ann", "key": "3"},
    ]
    assert [len(state(records[:n]).review("a", "ann").tags) for n in (1, 2, 3)] == [1, 0, 1]


def test_rename_and_merge_keep_what_was_said(log):
    log.write([("a", "blury", True), ("b", "blurry", True), ("c", "blury", True)], reviewer="ann")
    log.rename("blury", "blurry", reviewer="ann")
    now = log.state()
    assert now.tags == ("blurry",)
    assert all(now.review(e, "ann").tags == {"blurry"} for e in "abc")
    log.rename("blurry", "Out of focus", reviewer="ann")
    assert log.state().tags == ("Out of focus",)
    log.undo("ann")
    assert log.state().tags == ("blurry",)


def test_a_line_that_was_cut_off_spoils_only_itself(log):
    log.write([("a", "dog", True), ("b", "dog", True)], reviewer="ann")
    with log.path.open("ab") as file:
        file.write(b'{"id": "c", "reviewer": "ann", "ta')
    assert log.read()[1] == 1
    assert log.state().review("b", "ann").tags == {"dog"}
    log.write([("d", "dog", True)], reviewer="ann")
    assert log.state().review("d", "ann").tags == {"dog"}
    assert log.read()[1] == 1


def test_cut_at_every_byte_all_whole_lines_count(log):
    log.write([(str(i), "dög", True) for i in range(3)], reviewer="ann")
    whole = log.path.read_bytes()
    for end in range(len(whole) + 1):
        log.path.write_bytes(whole[:end])
        lines = whole[:end].count(b"\n") + (whole[end : end + 1] == b"\n")  # a line may lack its end only
        assert len(log.records()) == lines


def test_a_foreign_line_is_no_record(log):
    log.write([("a", "dog", True)], reviewer="ann")
    with log.path.open("a") as file:
        file.write('<<<<<<< HEAD\n[1]\n{"id": 3, "reviewer": "x", "tag": "y", "value": true}\n{"other": 1}\n')
    assert len(log.records()) == 1
    assert log.read()[1] == 4


def _writer(path, name, count):
    log = TagLog(path)
    for i in range(count):
        log.write([(f"{name}{i}", f"tag {i % 3}", True)], reviewer=name)


def test_two_writers_at_once_lose_nothing(log):
    context = multiprocessing.get_context("spawn")
    people = [context.Process(target=_writer, args=(log.path, name, 60)) for name in ("ann", "bob")]
    for person in people:
        person.start()
    for person in people:
        person.join()
        assert person.exitcode == 0
    assert (len(log.records()), log.read()[1]) == (120, 0)
    assert len(log.state().reviews) == 120


_VALUES = st.lists(
    st.tuples(st.sampled_from("abc"), st.sampled_from(["dog", "blurry", "reviewed", "comment"]), st.booleans()),
    max_size=12,
)


@given(_VALUES, _VALUES)
def test_reviewers_do_not_meddle(first, second):
    """What one says is the same whatever the other says in between."""

    def lines(values, who):
        return [{"id": i, "reviewer": who, "tag": t, "value": v} for i, t, v in values]

    alone, mixed = (
        state(lines(first, "ann")),
        state([*lines(second, "bob"), *lines(first, "ann"), *lines(second, "bob")]),
    )
    assert {k: v for k, v in mixed.reviews.items() if k[1] == "ann"} == dict(alone.reviews)
    assert state([*lines(first, "ann"), *lines(first, "ann")]).reviews == alone.reviews


def test_names():
    assert tag_name("  great \n cat ") == "great cat"
    assert data_name("../my data/x") == "my-data-x"
    assert annotations_folder("..", "r").name == "data"
    assert clean("a\r\nb\x00\ud800 ") == "a\nb\ufffd\ufffd"
    assert reviewer_name()
    for bad in ("", " ", "x" * 81, "y_true", "Correct label", "ID"):
        with pytest.raises(UserError):
            tag_name(bad)
    with pytest.raises(UserError):
        reviewer_name(" ")


def test_a_bad_name_writes_nothing(log):
    with pytest.raises(UserError):
        log.write([("a", "dog", True), ("a", "", True)], reviewer="ann")
    assert not log.path.exists()


def test_a_line_holds_who_what_and_when(log):
    log.write([("a", "dog", True)], reviewer="ann", source="sheet", seconds=1.5)
    record = json.loads(log.path.read_text())
    assert {
        "id": "a",
        "tag": "dog",
        "value": True,
        "reviewer": "ann",
        "source": "sheet",
        "seconds": 1.5,
    }.items() <= record.items()
    assert {"time", "key"} <= record.keys()
