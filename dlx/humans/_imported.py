"""What a file of votes says, before anything is written to the log."""

from __future__ import annotations

from dataclasses import dataclass, field

from dlx.tagging.votes import Vote

__all__ = ["Imported"]


@dataclass
class Imported:
    """What a file says.

    Attributes:
        votes: example, person, label and facts (group, counts, comment) of each.
        unknown: ids that are no example of the data.
        elsewhere: split → ids that are not of dev: people are asked about dev only.
        faults: cells that cannot be understood.
        notes: what was guessed.
    """

    votes: list[Vote] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    elsewhere: dict[str, list[str]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
