"""Majority, ties and doubts; corrections follow the majority, for dev and test alike."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from dlx.errors import UserError
from dlx.labelling import corrections, decide, write
from dlx.tagging.votes import Vote


def votes(**said: str) -> list[Vote]:
    """``a="cat cat dog"``: three people about a."""
    return [
        Vote(example, f"person {i}", "" if label == "?" else label)
        for example, labels in said.items()
        for i, label in enumerate(labels.split())
    ]


def data(**rows: str) -> pd.DataFrame:
    """``a="dev dog"``: the part and the label that the data came with."""
    return pd.DataFrame([(c, *row.split()) for c, row in rows.items()], columns=["content", "split", "y"])


def test_the_majority_decides_and_a_tie_stays_open():
    found = decide(votes(a="cat cat dog", b="cat dog", c="? ?", d="? dog"))
    assert {c: d.label for c, d in found.items()} == {"a": "cat", "b": None, "c": None, "d": "dog"}
    assert [c for c, d in found.items() if not d.unanimous] == ["a", "b"]


def test_only_labels_that_the_majority_says_are_wrong():
    given = data(a="dev dog", b="test dog", c="train cat", d="train dog")
    records, changed = corrections(given, decide(votes(a="cat cat dog", b="dog", c="dog cat", d="cat")))
    assert [(r["content"], r["label"], r["given"]) for r in records] == [("a", "cat", ["dog"]), ("d", "cat", ["dog"])]
    assert changed == {"dev": 1, "train": 1}


def test_copies_are_corrected_together():
    given = pd.concat([data(a="dev dog"), data(a="test cat"), data(b="test dog")])
    records, changed = corrections(given, decide(votes(a="cat")))
    assert records[0]["given"] == ["cat", "dog"]
    assert changed == {"dev": 1}


def test_dev_alone_is_refused_unless_forced():
    given = data(a="dev dog", b="test dog")
    with pytest.raises(UserError, match="labelled alike"):
        corrections(given, decide(votes(a="cat")))
    assert corrections(given, decide(votes(a="cat")), force=True)[1] == {"dev": 1}
    assert corrections(given, decide(votes(a="cat", b="dog")))[1] == {"dev": 1}  # test was looked at, and is right
    assert corrections(data(a="dev dog"), decide(votes(a="cat")))[1] == {"dev": 1}  # there is no test


def test_written_again_is_the_same_and_lines_by_hand_stay(tmp_path):
    (tmp_path / "corrections.jsonl").write_text('{"content": "z", "label": "cat"}\n{"content": "a", "label": "dog"}\n')
    decided = decide(votes(a="cat", b="cat"))
    records, _ = corrections(data(a="train dog", b="train dog"), decided)
    first = write(records, tmp_path, decided).read_text()
    assert write(records, tmp_path, decided).read_text() == first
    kept = [json.loads(line) for line in first.splitlines()]
    assert [(r["content"], r["label"]) for r in kept] == [("a", "cat"), ("b", "cat"), ("z", "cat")]


def test_a_vote_taken_back_takes_the_correction_back(tmp_path):
    given = data(a="train dog")
    once, later = decide(votes(a="cat")), decide(votes(a="dog"))
    write(corrections(given, once)[0], tmp_path, once)
    assert write(corrections(given, later)[0], tmp_path, later).read_text() == ""
