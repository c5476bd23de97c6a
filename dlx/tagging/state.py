"""What the log of tags says now: a pure function of its records, the last word of each reviewer counts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from dlx.tagging.names import FIELDS, key

__all__ = ["Review", "State", "is_record", "state"]


@dataclass(frozen=True)
class Review:
    """What one reviewer says about one example.

    Attributes:
        tags: names of the tags, in the spelling of the log's first use.
        incorrectly_labelled: its label is wrong.
        correct_label: the right one, "" where none was given.
        comment: free text, "" where there is none.
        reviewed: it was looked at, and no tag may be the answer.
        labels_checked: the label was looked at too.
    """

    tags: frozenset[str] = frozenset()
    incorrectly_labelled: bool = False
    correct_label: str = ""
    comment: str = ""
    reviewed: bool = False
    labels_checked: bool = True

    @property
    def done(self) -> bool:
        """Whether anything was said about it."""
        return bool(self.reviewed or self.tags or self.incorrectly_labelled or self.correct_label or self.comment)

    def value(self, column: str) -> bool | str:
        """The value of a field or, by any other name, whether it has that tag."""
        return getattr(self, column) if column in FIELDS else column in self.tags


NOTHING = Review()


@dataclass(frozen=True)
class State:
    """Everything said so far.

    Attributes:
        reviews: (id, reviewer) → review; only where anything was said.
        tags: names of all tags in the order of their first use; a tag that nothing carries any more stays.
        exports: export key → (reviewer, records before it), for merging a sheet that comes back.
    """

    reviews: Mapping[tuple[str, str], Review] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    exports: Mapping[str, tuple[str, int]] = field(default_factory=dict)

    @property
    def reviewers(self) -> tuple[str, ...]:
        """Who said anything, by name."""
        return tuple(sorted({who for _, who in self.reviews}))

    def review(self, example: str, reviewer: str) -> Review:
        """What this reviewer says about this example; an empty review where that is nothing."""
        return self.reviews.get((example, reviewer), NOTHING)

    def tag(self, name: str) -> str | None:
        """The known tag of that name, whatever its spelling."""
        return next((tag for tag in self.tags if key(tag) == key(name)), None)


def is_record(record: Mapping[str, Any]) -> bool:
    """Whether this is a line of a tag log: a value, an undo, a rename or an export."""
    if {"id", "reviewer", "tag", "value"} <= record.keys():
        return all(isinstance(record[name], str) for name in ("id", "reviewer", "tag"))
    return any(isinstance(record.get(name), str) for name in ("undo", "rename", "export"))


def state(records: Iterable[Mapping[str, Any]]) -> State:
    """The state after all records, in their order.

    A record with ``undo`` takes back all records with that ``key``; an undo can be undone.
    """
    records = list(records)
    live = _live(records)
    reviews: dict[tuple[str, str], Review] = {}
    spelling: dict[str, str] = {}
    exports: dict[str, tuple[str, int]] = {}
    for position, record in enumerate(records):
        if not live[position]:
            continue
        if "export" in record:
            exports[record["export"]] = (str(record.get("reviewer", "")), position)
        elif "rename" in record:
            _rename(record["rename"], str(record.get("to", "")), reviews, spelling)
        elif "undo" not in record:
            place = (record["id"], record["reviewer"])
            reviews[place] = _with(reviews.get(place, NOTHING), record, spelling)
    said = {place: review for place, review in reviews.items() if review != NOTHING}
    return State(said, tuple(spelling.values()), exports)


def _live(records: list[Mapping[str, Any]]) -> list[bool]:
    undone: set[str] = set()
    live = [True] * len(records)
    for position in range(len(records) - 1, -1, -1):  # later undos are settled before what they undo
        record = records[position]
        if record.get("key") in undone:
            live[position] = False
        elif "undo" in record:
            undone.add(record["undo"])
    return live


def _with(review: Review, record: Mapping[str, Any], spelling: dict[str, str]) -> Review:
    name, value = record["tag"], record["value"]
    if name in ("correct_label", "comment"):
        return replace(review, **{name: "" if value is None else str(value)})
    if name == "reviewed":
        return replace(review, reviewed=bool(value), labels_checked=record.get("labels_checked", True) is not False)
    if name == "incorrectly_labelled":
        return replace(review, incorrectly_labelled=bool(value), labels_checked=True)
    tag = spelling.setdefault(key(name), name)
    return replace(review, tags=review.tags | {tag} if value else review.tags - {tag})


def _rename(old: str, new: str, reviews: dict, spelling: dict[str, str]) -> None:
    """Rename a tag, or merge it into one that is there."""
    was = spelling.get(key(old))
    if was is None or not key(new):
        return
    if key(old) == key(new):
        now = new
        spelling[key(old)] = new
    else:
        now = spelling.get(key(new), new)
        spelling.update({key(new): now})
        del spelling[key(old)]
    for place, review in reviews.items():
        if was in review.tags:
            reviews[place] = replace(review, tags=review.tags - {was} | {now})
