"""The append-only log of votes: which label a person gives an example. ``labels.jsonl`` and ``human.jsonl`` hold it.

A line is a vote or an undo, written like the lines of the log of tags: one write each, on the disk before the call
returns, and never rewritten. The last vote of a person on an example counts.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dlx.files import append_line, disk_errors, lines
from dlx.run import now
from dlx.tagging.names import clean

__all__ = ["Vote", "VoteLog", "votes"]


@dataclass(frozen=True)
class Vote:
    """What one person says one example is.

    Attributes:
        example: the example's id, or the content key where a label is for all copies.
        person: who says it.
        label: the label as text (several labels as a JSON list); "" where the person cannot tell.
        facts: what else the line holds: comment, seconds, source, the label that was given before …
    """

    example: str
    person: str
    label: str
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class VoteLog:
    """The log of one data set.

    Attributes:
        path: the file; it need not exist yet.
    """

    path: Path

    def records(self) -> list[dict[str, Any]]:
        """All whole lines, in order; no file gives none."""
        return [record for record in lines(self.path) if _is_record(record)]

    def votes(self) -> dict[tuple[str, str], Vote]:
        """(example, person) → vote, as the log stands now."""
        return votes(self.records())

    def write(self, example: str, label: str, *, person: str, key: str | None = None, **facts: Any) -> str:
        """Append one vote and return its key.

        Args:
            example: the example's id.
            label: the label; "" for "cannot tell".
            person: who says it.
            key: of the action; a new one unless given. What the log holds under it is not written again.
            facts: anything worth keeping with the line, JSON.

        Raises:
            UserError: a place that cannot be written to.
            DlxError: the disk is full.
        """
        record = {"id": str(example), "person": person, "label": clean(label)}
        if key is not None and any(r.get("key") == key and r.get("id") == record["id"] for r in self.records()):
            return key
        return self._append(record | facts, key)

    def write_all(self, given: Iterable[Vote], **facts: Any) -> int:
        """Append many votes, each with a key of its own, and return how many.

        Args:
            given: the votes; their facts are kept with the line.
            facts: what all of them share: source, file …

        Raises:
            UserError: a place that cannot be written to.
            DlxError: the disk is full; whole lines that fitted are kept.
        """
        given = list(given)
        for position, vote in enumerate(given, start=1):  # the last one takes all before it to the disk
            record = {"id": vote.example, "person": vote.person, "label": clean(vote.label)} | dict(vote.facts) | facts
            self._append(record, durable=position == len(given))
        return len(given)

    def undo(self, person: str, *, key: str | None = None) -> str | None:
        """Append that this person's latest vote is taken back; the example it was about, or None without one.

        Votes that share a key are taken back together; the first of them is named.
        """
        records = self.records()
        if again := next((r["undo"] for r in records if key is not None and r.get("key") == key), None):
            return next(r["id"] for r in records if r.get("key") == again)
        undone = {record["undo"] for record in records if "undo" in record}
        mine = [r for r in records if r.get("person") == person and "label" in r and r["key"] not in undone]
        if not mine:
            return None
        latest = mine[-1]["key"]
        self._append({"undo": latest, "person": person}, key)
        return next(r["id"] for r in mine if r["key"] == latest)

    def _append(self, record: dict[str, Any], key: str | None = None, *, durable: bool = True) -> str:
        action = key or secrets.token_hex(6)
        with disk_errors(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
        append_line(self.path, record | {"time": now(), "key": action}, durable=durable)
        return action


def _is_record(record: Mapping[str, Any]) -> bool:
    if isinstance(record.get("undo"), str):
        return isinstance(record.get("key", ""), str)
    return all(isinstance(record.get(name), str) for name in ("id", "person", "label", "key"))


def votes(records: Iterable[Mapping[str, Any]], *, remarks: bool = False) -> dict[tuple[str, str], Vote]:
    """(example, person) → the last vote that was not taken back; a pure function of the records.

    Args:
        records: of the log.
        remarks: also those who have made a comment (fact ``remark``) and no vote yet; they are no "cannot tell".
    """
    records = list(records)
    undone = {record["undo"] for record in records if "undo" in record}
    made: dict[tuple[str, str], Vote] = {}
    for record in records:
        if "label" in record and record["key"] not in undone and (remarks or not record.get("remark")):
            facts = {k: v for k, v in record.items() if k not in ("id", "person", "label")}
            made[record["id"], record["person"]] = Vote(record["id"], record["person"], record["label"], facts)
    return made
