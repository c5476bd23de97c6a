"""What people decided: the majority of the votes on one content, with ties and doubts left open."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from dlx.tagging.votes import Vote

__all__ = ["LOG", "Decision", "decide"]

#: Name of the log, beside those of tags and of human level.
LOG = "labels.jsonl"


@dataclass(frozen=True)
class Decision:
    """The votes on one content.

    Attributes:
        label: what most say; None where two labels have equally many votes, or nobody could tell.
        votes: label → votes; those who could not tell are left out.
        people: who voted, those included.
    """

    label: str | None
    votes: Mapping[str, int]
    people: tuple[str, ...]

    @property
    def unanimous(self) -> bool:
        """Whether all who could tell say the same."""
        return len(self.votes) <= 1


def decide(votes: Iterable[Vote]) -> dict[str, Decision]:
    """Content → decision, of all contents that somebody voted on.

    >>> decide([Vote("a", "ann", "3"), Vote("a", "ben", "8"), Vote("a", "cy", "3")])["a"].label
    '3'
    """
    by_content: dict[str, list[Vote]] = {}
    for vote in votes:
        by_content.setdefault(vote.example, []).append(vote)
    return {content: _decision(theirs) for content, theirs in by_content.items()}


def _decision(votes: list[Vote]) -> Decision:
    counts = Counter(vote.label for vote in votes if vote.label)
    first = counts.most_common(2)
    tied = len(first) == 2 and first[0][1] == first[1][1]
    people = tuple(sorted({vote.person for vote in votes}))
    return Decision(None if tied or not first else first[0][0], dict(sorted(counts.items())), people)
