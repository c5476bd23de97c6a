"""From reviews to marks: what the reviewers of each sampled error say together, and how far they agree."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from dlx.strategy.agreement import Agreement, kappa
from dlx.tagging.frozen import Sample
from dlx.tagging.state import Review, State

__all__ = ["Marks", "agreements", "marks", "self_agreement", "wrong_labels"]


@dataclass(frozen=True)
class Marks:
    """The reviewed examples of one kind.

    Attributes:
        table: id × tag, booleans.
        strata: id → stratum.
        wrong: id → whether its label is wrong; only those whose label was checked.
        reviewers: who reviewed them.
    """

    table: pd.DataFrame
    strata: pd.Series
    wrong: pd.Series
    reviewers: tuple[str, ...]


def marks(sample: Sample, state: State, kind: str = "error") -> Marks:
    """What at least half of an example's reviewers say of it.

    Args:
        sample: the frozen sample.
        state: what the log says.
        kind: errors or correct examples.
    """
    rows = sample.table[sample.table["kind"] == kind]
    said = _by_example(state, set(rows["id"]))
    rows = rows[rows["id"].isin(said.keys())]
    truth = dict(zip(rows["id"], rows["y_true"], strict=True)) if "y_true" in rows else {}
    ticked, wrong = {}, {}
    for example in rows["id"]:
        reviews = [review for _, review in said[example]]
        votes = Counter(tag for review in reviews for tag in review.tags)
        ticked[example] = [2 * votes[tag] >= len(reviews) > 0 and votes[tag] > 0 for tag in state.tags]
        checked = [review for review in reviews if review.labels_checked]
        if checked:
            wrong[example] = 2 * sum(wrong_labels(r, truth.get(example)) for r in checked) >= len(checked)
    table = pd.DataFrame.from_dict(ticked, orient="index", columns=list(state.tags)).astype(bool)
    return Marks(
        table,
        rows.set_index("id")["stratum"],
        pd.Series(wrong, dtype=bool),
        tuple(sorted({who for reviews in said.values() for who, _ in reviews})),
    )


def wrong_labels(review: Review, truth: str | None) -> bool:
    """Whether a reviewer says that the label is wrong: by the tick, or by another label."""
    return review.incorrectly_labelled or bool(review.correct_label and review.correct_label != truth)


def _by_example(state: State, wanted: set[str]) -> dict[str, list[tuple[str, Review]]]:
    said: dict[str, list[tuple[str, Review]]] = {}
    for (example, who), review in state.reviews.items():
        if example in wanted and review.done:
            said.setdefault(example, []).append((who, review))
    return said


def agreements(sample: Sample, state: State) -> dict[str, Agreement]:
    """Tag → κ of the two reviewers who share most errors; empty where no two share any."""
    wanted = set(sample.errors["id"])
    by_person: dict[str, dict[str, Review]] = {}
    for example, reviews in _by_example(state, wanted).items():
        for who, review in reviews:
            by_person.setdefault(who, {})[example] = review
    pairs = [(len(by_person[a].keys() & by_person[b].keys()), a, b) for a, b in combinations(sorted(by_person), 2)]
    shared, first, second = max(pairs, default=(0, "", ""), key=lambda pair: pair[0])
    if not shared:
        return {}
    both = sorted(by_person[first].keys() & by_person[second].keys())
    return {
        tag: kappa([tag in by_person[first][e].tags for e in both], [tag in by_person[second][e].tags for e in both])
        for tag in state.tags
    }


def self_agreement(sample: Sample, state: State) -> tuple[int, int] | None:
    """Hidden repeats that one reviewer tagged the same way both times, and all that were tagged twice."""
    repeats = sample.table[sample.table["kind"] == "repeat"]
    same = []
    for again, example in zip(repeats["id"], repeats["example"], strict=True):
        for who in state.reviewers:
            first, second = state.review(example, who), state.review(again, who)
            if first.done and second.done:
                same.append(first.tags == second.tags and first.incorrectly_labelled == second.incorrectly_labelled)
    return (int(np.sum(same)), len(same)) if same else None
