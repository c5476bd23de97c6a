"""Votes as rows of the predictions table: each person's, and the decision of each panel."""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np
import pandas as pd

from dlx.humans._answers import Answers
from dlx.humans._ballots import Ballots
from dlx.humans._reference import Reference
from dlx.strategy.panels import majority
from dlx.tagging.sample import ranks

__all__ = ["Decided", "decisions", "human_rows", "people_rows"]

#: Of the coins: other numbers than those that choose samples.
_TIES, _GUESSES = 31_337, 27_182


@dataclass(frozen=True)
class Decided:
    """What a group as a whole says.

    Attributes:
        rows: ``id``, ``y_pred``, ``error``, ``size`` and the columns of the reference.
        ties: examples on which equally many said something else.
        unsure: examples about which nobody could tell, or people who could not: the answer is a guess.
    """

    rows: pd.DataFrame
    ties: int
    unsure: int


def human_rows(reference: Reference, votes: Ballots) -> pd.DataFrame:
    """Rows for the predictions table: ``human:<group>`` where a group has several votes, ``human:<group>/<person>``."""
    made = []
    for group in votes.groups:
        mine = votes.of(group)
        if mine.groupby("id")["n"].sum().max() > 1:
            made.append(decisions(reference, mine).rows.assign(predictor=f"human:{group}"))
        made += [
            people_rows(reference, part).rows.assign(predictor=f"human:{group}/{person}")
            for person, part in mine[mine["person"] != ""].groupby("person", sort=True)
        ]
    made = [part for part in made if len(part)]
    return pd.concat(made, ignore_index=True) if made else pd.DataFrame()


def people_rows(reference: Reference, mine: pd.DataFrame) -> Decided:
    """One row for each vote; who cannot tell one of the classes has to guess, by a fair coin fixed by the example."""
    unsure = (mine["label"] == "").to_numpy()
    labels = mine["label"].to_numpy(object).copy()
    if reference.answers.task == "classification":
        names = np.asarray(reference.answers.labels, dtype=object)
        labels[unsure] = names[(ranks(mine["id"] + "\n" + mine["person"], _GUESSES)[unsure] * len(names)).astype(int)]
        mine = mine.assign(label=labels)
    else:
        mine = mine[~unsure]
    return Decided(_scored(reference, mine["id"].tolist(), mine["label"].tolist()), 0, int(unsure.sum()))


def decisions(reference: Reference, mine: pd.DataFrame) -> Decided:
    """What the people of one group decide together: the majority, for numbers the median.

    Ties are decided by a fair coin that the example's id fixes: in expectation they are split evenly. Who cannot tell
    does not vote; where nobody can, the answer is a guess among the classes, and no answer for other tasks.
    """
    asked = list(dict.fromkeys(mine["id"]))
    said = mine[(mine["label"] != "").to_numpy()]
    task = reference.answers.task
    if task == "classification":
        return _classes(reference, asked, said)
    ids = [i for i in asked if i in set(said["id"])]
    labels, ties = _medians(ids, said) if task == "regression" else _labelwise(reference.answers, ids, said)
    return Decided(_scored(reference, ids, labels), ties, len(asked) - len(ids))


def _classes(reference: Reference, asked: list[str], said: pd.DataFrame) -> Decided:
    names = np.asarray(reference.answers.labels, dtype=object)
    counts = class_counts(said, asked, tuple(names))
    ids = pd.Series(asked, dtype=object)
    place, tied = majority(counts, ranks(ids, _TIES))
    silent = place < 0
    place[silent] = (ranks(ids, _GUESSES)[silent] * len(names)).astype(int)
    return Decided(_scored(reference, asked, names[place].tolist()), int(tied.sum()), int(silent.sum()))


def class_counts(said: pd.DataFrame, ids: list[str], classes: tuple[str, ...]) -> np.ndarray:
    """(ids, classes) votes."""
    row, column = pd.Index(ids).get_indexer(said["id"]), pd.Index(classes).get_indexer(said["label"])
    counts = np.zeros((len(ids), len(classes)))
    np.add.at(counts, (row, column), said["n"].to_numpy(float))
    return counts


def _medians(ids: list[str], said: pd.DataFrame) -> tuple[list[str], int]:
    number = pd.to_numeric(said["label"]).repeat(said["n"])
    middle = number.groupby(said["id"].repeat(said["n"])).median()
    return [f"{middle[i]:.12g}" for i in ids], 0


def _labelwise(answers: Answers, ids: list[str], said: pd.DataFrame) -> tuple[list[str], int]:
    votes = np.array([answers.bits(label) for label in said["label"]], dtype=float).reshape(len(said), -1)
    row = pd.Index(ids).get_indexer(said["id"])
    yes, every = np.zeros((len(ids), votes.shape[1])), np.zeros((len(ids), 1))
    np.add.at(yes, row, votes * said["n"].to_numpy(float)[:, None])
    np.add.at(every, row, said["n"].to_numpy(float)[:, None])
    tied = 2 * yes == every
    coin = np.stack([ranks(pd.Series([f"{i}\n{k}" for i in ids]), _TIES) for k in range(yes.shape[1])], axis=1)
    decided = np.where(tied, coin < 0.5, 2 * yes > every).astype(int)
    return [answers.parse(json.dumps(row)) for row in decided.tolist()], int(tied.any(axis=1).sum())


def _scored(reference: Reference, ids: list[str], labels: list[str]) -> pd.DataFrame:
    dev = reference.dev
    rows = dev.iloc[dev.index.get_indexer(ids)].reset_index(drop=True)
    y_pred = reference.answers.values(labels)
    if not ids:
        return rows.assign(y_pred=[], error=[], size=[])
    error, size = reference.answers.error(rows["y_true"], y_pred)
    return rows.assign(y_pred=pd.Series(y_pred, dtype=object), error=error, size=size)
