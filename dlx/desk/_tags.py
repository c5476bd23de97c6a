"""A desk of tags: what is wrong with each of these errors?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from dlx.desk._desk import Choice, Item, Progress, hotkeys, pace, stamp
from dlx.desk._exhibits import Exhibits, NoExhibits
from dlx.errors import UserError, unknown
from dlx.strategy.tag_table import new_tag_chance
from dlx.tagging.cells import Matcher
from dlx.tagging.frozen import Sample
from dlx.tagging.log import TagLog
from dlx.tagging.names import key, tag_name
from dlx.tagging.state import Review, State, state

__all__ = ["TagDesk"]


class TagDesk:
    """See :class:`dlx.desk.Desk`.

    Args:
        sample: the frozen sample.
        log: where tags are kept.
        person: the reviewer.
        exhibits: makes the examples visible.
        likely: example → the model's likeliest answers.
        new: item ids to go through, where not all of the sample are wanted.
    """

    kind = "tags"

    def __init__(
        self,
        sample: Sample,
        log: TagLog,
        person: str,
        *,
        exhibits: Exhibits | None = None,
        likely: Mapping[str, Sequence[tuple[str, float]]] | None = None,
        new: Sequence[str] | None = None,
    ):
        self.sample, self.log, self.person = sample, log, person
        self.exhibits: Exhibits = exhibits or NoExhibits()
        self.labels: tuple[str, ...] = sample.classes
        self.form = "one" if self.labels else "text"
        table = sample.table if new is None else sample.table[sample.table["id"].isin(set(new))]
        self.items = tuple(_item(row, likely or {}) for row in table.to_dict("records"))
        self._known = {item.id for item in self.items}
        self._matcher = Matcher(self.labels, fold=True) if self.labels else None
        self.title = f"{sample.predictions}: {len(self.items)} of {sample.n_errors:,} errors on {sample.split}"
        self.question = "What went wrong here?"
        self._read: tuple[tuple[int, int] | None, list[dict[str, Any]], State] = (None, [], State())

    def _now(self) -> State:
        """What the log says; read again only when the file has changed."""
        latest = stamp(self.log.path)
        if latest != self._read[0] or latest is None:
            records = self.log.records()
            self._read = (latest, records, state(records))
        return self._read[2]

    def choices(self) -> list[Choice]:
        now = self._now()
        counts = Counter(tag for item in self.items for tag in now.review(item.id, self.person).tags)
        keys = hotkeys(now.tags)
        return [Choice(tag, keys[tag], counts[tag]) for tag in now.tags]

    def answer(self, item: str) -> dict[str, Any]:
        return _answer(self._now().review(item, self.person))

    def answers(self) -> dict[str, dict[str, Any]]:
        now = self._now()
        reviews = {item.id: now.review(item.id, self.person) for item in self.items}
        return {item: _answer(review) for item, review in reviews.items() if review.done}

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
        if "rename" in do:
            if ticket is not None and any(r.get("key") == ticket for r in self.log.records()):
                return
            if self._now().tag(str(do["rename"])) is None:
                raise unknown("tag", str(do["rename"]), self._now().tags)
            self.log.rename(str(do["rename"]), str(do.get("to", "")), reviewer=self.person, key=ticket)
            return
        for item in items:
            if item not in self._known:
                raise UserError("no such example on this desk", value=item)
        values = [(item, *pair) for item in items for pair in self._values(item, do)]
        if not values:
            raise UserError("nothing was said", value=dict(do))
        facts = {} if seconds is None else {"seconds": round(float(seconds), 2)}
        self.log.write(values, reviewer=self.person, source=source, key=ticket, **facts)

    def _values(self, item: str, do: Mapping[str, Any]) -> list[tuple[str, Any]]:
        """(tag or field, value) of one action; whoever says anything has looked at the example."""
        if do.get("clear"):
            gone = [(tag, False) for tag in sorted(self._now().review(item, self.person).tags)]
            nothing = {"incorrectly_labelled": False, "correct_label": "", "comment": "", "reviewed": False}
            return [*gone, *nothing.items()]
        made: list[tuple[str, Any]] = []
        if "tag" in do:
            name = tag_name(do["tag"])
            made.append((self._now().tag(name) or name, bool(do.get("on", True))))
        if "wrong_label" in do:
            label = do["wrong_label"]
            made += [("incorrectly_labelled", label is not None), ("correct_label", self._label(label or ""))]
        if "comment" in do:
            made.append(("comment", str(do["comment"])))
        if "done" in do:
            made.append(("reviewed", bool(do["done"])))
        elif made:
            made.append(("reviewed", True))
        return made

    def _label(self, text: str) -> str:
        if not text or self._matcher is None:
            return text
        found = self._matcher.find(text)
        if found is None:
            raise unknown("label", text, self.labels)
        return found

    def undo(self, ticket: str | None = None) -> str | None:
        taken = self.log.undo(self.person, key=ticket)
        if taken is None:
            return None
        about = [r["id"] for r in self.log.records() if r.get("key") == taken and "id" in r]
        return next((item for item in about if item in self._known), self.items[0].id if self.items else None)

    def progress(self) -> Progress:
        now = self._now()
        done = [item.id for item in self.items if now.review(item.id, self.person).done]
        first: dict[str, str] = {}
        for record in self._read[1]:
            if record.get("reviewer") == self.person and record.get("id") in self._known and "time" in record:
                first.setdefault(record["id"], record["time"])
        marks = pd.DataFrame([{tag: tag in now.review(i, self.person).tags for tag in now.tags} for i in done])
        chance = new_tag_chance(marks) if done and len(now.tags) else None
        return Progress(len(done), len(self.items), pace(sorted(first.values())), chance)


def _item(row: Mapping[str, Any], likely: Mapping[str, Sequence[tuple[str, float]]]) -> Item:
    example = str(row["example"])
    names = ["source", "error", "loss", *(name for name in row if name.startswith("meta_"))]
    shown = {name.removeprefix("meta_"): row[name] for name in names if name in row}
    facts = {name: _text(value) for name, value in shown.items() if not _missing(value) and str(value) != ""}
    known = [None if _missing(row.get(name)) else str(row[name]) for name in ("y_true", "y_pred")]
    return Item(str(row["id"]), example, known[0], known[1], tuple(likely.get(example, ())), facts)


def _missing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and value != value)


def _text(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _answer(review: Review) -> dict[str, Any]:
    return {
        "done": review.done,
        "tags": sorted(review.tags, key=key),
        "incorrectly_labelled": review.incorrectly_labelled,
        "correct_label": review.correct_label,
        "comment": review.comment,
        "label": None,
    }
