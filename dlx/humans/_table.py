"""People's votes beside the model's predictions: the same table, with rows ``human:<group>`` from the log."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from dlx.errors import UserError
from dlx.humans._ballots import ballots
from dlx.humans._reference import Reference
from dlx.humans._rows import human_rows
from dlx.predictions import Predictions
from dlx.tagging.votes import VoteLog

__all__ = ["FEWEST", "LOG", "Measured", "digest", "measured_by_people"]

#: The log of votes, in ``annotations/<data name>``.
LOG = "human.jsonl"
#: Fewer labelled examples than this do not stand for human level on their own.
FEWEST = 30


@dataclass(frozen=True)
class Measured:
    """A predictions table with what people say of the same examples.

    Attributes:
        predictions: the table, with rows of people.
        groups: groups whose rows are in it.
        facts: path and digest of the log, votes, people, groups.
        note: what was used and what not, one or more sentences.
    """

    predictions: Predictions
    groups: tuple[str, ...]
    facts: dict[str, Any]
    note: str


def digest(log: Path) -> str:
    """BLAKE2b of a log: a diagnosis says with it which votes it has seen."""
    return hashlib.blake2b(log.read_bytes(), digest_size=16).hexdigest()


def measured_by_people(found: Predictions, predictor: str, log: Path) -> Measured | None:
    """Add the rows of people from the log of the data; None where there is no vote that fits.

    Groups that have rows in the table already keep those; groups with fewer than 30 labelled examples are left out.

    Args:
        found: the table.
        predictor: the model whose labels tell what is right.
        log: the votes, there or not.
    """
    votes = VoteLog(log).votes() if log.exists() else {}
    if not votes:
        return None
    try:
        reference = Reference.of_predictions(found, predictor)
    except UserError:  # a task of the user's own, or no dev: people's answers cannot be scored
        return None
    given = ballots(votes, reference.dev.index, reference.answers)
    there = {name.removeprefix("human:").partition("/")[0] for name in found.predictors if name.startswith("human:")}
    enough, few = [], []
    for group in given.groups:
        if group not in there:
            (enough if given.of(group)["id"].nunique() >= FEWEST else few).append(group)
    kept = given.table[given.table["group"].isin(enough)]
    facts = {
        "log": str(log), "digest": digest(log), "groups": enough, "examples": int(kept["id"].nunique()),
        "people": sorted(set(kept["person"]) - {""}), "votes": int(kept["n"].sum()),
    }  # fmt: skip
    notes = [f"Human level is measured by {_whose(facts)} ({log})."] if enough else []
    for group in few:
        n = given.of(group)["id"].nunique()
        notes.append(f"{group.capitalize()} labelled {n} examples of dev: too few to stand for human level ({FEWEST}).")
    rows = human_rows(reference, replace(given, table=kept))
    together = replace(found, table=_joined(found.table, rows)) if len(rows) else found
    return Measured(together, tuple(enough), facts, " ".join([*notes, *given.notes]))


def _whose(facts: dict[str, Any]) -> str:
    people, groups = len(facts["people"]), facts["groups"]
    who = f"{people} {'person' if people == 1 else 'people'}" if people else "counts of votes"
    return f"{facts['votes']:,} votes of {who} ({', '.join(groups)}) on {facts['examples']:,} examples of dev"


def _joined(table: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Both below each other, with the columns and kinds of the first."""
    predictors = list(table["predictor"].cat.categories)
    predictors += [name for name in rows["predictor"].unique() if name not in predictors]
    table = table.assign(predictor=table["predictor"].cat.set_categories(predictors))
    fresh = {}
    for name in table:
        kind = table[name].dtype
        if name not in rows:  # loss, probabilities and the user's columns: people have none
            fresh[name] = pd.Series(None, index=rows.index, dtype="float64" if kind.kind in "iub" else kind)
        elif isinstance(kind, pd.CategoricalDtype):
            fresh[name] = pd.Series(pd.Categorical(rows[name], categories=kind.categories), index=rows.index)
        else:
            fresh[name] = rows[name].astype(kind)
    return pd.concat([table, pd.DataFrame(fresh)], ignore_index=True)
