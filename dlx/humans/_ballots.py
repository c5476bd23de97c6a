"""The log as a table of votes: who said what about which example, and in which group of people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from dlx.humans._answers import Answers
from dlx.strategy.words import listed
from dlx.tagging.votes import Vote

__all__ = ["CROWD", "GROUP", "Ballots", "ballots", "counts_person"]

#: The group of people who name none.
GROUP = "annotators"
#: The group of votes that are known as counts only, where none is named.
CROWD = "crowd"


@dataclass(frozen=True)
class Ballots:
    """Votes on dev examples.

    Attributes:
        table: ``id``, ``person`` ("" where only counts are known), ``group``, ``label`` ("" for "cannot tell") and
            ``n``, how many people say so.
        notes: what was left out, and why.
    """

    table: pd.DataFrame
    notes: tuple[str, ...] = ()

    @property
    def groups(self) -> list[str]:
        """Names of the groups, in alphabetic order."""
        return sorted(self.table["group"].unique())

    def of(self, group: str) -> pd.DataFrame:
        """The votes of one group."""
        return self.table[(self.table["group"] == group).to_numpy()]


def counts_person(group: str) -> str:
    """Under which name the log keeps votes that are known as counts only."""
    return f"{group} (counts)"


def ballots(votes: Mapping[tuple[str, str], Vote], ids: pd.Index, answers: Answers) -> Ballots:
    """Votes on the examples of dev that fit the task.

    A person belongs to one group: the one named last.

    Args:
        votes: as the log stands.
        ids: of the examples of dev.
        answers: what may be said.
    """
    known, rows, outside, unfit = set(ids), [], [], []
    group_of: dict[str, str] = {}
    several: set[str] = set()
    for vote in votes.values():
        if vote.person in group_of and group_of[vote.person] != _group(vote):
            several.add(vote.person)
        group_of[vote.person] = _group(vote)
    for vote in votes.values():
        if vote.example not in known:
            outside.append(vote.example)
            continue
        counts = vote.facts.get("counts")
        said = {vote.label: 1} if not isinstance(counts, Mapping) else counts
        person = "" if isinstance(counts, Mapping) else vote.person
        for label, n in said.items():
            fit = answers.normal(label)
            if fit is None:
                unfit.append(label)
            else:
                rows.append((vote.example, person, group_of[vote.person], fit, int(n)))
    table = pd.DataFrame(rows, columns=["id", "person", "group", "label", "n"])
    return Ballots(table, tuple(_notes(outside, unfit, several, group_of)))


def _group(vote: Vote) -> str:
    return str(vote.facts.get("group") or GROUP)


def _notes(outside: list[str], unfit: list[str], several: set[str], group_of: Mapping[str, str]) -> list[str]:
    notes = []
    if outside:
        notes.append(f"{_many(len(outside), 'vote')} on examples that are not on dev: not counted.")
    if unfit:
        names = listed([repr(label) for label in sorted(set(unfit))[:3]])
        notes.append(f"{_many(len(unfit), 'vote')} with labels that the task does not know ({names}): not counted.")
    for person in sorted(several):
        notes.append(f"{person} is in several groups; all votes count for the last one, {group_of[person]}.")
    return notes


def _many(n: int, what: str) -> str:
    return f"{n:,} {what}{'' if n == 1 else 's'}"
