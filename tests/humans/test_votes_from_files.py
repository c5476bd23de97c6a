"""Votes of others: tables of votes, sheets, counts; every fault by its cell, and twice changes nothing."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from dlx.errors import UserError
from dlx.humans._answers import Answers
from dlx.humans._imports import changes, take
from dlx.tagging.votes import VoteLog

ANSWERS = Answers("classification", ("cat", "dog", "fox"))
SPLIT = {f"e{i}": "dev" for i in range(6)} | {"t0": "train", "007": "dev"}


def read(path: Path, text: str | pd.DataFrame, **options):
    if isinstance(text, str):
        path.write_text(text, encoding="utf-8")
    elif path.suffix == ".xlsx":
        text.to_excel(path, index=False)
    else:
        text.to_parquet(path)
    how = {"person": None, "group": None, "groups": {}} | options
    return take(path, ANSWERS, SPLIT, {"x1": "e1"}, **how)


def test_one_row_for_each_vote_whatever_the_columns_are_called(tmp_path):
    text = "Worker ID;Filename;Answer;Team;comment\neve;e0;Cat;crowd;=1+1\nbob;x1;DOG;experts;\nbob;7;fox;experts;\n"
    found = read(tmp_path / "v.csv", text)
    told = [(v.example, v.person, v.label, v.facts["group"]) for v in found.votes]
    assert told == [
        ("e0", "eve", "cat", "crowd"), ("e1", "bob", "dog", "experts"), ("007", "bob", "fox", "experts"),
    ]  # fmt: skip
    assert found.votes[0].facts["comment"] == "=1+1"


@pytest.mark.parametrize("suffix", [".xlsx", ".parquet"])
def test_other_kinds_of_files(tmp_path, suffix):
    frame = pd.DataFrame({"id": ["e0", "e1"], "person": ["ann", None], "label": ["cat", "fox"]})
    frame.loc[1, "person"] = "bob"
    assert [v.label for v in read(tmp_path / f"v{suffix}", frame).votes] == ["cat", "fox"]


def test_a_sheet_of_one_person_needs_a_name(tmp_path):
    text = "id,label\ne0,cat\ne1,\ne2,?\n"
    with pytest.raises(UserError, match="--person"):
        read(tmp_path / "v.csv", text)
    found = read(tmp_path / "v.csv", text, person="ann")
    assert [(v.example, v.label) for v in found.votes] == [("e0", "cat"), ("e2", "")]  # "?" is said, empty is not


def test_all_faults_come_at_once_each_with_its_cell(tmp_path):
    text = "id,person,label,group\ne0,ann,cet,a\ne1,,dog,a\ne2,ann,dog,b\ne3,bob,cat,a\ne3,bob,dog,a\n"
    with pytest.raises(UserError) as caught:
        read(tmp_path / "v.csv", text)
    message = str(caught.value)
    assert "line 2 (label)" in message
    assert "Did you mean 'cat'" in message
    assert "line 3 (person): a vote needs a person" in message
    assert "ann is in group 'b' here and in 'a' in row 2" in message
    assert "bob says 'dog' here and 'cat' in row 5" in message


def test_a_person_of_the_log_stays_in_their_group(tmp_path):
    with pytest.raises(UserError, match="in 'experts' in the log"):
        read(tmp_path / "v.csv", "id,person,label\ne0,ann,cat\n", group="crowd", groups={"ann": "experts"})
    found = read(tmp_path / "v.csv", "id,person,label\ne0,ann,cat\n", groups={"ann": "experts"})
    assert found.votes[0].facts["group"] == "experts"


def test_ids_that_are_not_of_dev_are_counted_and_named(tmp_path):
    found = read(tmp_path / "v.csv", "id,person,label\nghost,ann,cat\nt0,ann,cat\ne0,ann,cat\n")
    assert len(found.votes) == 1
    assert "1 rows name no example of the data and are left out: 'ghost'" in found.notes[0]
    assert "about train, not dev" in found.notes[1]
    with pytest.raises(UserError, match="no example of dev"):
        read(tmp_path / "v.csv", "id,person,label\nghost,ann,cat\n")


def test_a_matrix_of_counts(tmp_path):
    found = read(tmp_path / "v.csv", "id,cat,Dog,fox,total\ne0,3,0,2,x\ne1,0,0,0,y\ne2,,5,,z\n", group="crowd")
    assert [(v.example, v.facts["counts"]) for v in found.votes] == [("e0", {"cat": 3, "fox": 2}), ("e2", {"dog": 5})]
    assert "total" in found.notes[0]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id,cat,dog,fox\ne0,0.6,0.4,0\n", "shares must be multiplied"),
        ("id,cat,dog,fox\ne0,-1,0,0\n", "whole number from 0 up"),
        ("id,cat,dog,foxx\ne0,1,0,0\n", "did you mean 'fox'"),
        ("id,cat,dog,zebra\ne0,1,0,3\n", "classes without a column: fox"),
        ("id,cat,dog,fox\ne0,1,0,0\ne0,2,0,0\n", "other counts than in row 2"),
        ("id,cat,dog,fox\ne0,x,0,0\n", "whole number from 0 up"),
        ("id,a,b\ne0,1,0\n", "neither a column of labels nor columns of the classes"),
        ("name_of_it,cat\n1,1\n", "needs a column of ids"),
        ("", "empty"),
    ],
)
def test_a_matrix_at_fault(tmp_path, text, message):
    with pytest.raises(UserError, match=message):
        read(tmp_path / "v.csv", text)


def test_counts_do_not_join_people_by_name(tmp_path):
    with pytest.raises(UserError, match="two groups"):
        read(tmp_path / "v.csv", "id,cat,dog,fox\ne0,1,0,0\n", group="crew", groups={"ann": "crew"})


@pytest.mark.parametrize(
    "text", ["id,person,label,comment\ne0,ann,cat,hm\ne1,bob,fox,\n", "id,cat,dog,fox\ne0,3,0,2\ne1,0,5,0\n"]
)
def test_reading_twice_changes_nothing(tmp_path, text):
    log = VoteLog(tmp_path / "human.jsonl")
    for wanted in (2, 0):
        fresh = changes(read(tmp_path / "v.csv", text), log.votes(), ANSWERS)
        assert len(fresh) == wanted
        log.write_all(fresh, source="file")
    assert len(log.votes()) == 2


def test_a_changed_cell_changes_one_vote(tmp_path):
    log = VoteLog(tmp_path / "human.jsonl")
    log.write_all(read(tmp_path / "v.csv", "id,person,label\ne0,ann,cat\ne1,ann,fox\n").votes)
    fresh = changes(read(tmp_path / "v.csv", "id,person,label\ne0,ann,cat\ne1,ann,dog\n"), log.votes(), ANSWERS)
    assert [(v.example, v.label) for v in fresh] == [("e1", "dog")]


def test_a_broken_parquet_file_is_one_message(tmp_path):
    (tmp_path / "v.parquet").write_bytes(b"PAR1 no")
    with pytest.raises(UserError, match="cannot be read"):
        read(tmp_path / "v.parquet", "PAR1 no")


def test_classes_may_be_called_like_columns_of_votes(tmp_path):
    (tmp_path / "v.csv").write_text("id,y,n\ne0,3,2\n", encoding="utf-8")
    letters = Answers("classification", ("n", "y"))
    (vote,) = take(tmp_path / "v.csv", letters, SPLIT, {}, person=None, group=None, groups={}).votes
    assert vote.facts["counts"] == {"n": 2, "y": 3}
