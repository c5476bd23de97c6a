"""What the server says to each question: the desk as JSON, and what people say into its log."""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs

from dlx.desk._desk import Desk, Item
from dlx.desk._exhibits import Exhibit
from dlx.errors import DlxError, UserError

__all__ = ["Answers", "Reply"]

#: The only kinds of media a browser is told about: pixels and sounds, nothing that could hold a script.
_MEDIA = re.compile(r"(image/(png|jpeg|webp|gif)|audio/[a-z0-9.+-]+)")
_PLACE = re.compile(r"(exhibit|media|neighbour)/(\d{1,9})")
_KEPT = 64


@dataclass(frozen=True)
class Reply:
    """An answer of the server.

    Attributes:
        status: HTTP's number.
        body: its bytes.
        mime: their type.
    """

    status: int
    body: bytes = b""
    mime: str = "application/json"

    @staticmethod
    def json(value: Any, status: int = HTTPStatus.OK) -> Reply:
        return Reply(status, json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str).encode())

    @staticmethod
    def fault(status: int, message: str) -> Reply:
        return Reply.json({"error": message}, status)


class Answers:
    """Answers for one desk; asked from several threads.

    Args:
        desk: the desk.
        summary: as in :func:`dlx.desk.page.serve`.
        suggestions: likewise.
        command: likewise.
    """

    def __init__(
        self,
        desk: Desk,
        *,
        summary: Callable[[], dict[str, Any]] | None = None,
        suggestions: Callable[[], list[dict[str, Any]]] | None = None,
        command: str = "",
    ):
        self._desk, self._summary, self._suggestions, self._command = desk, summary, suggestions, command
        self._lock = threading.Lock()  # around the desk; exhibits may be asked at the same time
        self._shown: OrderedDict[int, tuple[Exhibit, Exhibit | None]] = OrderedDict()
        ids = "\n".join(item.id for item in desk.items)
        self._name = hashlib.blake2b(ids.encode(), digest_size=8).hexdigest()

    def get(self, path: str, query: str) -> Reply:
        """The answer to a question that changes nothing."""
        if path == "desk":
            return Reply.json(self._whole())
        if path == "state":
            return self._state(parse_qs(query).get("version", [""])[0])
        if path in ("summary", "suggestions"):
            return self._extra(path)
        place = _PLACE.fullmatch(path)
        if place is None or int(place[2]) >= len(self._desk.items):
            return Reply.fault(HTTPStatus.NOT_FOUND, "There is nothing here.")
        return self._exhibit(int(place[2])) if place[1] == "exhibit" else self._media(place[1], int(place[2]))

    def post(self, path: str, said: Mapping[str, Any]) -> Reply:
        """What somebody says; answered when it is in the log."""
        ticket = said.get("ticket")
        if path not in ("act", "undo") or not (isinstance(ticket, str) and 8 <= len(ticket) <= 64):
            return Reply.fault(HTTPStatus.NOT_FOUND, "There is nothing here.")
        try:
            with self._lock:
                before = self._desk.version()
                if path == "undo":  # it may have been about many: all is told again
                    return Reply.json({"before": before, "items": self._undo(ticket)} | self._now())
                items = self._act(said, ticket)
                return Reply.json({"before": before, "items": items} | self._now(items))
        except UserError as error:
            return Reply.fault(HTTPStatus.UNPROCESSABLE_ENTITY, str(error))
        except DlxError as error:  # no room on the disk: the page keeps it and asks again
            return Reply.fault(HTTPStatus.INSUFFICIENT_STORAGE, str(error))
        except OSError as error:
            return Reply.fault(HTTPStatus.INSUFFICIENT_STORAGE, f"The log cannot be written: {error}")

    def _act(self, said: Mapping[str, Any], ticket: str) -> list[str]:
        items, do, seconds = said.get("items"), said.get("do"), said.get("seconds")
        if not (isinstance(items, list) and all(isinstance(item, str) for item in items) and isinstance(do, dict)):
            raise UserError("an action has items and what to do with them", value=dict(said))
        known = isinstance(seconds, (int, float)) and 0 <= seconds < 86_400
        self._desk.act(items, do, seconds=seconds if known else None, source="page", ticket=ticket)
        return items

    def _undo(self, ticket: str) -> list[str]:
        item = self._desk.undo(ticket)
        return [] if item is None else [item]

    def _now(self, items: list[str] | None = None) -> dict[str, Any]:
        """The state: of some examples, or of all that are done."""
        desk = self._desk
        said = desk.answers() if items is None else {item: desk.answer(item) for item in items}
        made = {"answers": said, "choices": [asdict(choice) for choice in desk.choices()]}
        return made | {"progress": asdict(desk.progress()), "version": desk.version(), "desk": self._name}

    def _state(self, version: str) -> Reply:
        with self._lock:
            if version == f"{self._name} {self._desk.version()}":
                return Reply(HTTPStatus.NO_CONTENT)
            return Reply.json(self._now())

    def _whole(self) -> dict[str, Any]:
        desk = self._desk
        with self._lock:
            return {
                "kind": desk.kind, "form": desk.form, "title": desk.title, "question": desk.question,
                "person": desk.person, "labels": list(desk.labels), "items": [_item(item) for item in desk.items],
                "command": self._command, "summarises": self._summary is not None,
            } | self._now()  # fmt: skip

    def _extra(self, path: str) -> Reply:
        try:
            with self._lock:
                if path == "summary":
                    return Reply.json({} if self._summary is None else self._summary())
                ready = self._suggestions is not None and self._desk.progress().done > 0
                return Reply.json(self._suggestions() if ready else [])  # type: ignore[misc]
        except DlxError as error:
            return Reply.fault(HTTPStatus.UNPROCESSABLE_ENTITY, str(error))

    def _exhibit(self, place: int) -> Reply:
        """Both pictures by name, and what is to be read; at once, or a word that it takes a moment."""
        if not self._desk.exhibits.ready():
            return Reply.json({"ready": False}, HTTPStatus.ACCEPTED)
        shown, near = self._both(place)
        made = {"ready": True, "example": _described(shown, f"media/{place}")}
        return Reply.json(made | {"neighbour": None if near is None else _described(near, f"neighbour/{place}")})

    def _media(self, which: str, place: int) -> Reply:
        if not self._desk.exhibits.ready():
            return Reply.fault(HTTPStatus.SERVICE_UNAVAILABLE, "The data are still being read.")
        shown = self._both(place)[which == "neighbour"]
        if shown is None or not _MEDIA.fullmatch(shown.mime):
            return Reply.fault(HTTPStatus.NOT_FOUND, "There is nothing here.")
        return Reply(HTTPStatus.OK, shown.media, shown.mime)

    def _both(self, place: int) -> tuple[Exhibit, Exhibit | None]:
        """The exhibits of an item; those of the last few are kept."""
        found = self._shown.get(place)
        if found is None:
            name, exhibits = self._desk.items[place].example, self._desk.exhibits
            item = self._desk.items[place]
            # whoever must not see the label would guess it from a labelled neighbour
            blind = item.y_true is None and item.y_pred is None
            found = (exhibits.example(name), None if blind else exhibits.neighbour(name))
            with self._lock:
                self._shown[place] = found
                while len(self._shown) > _KEPT:
                    self._shown.popitem(last=False)
        return found


def _item(item: Item) -> dict[str, Any]:
    made = {"id": item.id, "y_true": item.y_true, "y_pred": item.y_pred}
    return made | {"proba": [list(pair) for pair in item.proba], "facts": dict(item.facts)}


def _described(shown: Exhibit, media: str) -> dict[str, Any]:
    """What a page needs to show it; the bytes come by a second question."""
    made = {"kind": shown.kind, "text": shown.text, "row": dict(shown.row), "label": shown.label, "mime": shown.mime}
    return made | {"media": media if shown.media and _MEDIA.fullmatch(shown.mime) else ""}
