"""A desk of labels: what is this? For auditing labels and for measuring human level."""

from __future__ import annotations

import json
import math
import secrets
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from dlx.desk._desk import Choice, Item, Progress, hotkeys, pace, stamp
from dlx.desk._exhibits import Exhibits, NoExhibits
from dlx.errors import UserError, unknown
from dlx.tagging.cells import Matcher
from dlx.tagging.votes import Vote, VoteLog, votes

__all__ = ["VoteDesk"]


class VoteDesk:
    """See :class:`dlx.desk.Desk`.

    Args:
        items: in the order in which they are to be seen; blind where ``y_true`` and ``y_pred`` are None.
        log: where votes are kept.
        person: who votes.
        labels: labels that may be given; empty for any text or number.
        title: what is on the desk.
        question: what is asked.
        exhibits: makes the examples visible.
        key: item id → what the log names it by; the id itself where it is not there (corrections go by content).
        facts: item id → what every vote on it keeps: the label given before, which sample it belongs to …
        form: of a label: ``one`` of them, ``many`` (a JSON list), a ``number``, or any ``text``; default: ``one`` where
            there are labels, else ``text``.
    """

    kind = "labels"

    def __init__(
        self,
        items: Sequence[Item],
        log: VoteLog,
        person: str,
        *,
        labels: Sequence[str],
        title: str,
        question: str = "What is this?",
        exhibits: Exhibits | None = None,
        key: Mapping[str, str] | None = None,
        facts: Mapping[str, Mapping[str, Any]] | None = None,
        form: str | None = None,
    ):
        self.items, self.log, self.person = tuple(items), log, person
        self.labels, self.title, self.question = tuple(labels), title, question
        self.form = form or ("one" if self.labels else "text")
        self.exhibits: Exhibits = exhibits or NoExhibits()
        self._key = {item.id: (key or {}).get(item.id, item.id) for item in self.items}
        self._facts = facts or {}
        self._matcher = Matcher(self.labels, fold=True) if self.labels else None
        self._read: tuple[tuple[int, int] | None, dict[tuple[str, str], Vote]] = (None, {})

    def facts(self, item: str) -> Mapping[str, Any]:
        """What every vote on an item keeps."""
        return self._facts.get(item, {})

    def _now(self) -> dict[tuple[str, str], Vote]:
        latest = stamp(self.log.path)
        if latest != self._read[0] or latest is None:
            self._read = (latest, votes(self.log.records(), remarks=True))
        return self._read[1]

    def _vote(self, item: str) -> Vote | None:
        """The vote on an item; a comment alone is none."""
        said = self._now().get((self._key[item], self.person))
        return None if said is None or said.facts.get("remark") else said

    def choices(self) -> list[Choice]:
        given = [vote.label for item in self.items if (vote := self._vote(item.id)) is not None]
        counts, keys = Counter(given), hotkeys(self.labels)
        return [Choice(label, keys[label], counts[label]) for label in self.labels]

    def answer(self, item: str) -> dict[str, Any]:
        vote, line = self._vote(item), self._now().get((self._key[item], self.person))
        said = {} if line is None else line.facts
        return {
            "done": vote is not None,
            "tags": [],
            "incorrectly_labelled": False,
            "correct_label": "",
            "comment": str(said.get("comment", "")),
            "label": None if vote is None else vote.label,
        }

    def answers(self) -> dict[str, dict[str, Any]]:
        made = {item.id: self.answer(item.id) for item in self.items}
        return {item: answer for item, answer in made.items() if answer["done"] or answer["comment"]}

    def version(self) -> str:
        return str(stamp(self.log.path))

    def act(
        self,
        items: Sequence[str],
        do: Mapping[str, Any],
        *,
        seconds: float | None = None,
        source: str,
        ticket: str | None = None,
    ) -> None:
        for item in items:
            if item not in self._key:
                raise UserError("no such example on this desk", value=item)
        if not do.keys() & {"label", "comment"}:
            raise UserError("nothing was said", value=dict(do))
        if len(items) > 1:
            ticket = ticket or secrets.token_hex(6)  # one undo takes all of them back
        told = None if "label" not in do else self._label(str(do["label"]))
        for item in items:
            before = self.answer(item)
            label = before["label"] if told is None else told
            facts = dict(self._facts.get(item, {})) | {"source": source}
            comment = str(do.get("comment", before["comment"]))
            facts |= ({"comment": comment} if comment else {}) | (
                {} if seconds is None else {"seconds": round(float(seconds), 2)}
            )
            if label is None:  # a comment before the vote is not "cannot tell"
                facts["remark"] = True
            self.log.write(self._key[item], label or "", person=self.person, key=ticket, **facts)

    def _label(self, text: str) -> str:
        text = text.strip()
        if not text:
            return text
        if self.form == "many":
            return json.dumps([self._known(name) for name in _names(text)], ensure_ascii=False)
        if self.form == "number":
            return _number(text)
        return self._known(text)

    def _known(self, name: str) -> str:
        if self._matcher is None:
            return name
        found = self._matcher.find(name)
        if found is None:
            raise unknown("label", name, self.labels)
        return found

    def undo(self, ticket: str | None = None) -> str | None:
        taken = self.log.undo(self.person, key=ticket)
        return next((item for item, name in self._key.items() if name == taken), None)

    def progress(self) -> Progress:
        mine = [vote for item in self.items if (vote := self._vote(item.id)) is not None]
        times = sorted(str(vote.facts["time"]) for vote in mine if "time" in vote.facts)
        return Progress(len(mine), len(self.items), pace(times))


def _names(text: str) -> list[str]:
    """The names in a JSON list.

    Raises:
        UserError: it is none.
    """
    try:
        names = json.loads(text)
    except ValueError:
        names = None
    if not (isinstance(names, list) and all(isinstance(name, str) for name in names)):
        raise UserError("several labels are a JSON list of names", value=text)
    return list(dict.fromkeys(names))


def _number(text: str) -> str:
    """A finite number as text, with a point.

    Raises:
        UserError: it is none.
    """
    try:
        value = float(text.replace(",", ".") if text.count(",") == 1 and "." not in text else text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise UserError("the answer is a number", value=text)
    return repr(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)
