"""Where the person is on the desk, and what they said last; knows nothing of screens."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

from dlx.desk._desk import Choice, Desk, Item
from dlx.tagging.names import key

__all__ = ["Session"]


class Session:
    """One person's way through a desk.

    Args:
        desk: the desk.

    Attributes:
        order: positions of the items in view.
        at: which of them is looked at.
        search: words that the items in view hold.
    """

    def __init__(self, desk: Desk):
        self.desk = desk
        self.order = list(range(len(desk.items)))
        self.at = 0
        self.search = ""
        self._since, self._told = time.monotonic(), False
        self.go(max(0, self._open_from(0)))

    @property
    def item(self) -> Item:
        """The item in view."""
        return self.desk.items[self.order[self.at]]

    def ahead(self, n: int) -> list[Item]:
        """The item in view and the next ones, to be fetched before they are asked for."""
        return [self.desk.items[i] for i in self.order[self.at : self.at + n + 1]]

    def go(self, at: int) -> None:
        """Look at another item; nothing is said by that."""
        self.at = min(max(at, 0), len(self.order) - 1)
        self._since, self._told = time.monotonic(), False

    def next(self) -> bool:
        """To the next item that nothing was said about, from the beginning after the last; False where all is done."""
        found = self._open_from(self.at + 1)
        if found >= 0:
            self.go(found)
        return found >= 0

    def _open_from(self, start: int) -> int:
        done = self.desk.answers()
        places = [*range(start, len(self.order)), *range(min(start, len(self.order)))]
        return next((at for at in places if self.desk.items[self.order[at]].id not in done), -1)

    def find(self, search: str) -> bool:
        """Put those items in view that hold all the words; False, and no change, where none does."""
        here = self.item.id
        words = search.casefold().split()
        fitting = [i for i, item in enumerate(self.desk.items) if all(word in self._text(item) for word in words)]
        if not fitting:
            return False
        self.order, self.search = fitting, " ".join(search.split())
        self.go(next((at for at, i in enumerate(fitting) if self.desk.items[i].id == here), 0))
        return True

    def _text(self, item: Item) -> str:
        said = self.desk.answer(item.id)
        parts = [item.id, item.y_true, item.y_pred, said["comment"], said["correct_label"], said["label"]]
        facts = [text for fact in item.facts.items() for text in fact]
        return " ".join(str(part) for part in (*parts, *said["tags"], *facts) if part).casefold()

    def say(self, do: Mapping[str, Any]) -> None:
        """Write it; when this returns it is in the log.

        Raises:
            DlxError: it could not be written, and counts as not said.
        """
        seconds = None if self._told else time.monotonic() - self._since
        self.desk.act([self.item.id], do, seconds=seconds, source="terminal")
        self._told = True

    def toggle(self, name: str) -> bool:
        """Give a tag or take it away; whether the item has it now."""
        name = next((choice.name for choice in self.desk.choices() if key(choice.name) == key(name)), name)
        on = name not in self.desk.answer(self.item.id)["tags"]
        self.say({"tag": name, "on": on})
        return on

    def label(self, name: str) -> bool:
        """Give a label or, where there may be several, take it away; whether the item has it now."""
        if self.desk.form != "many":
            self.say({"label": name})
            return True
        had = self.chosen()
        chosen = [label for label in self.desk.labels if (label in had) != (label == name)]
        self.say({"label": json.dumps(chosen, ensure_ascii=False)})
        return name in chosen

    def chosen(self) -> list[str]:
        """Names that are ticked for the item in view: its tags, or its labels."""
        said = self.desk.answer(self.item.id)
        if self.desk.kind == "tags":
            return list(said["tags"])
        if said["label"] is None:
            return []
        return json.loads(said["label"] or "[]") if self.desk.form == "many" else [said["label"]]

    def choice(self, pressed: str) -> Choice | None:
        """What a key says."""
        return next((choice for choice in self.desk.choices() if choice.key and choice.key == pressed), None)

    def undo(self) -> str | None:
        """Take the latest action back and look at its item; None where there is nothing to take back."""
        about = self.desk.undo()
        places = [at for at, i in enumerate(self.order) if self.desk.items[i].id == about]
        if about is not None and not places:
            self.order, self.search = list(range(len(self.desk.items))), ""
            places = [at for at, item in enumerate(self.desk.items) if item.id == about]
        if places:
            self.go(places[0])
        return about
