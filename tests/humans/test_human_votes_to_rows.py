"""From votes to rows of the predictions table; expected decisions are worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from voting import LABELS, reference

from dlx.errors import UserError
from dlx.humans import Ballots, Reference, ballots, human_rows
from dlx.humans._answers import Answers
from dlx.humans._rows import decisions, people_rows
from dlx.tagging.votes import Vote


def said(about: Reference, *votes: tuple, group: str = "crew") -> Ballots:
    """Votes as (example, person, label)."""
    made = {(e, p): Vote(e, p, label, {"group": group}) for e, p, label in votes}
    return ballots(made, about.dev.index, about.answers)


def test_each_vote_is_a_row_and_the_majority_another():
    about = reference(["cat", "dog"])
    votes = said(about, ("e0", "ann", "cat"), ("e0", "bob", "dog"), ("e0", "cy", "cat"), ("e1", "ann", "fox"))
    rows = human_rows(about, votes).set_index(["predictor", "id"])
    assert rows["y_pred"].to_dict() == {
        ("human:crew", "e0"): "cat", ("human:crew", "e1"): "fox", ("human:crew/ann", "e0"): "cat",
        ("human:crew/ann", "e1"): "fox", ("human:crew/bob", "e0"): "dog", ("human:crew/cy", "e0"): "cat",
    }  # fmt: skip
    assert rows["error"].to_dict()[("human:crew", "e0")] == 0
    assert rows["error"].to_dict()[("human:crew/bob", "e0")] == 1
    assert set(rows["split"]) == {"dev"}


def test_one_person_is_no_panel():
    about = reference(["cat", "dog"])
    rows = human_rows(about, said(about, ("e0", "ann", "cat"), ("e1", "ann", "dog")))
    assert set(rows["predictor"]) == {"human:crew/ann"}


def test_a_tie_is_split_evenly_over_examples_and_always_the_same_way():
    about = reference(["cat"] * 2_000)
    votes = said(about, *[(f"e{i}", p, label) for i in range(2_000) for p, label in (("a", "cat"), ("b", "dog"))])
    first, again = (decisions(about, votes.table) for _ in range(2))
    assert first.ties == 2_000
    assert abs(first.rows["error"].mean() - 0.5) < 0.04
    assert first.rows["y_pred"].tolist() == again.rows["y_pred"].tolist()
    assert set(first.rows["y_pred"]) == {"cat", "dog"}


def test_who_cannot_tell_has_to_guess_and_a_panel_hears_the_others():
    about = reference(["cat"] * 3_000)
    unsure = said(about, *[(f"e{i}", "ann", "") for i in range(3_000)])
    alone = people_rows(about, unsure.table)
    assert alone.unsure == 3_000
    assert abs(alone.rows["error"].mean() - 2 / 3) < 0.03  # a guess among three classes
    both = said(about, ("e0", "ann", ""), ("e0", "bob", "cat"))
    assert decisions(about, both.table).rows["error"].tolist() == [0]
    nobody = decisions(about, said(about, ("e0", "ann", ""), ("e0", "bob", "")).table)
    assert nobody.unsure == 1
    assert len(nobody.rows) == 1


def test_numbers_are_decided_by_their_median_and_scored_by_their_distance():
    about = reference([10.0, 20.0], "regression")
    votes = said(about, ("e0", "a", "9"), ("e0", "b", "12"), ("e0", "c", "30"), ("e1", "a", ""))
    panel = decisions(about, votes.table)
    assert panel.rows["y_pred"].tolist() == [12.0]
    assert panel.rows["error"].tolist() == [2.0]
    assert panel.unsure == 1  # nobody knows e1: no number is made up


def test_several_labels_are_decided_one_by_one_and_unknown_ones_do_not_count():
    about = reference([[1, 0], [None, 1]], "multilabel")
    votes = said(
        about, ("e0", "a", '["red"]'), ("e0", "b", '["red", "round"]'), ("e0", "c", "[]"), ("e1", "a", '["red"]')
    )
    panel = decisions(about, votes.table).rows
    assert panel["y_pred"].tolist() == [[1, 0], [1, 0]]
    assert panel["error"].tolist() == [0.0, 1.0]
    assert panel["size"].tolist() == [2.0, 1.0]


def test_votes_that_do_not_fit_are_counted_and_named():
    about = reference(["cat"])
    found = said(about, ("e0", "ann", "wolf"), ("gone", "ann", "cat"), ("e0", "bob", "cat"))
    assert found.table["person"].tolist() == ["bob"]
    assert "1 vote on examples that are not on dev" in found.notes[0]
    assert "'wolf'" in found.notes[1]


def test_a_person_with_two_groups_belongs_to_the_last_and_that_is_said():
    about = reference(["cat", "dog"])
    votes = {
        ("e0", "ann"): Vote("e0", "ann", "cat", {"group": "crowd"}),
        ("e1", "ann"): Vote("e1", "ann", "dog", {"group": "experts"}),
    }
    found = ballots(votes, about.dev.index, about.answers)
    assert found.groups == ["experts"]
    assert "several groups" in found.notes[0]


def test_counts_are_votes_of_people_without_names():
    about = reference(["cat", "cat"])
    votes = {("e0", "c"): Vote("e0", "c", "", {"group": "crowd", "counts": {"cat": 3, "fox": 4}})}
    rows = human_rows(about, ballots(votes, about.dev.index, about.answers))
    assert rows["predictor"].tolist() == ["human:crowd"]
    assert rows["y_pred"].tolist() == ["fox"]


@pytest.mark.parametrize(
    ("task", "labels", "size", "text", "kept"),
    [
        ("classification", LABELS, 0, " Cat ", "cat"),
        ("classification", ("0", "07"), 0, 7, "07"),
        ("classification", LABELS, 0, "?", ""),
        ("regression", (), 0, "3,50", "3.5"),
        ("multilabel", ("red", "round"), 2, "round; RED", '["red", "round"]'),
        ("multilabel", ("red", "round"), 2, "[0, 1]", '["round"]'),
        ("multilabel", ("red", "round"), 2, "none", "[]"),
        ("multilabel", (), 3, "[0,1,1]", "[0, 1, 1]"),
    ],
)
def test_an_answer_has_one_spelling(task, labels, size, text, kept):
    assert Answers(task, labels, size).parse(text) == kept


@pytest.mark.parametrize(
    ("task", "labels", "size", "text", "message"),
    [
        ("classification", LABELS, 0, "cet", "Did you mean 'cat'"),
        ("regression", (), 0, "much", "is a number"),
        ("regression", (), 0, "inf", "is a number"),
        ("multilabel", ("red", "round"), 2, "rounds", "Did you mean 'round'"),
        ("multilabel", (), 2, "[1]", "2 zeros and ones"),
    ],
)
def test_an_answer_that_does_not_fit_is_refused_with_the_nearest(task, labels, size, text, message):
    with pytest.raises(UserError, match=message):
        Answers(task, labels, size).parse(text)


def test_a_task_of_one_s_own_cannot_be_scored():
    with pytest.raises(UserError, match="predictor human:<group>"):
        Answers("own")


@given(st.lists(st.sampled_from(LABELS), min_size=1, max_size=9))
def test_a_panel_is_never_wrong_where_all_are_right_and_never_right_where_none_is(labels):
    about = reference(["cat"])
    votes = said(about, *[("e0", f"p{i}", label) for i, label in enumerate(labels)])
    (error,) = decisions(about, votes.table).rows["error"]
    assert error == 0 or set(labels) != {"cat"}
    assert error == 1 or "cat" in labels
    assert np.isin(error, (0, 1))
