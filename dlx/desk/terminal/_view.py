"""What is on the screen: one example, its neighbour, what can be said about it; drawn from the log as it is now."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import Screen
from textual.widgets import Static
from textual.worker import get_current_worker

from dlx.desk._desk import Desk, Item
from dlx.desk._exhibits import Exhibit
from dlx.desk.terminal import _texts as texts
from dlx.desk.terminal._pixels import Ink
from dlx.desk.terminal._session import Session
from dlx.desk.terminal._widgets import Shown
from dlx.errors import DlxError

__all__ = ["View"]

#: The neighbour stands beside the example from this width on; Tab shows it below that.
_WIDE = 110
_SIDE = 34
_AHEAD, _KEPT = 4, 64
_POLL, _READY = 1.0, 0.2
_TAGS = "Enter next  n new  w wrong  ? ambiguous  c comment  u undo  h help  q quit"
_LABELS = "Enter next  n by name  x cannot tell  c comment  u undo  h help  q quit"


class View(Screen[None]):
    """The screen without its keys."""

    DEFAULT_CSS = f"""
    View #title, View #pace, View #status, View #keys {{ height: 1; width: 1fr; }}
    View #title, View #keys {{ background: $panel; }}
    View #keys {{ color: $text-muted; }}
    View #side {{ width: {_SIDE}; padding: 0 1; scrollbar-size-vertical: 1; }}
    View #bars {{ margin-top: 1; }}
    View #side Vertical, View #side Static {{ height: auto; }}
    View #question {{ text-style: bold; margin-top: 1; }}
    View #facts {{ margin-top: 1; }}
    View #right {{ width: {_SIDE}; }}
    View #prompt {{ display: none; height: auto; border: round $accent; }}
    View #notice {{ display: none; width: 1fr; height: 1fr; padding: 1 2; }}
    """

    def __init__(self, desk: Desk, ink: Ink):
        super().__init__()
        self.desk, self.session, self._ink = desk, Session(desk), ink
        self._seen: OrderedDict[str, tuple[Exhibit, Exhibit | None]] = OrderedDict()
        self._asked: set[str] = set()
        self._showing: object = None
        self._swapped = self._waiting = False
        self._version = ""

    def compose(self) -> ComposeResult:
        yield Static(id="title", markup=False)
        yield Static(id="pace", markup=False)
        with Horizontal():
            yield Shown(self._ink, id="example")
            yield Shown(self._ink, id="near")
            yield Static(id="notice", markup=False)
            with Vertical(id="right"):
                yield Static(id="prompt", markup=False)
                with VerticalScroll(id="side", can_focus=False), Vertical():
                    for name in ("verdict", "bars", "question", "answers", "facts"):
                        yield Static(id=name, markup=False)
        yield Static(id="status", markup=False)
        yield Static(id="keys", markup=False)

    def on_mount(self) -> None:
        self._draw()
        self._status("Every key is on the disk before it is confirmed here. h shows all keys.")
        self.set_interval(_POLL, self._look_again)

    def on_resize(self) -> None:
        self._showing = None
        self._draw()

    def _draw(self) -> None:
        """Everything but the exhibit from the log as it is now; the exhibit where it is another one."""
        desk, session = self.desk, self.session
        item, said = session.item, desk.answer(session.item.id)
        self._version = desk.version()
        room = _SIDE - 4  # less its padding and a bar to scroll with
        done = "  done" if said["done"] else ""
        found = f"  found by {session.search!r}" if session.search else ""
        title = f" {session.at + 1}/{len(session.order)}{found}  {desk.title}{done}"
        self._put("title", Text(texts.visible(title), "bold"))
        self._put("pace", Text(" " + texts.pace(desk, desk.progress()), "dim"))
        for name, text in (("verdict", texts.verdict(item, said)), ("bars", texts.bars(item, room))):
            self._put(name, text)
            self.query_one(f"#{name}").display = bool(text)
        self._put("question", Text(texts.visible(desk.question)))
        self._put("answers", self._answers(said, room))
        self._put("facts", texts.facts(item, said, room))
        self._put("keys", Text(f" {_TAGS if desk.kind == 'tags' else _LABELS}"))
        self._show()

    def _answers(self, said: Mapping[str, Any], room: int) -> Text:
        choices, chosen = self.desk.choices(), self.session.chosen()
        made = texts.answers(choices, chosen, room)
        if not choices and self.desk.kind == "labels":
            given = texts.visible(said["label"] or "")
            made.append(f"answer: {given}\n" if given else "type the answer\n", "bold" if given else "dim")
        if self.desk.kind == "labels" and said["label"] == "":
            made.append("\n cannot tell" if choices else " cannot tell", "bold")
        if self.desk.kind == "tags" and not choices:
            made.append("no tag yet: n makes one\n", "dim")
        return made

    def _put(self, name: str, text: Text) -> None:
        self.query_one(f"#{name}", Static).update(text)

    def _status(self, text: str, *, fault: bool = False) -> None:
        line = " ".join(texts.visible(text).split())
        self._put("status", Text(f" {line}", "bold white on red" if fault else "green"))

    def _show(self) -> None:
        item = self.session.item
        if self.desk.exhibits.ready():
            for other in self.session.ahead(_AHEAD):
                if other.example not in self._seen and other.example not in self._asked:
                    self._asked.add(other.example)
                    self._fetch(other)
        elif not self._waiting:  # a thread that waits for the data would keep the person from quitting
            self._waiting = True
            self.set_timer(_READY, self._ready)
        found = self._seen.get(item.example)
        showing = (item.id, found is None, self._swapped)
        if showing == self._showing:
            return
        self._showing = showing
        example, near = found or (Exhibit("none", text="Reading the data …"), None)
        beside = self.query_one("#near", Shown)
        wide = self.size.width >= _WIDE
        beside.display = near is not None and wide
        caption = "" if near is None else f"nearest in train, labelled {near.label or '?'}"
        if near is not None and wide:
            beside.show(near, caption)
        if near is not None and self._swapped and not wide:
            self.query_one("#example", Shown).show(near, caption)
        else:
            hint = "" if near is None else "this example" if wide else "Tab: nearest in train"
            self.query_one("#example", Shown).show(example, hint or (example.text if example.kind == "image" else ""))

    def _ready(self) -> None:
        self._waiting = False
        self._show()

    @work(thread=True, group="exhibits", exit_on_error=True)
    def _fetch(self, item: Item) -> None:
        exhibits = self.desk.exhibits
        # the neighbour's label would tell a blind person what the model thinks
        blind = self.desk.kind == "labels" and item.y_true is None and item.y_pred is None
        try:
            found = exhibits.example(item.example), None if blind else exhibits.neighbour(item.example)
        except DlxError as error:
            found = Exhibit("none", text=str(error)), None
        if not get_current_worker().is_cancelled:
            self.app.call_from_thread(self._fetched, item.example, found)

    def _fetched(self, example: str, found: tuple[Exhibit, Exhibit | None]) -> None:
        self._asked.discard(example)
        self._seen[example] = found
        while len(self._seen) > _KEPT:
            self._seen.popitem(last=False)
        if self.session.item.example == example:
            self._show()

    def _look_again(self) -> None:
        """Another window or process may have written."""
        if self.desk.version() != self._version:
            self._draw()
            self._status("The log has grown by another hand; this is what it says now.")
