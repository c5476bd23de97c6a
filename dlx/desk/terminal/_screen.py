"""The screen: one example, what can be said about it, and the keys to say it with."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from rich.text import Text
from textual import events, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import Screen
from textual.widgets import Static

from dlx.desk._desk import AMBIGUOUS, Desk, Item
from dlx.desk._exhibits import Exhibit
from dlx.desk.terminal import _texts as texts
from dlx.desk.terminal._pixels import Ink
from dlx.desk.terminal._prompt import Prompt
from dlx.desk.terminal._session import Session
from dlx.desk.terminal._widgets import Shown
from dlx.errors import DlxError
from dlx.tagging.names import key

__all__ = ["DeskScreen"]

#: The neighbour stands beside the example from this width on; Tab shows it below that.
_WIDE = 110
_SIDE = 34
_AHEAD, _KEPT = 4, 64
_POLL = 1.0
_TAGS = "Enter next  n new  w wrong  ? ambiguous  c comment  u undo  h help  q quit"
_LABELS = "Enter next  n by name  x cannot tell  c comment  u undo  / search  h help  q quit"


class DeskScreen(Screen[None]):
    """See :func:`dlx.desk.terminal.run`."""

    DEFAULT_CSS = f"""
    DeskScreen #title, DeskScreen #pace, DeskScreen #status, DeskScreen #keys {{ height: 1; width: 1fr; }}
    DeskScreen #title, DeskScreen #keys {{ background: $panel; }}
    DeskScreen #keys {{ color: $text-muted; }}
    DeskScreen #side {{ width: {_SIDE}; padding: 0 1; scrollbar-size-vertical: 1; }}
    DeskScreen #bars {{ margin-top: 1; }}
    DeskScreen #side Vertical, DeskScreen #side Static {{ height: auto; }}
    DeskScreen #question {{ text-style: bold; margin-top: 1; }}
    DeskScreen #facts {{ margin-top: 1; }}
    DeskScreen #right {{ width: {_SIDE}; }}
    DeskScreen #prompt {{ display: none; height: auto; border: round $accent; }}
    DeskScreen #notice {{ display: none; width: 1fr; height: 1fr; padding: 1 2; }}
    """
    # keys mean what is said in on_key, Tab too: it completes a word in a prompt
    BINDINGS: ClassVar[list[BindingType]] = [("tab", "tab", "")]

    def __init__(self, desk: Desk, ink: Ink):
        super().__init__()
        self.desk, self.session, self._ink = desk, Session(desk), ink
        self._seen: OrderedDict[str, tuple[Exhibit, Exhibit | None]] = OrderedDict()
        self._asked: set[str] = set()
        self._showing: object = None
        self._swapped = False
        self._version = ""
        #: what was typed and could not be written: offered again
        self._unsaid: dict[tuple[str, str], str] = {}
        self._prompt: Prompt | None = None
        self._notice = ""

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

    # -- drawing -------------------------------------------------------------------------------------------------

    def _draw(self) -> None:
        """Everything but the exhibit from the log as it is now; the exhibit where it is another one."""
        desk, session = self.desk, self.session
        item, said = session.item, desk.answer(session.item.id)
        self._version = desk.version()
        room = _SIDE - 4  # less its padding and a bar to scroll with
        done = "  done" if said["done"] else ""
        found = f"  found by {session.search!r}" if session.search else ""
        self._put(
            "title", Text(texts.visible(f" {session.at + 1}/{len(session.order)}{found}  {desk.title}{done}"), "bold")
        )
        self._put("pace", Text(" " + texts.pace(desk, desk.progress()), "dim"))
        self._put("verdict", texts.verdict(item, said))
        self._put("bars", texts.bars(item, room))
        self._put("question", Text(texts.visible(desk.question)))
        self._put("answers", self._answers(said, room))
        self._put("facts", texts.facts(item, said, room))
        self._put("keys", Text(f" {_TAGS if desk.kind == 'tags' else _LABELS}"))
        self._show()

    def _answers(self, said: Mapping[str, Any], room: int) -> Text:
        choices, chosen = self.desk.choices(), self.session.chosen()
        made = texts.answers(choices, chosen, room)
        if not choices and self.desk.kind == "labels":
            given = said["label"]
            made.append(
                f"answer: {texts.visible(given)}\n" if given else "type the answer\n", "bold" if given else "dim"
            )
        if self.desk.kind == "labels" and said["label"] == "":
            made.append("\n cannot tell" if choices else " cannot tell", "bold")
        if self.desk.kind == "tags" and not choices:
            made.append("no tag yet: n makes one\n", "dim")
        return made

    def _put(self, name: str, text: Text) -> None:
        self.query_one(f"#{name}", Static).update(text)

    def _status(self, text: str, *, fault: bool = False) -> None:
        self._put(
            "status", Text(" " + " ".join(texts.visible(text).split()), "bold white on red" if fault else "green")
        )

    def _show(self) -> None:
        item = self.session.item
        for other in self.session.ahead(_AHEAD):
            if other.example not in self._seen and other.example not in self._asked:
                self._asked.add(other.example)
                self._fetch(other)
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

    @work(thread=True, group="exhibits", exit_on_error=True)
    def _fetch(self, item: Item) -> None:
        try:
            found = self.desk.exhibits.example(item.example), self.desk.exhibits.neighbour(item.example)
        except DlxError as error:
            found = Exhibit("none", text=str(error)), None
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

    # -- saying --------------------------------------------------------------------------------------------------

    def _try(self, say: Callable[[], Any], kept: Callable[[Any], str]) -> bool:
        """Say something; what could not be written is said to be so, and the screen stays where it is."""
        try:
            result = say()
        except DlxError as error:
            self._draw()
            self._status(f"Not kept: {error}", fault=True)
            return False
        self._draw()
        self._status(kept(result))
        return True

    def _choose(self, name: str) -> bool:
        session = self.session
        say = session.toggle if self.desk.kind == "tags" else session.label
        kept = self._try(lambda: say(name), lambda on: f"kept: {name}" if on else f"kept: no longer {name}")
        if kept and self.desk.kind == "labels" and self.desk.form != "many":
            self._next()
        return kept

    def _done(self) -> None:
        """Enter: what was said is all; where nothing was said, no tag fits or nobody can tell."""
        nothing = {"done": True} if self.desk.kind == "tags" else {"label": "[]" if self.desk.form == "many" else ""}
        words = "kept: seen" if self.desk.kind == "tags" else "kept: cannot tell"
        if self.desk.answer(self.session.item.id)["done"] or self._try(
            lambda: self.session.say(nothing), lambda _: words
        ):
            self._next()

    def _next(self) -> None:
        if self.session.next():
            self._go(self.session.at)
        else:
            self._draw()
            self._status("All is done. q ends; the log has everything.")

    def _go(self, at: int) -> None:
        self.session.go(at)
        self._swapped = False
        self._draw()

    def _ask(self, what: str, prompt: Prompt) -> None:
        """Ask for a text; one that cannot be written is offered again."""
        place, say = (self.session.item.id, what), prompt.answered

        def answered(text: str) -> None:
            self._unsaid.pop(place, None)
            if not say(text):
                self._unsaid[place] = text

        prompt.answered = answered
        self._prompt = prompt
        self._draw_prompt()

    def _draw_prompt(self) -> None:
        box = self.query_one("#prompt", Static)
        box.display = self._prompt is not None
        if self._prompt is not None:
            box.update(self._prompt.drawn())

    def _typed(self, what: str, otherwise: str = "") -> str:
        return self._unsaid.get((self.session.item.id, what), otherwise)

    # -- keys ----------------------------------------------------------------------------------------------------

    def on_key(self, event: events.Key) -> None:
        event.stop()
        self._press(event.key, event.character)

    def action_tab(self) -> None:
        self._press("tab", None)

    def on_paste(self, event: events.Paste) -> None:
        event.stop()
        if self._prompt is not None:  # elsewhere a pasted text would be keys that nobody pressed
            self._prompt.insert(event.text)
            self._draw_prompt()

    def _press(self, name: str, character: str | None) -> None:
        if self._notice:
            self._notify("")
        elif (prompt := self._prompt) is not None:
            if prompt.press(name, character) and self._prompt is prompt:
                self._prompt = None
            self._draw_prompt()
        else:
            pressed = character if character and character.isprintable() else name
            self._command(pressed.lower() if len(pressed) == 1 else pressed, character)

    def _command(self, pressed: str, character: str | None) -> None:
        own = self._tag_keys() if self.desk.kind == "tags" else self._label_keys()
        does = self._keys().get(pressed) or own.get(pressed)
        choice = self.session.choice(pressed)
        if does is not None:
            does()
        elif choice is not None:
            self._choose(choice.name)
        elif self.desk.kind == "labels" and self.desk.form in ("number", "text") and character and len(pressed) == 1:
            self._by_name(character)

    def _keys(self) -> dict[str, Callable[[], object]]:
        session = self.session
        example = self.query_one("#example", Shown)
        return {
            "enter": self._done, " ": self._done, "space": self._done,
            "j": lambda: self._go(session.at + 1), "right": lambda: self._go(session.at + 1),
            "k": lambda: self._go(session.at - 1), "left": lambda: self._go(session.at - 1),
            "down": example.scroll_down, "up": example.scroll_up,
            "pagedown": self.query_one("#side").scroll_page_down, "pageup": self.query_one("#side").scroll_page_up,
            "c": self._comment, "u": self._undo, "/": self._search, "h": self._help, "q": self.app.exit,
            "escape": self._show_all, "tab": self._swap,
        }  # fmt: skip

    def _tag_keys(self) -> dict[str, Callable[[], object]]:
        return {
            "n": self._new_tag, "w": self._wrong_label, "?": lambda: self._choose(AMBIGUOUS),
            "x": lambda: self._try(lambda: self.session.say({"clear": True}), lambda _: "kept: nothing was said"),
        }  # fmt: skip

    def _label_keys(self) -> dict[str, Callable[[], object]]:
        return {"n": self._by_name, "x": self._cannot_tell}

    def _new_tag(self) -> None:
        known = [choice.name for choice in self.desk.choices()]
        note = "A new word is a new tag, with a key of its own."

        def say(name: str) -> bool:
            # a tag that is there already is not taken away by typing its name once more
            return not name or key(name) in {key(tag) for tag in self.session.chosen()} or self._choose(name)

        self._ask("tag", Prompt("New tag", say, self._typed("tag"), options=known, note=note))

    def _wrong_label(self) -> None:
        item, said = self.session.item, self.desk.answer(self.session.item.id)
        options = [label for label in self.desk.labels if label != item.y_true]
        right = "It is right after all"

        def say(label: str) -> bool:
            value = None if said["incorrectly_labelled"] and label == right else label
            words = "kept: the label is right" if value is None else f"kept: wrong, right is {label or 'not known'}"
            return self._try(lambda: self.session.say({"wrong_label": value}), lambda _: words)

        prompt = Prompt(
            "The label is wrong. What is right?",
            say,
            self._typed("label", said["correct_label"]),
            options=[*options, *([right] if said["incorrectly_labelled"] else [])],
            strict=bool(self.desk.labels),
            barred={} if item.y_true is None else {item.y_true: "That is the label it has now; Escape leaves it."},
            note="Enter without a word: I cannot tell. Escape: as it was.",
        )
        self._ask("label", prompt)

    def _by_name(self, begun: str = "") -> None:
        note = {"number": "A number.", "text": "Enter keeps it."}.get(self.desk.form, "")
        labels, begun = self.desk.labels, begun or self._typed("label")

        def say(name: str) -> bool:
            return not name or self._choose(name)

        self._ask("label", Prompt(self.desk.question, say, begun, options=labels, strict=bool(labels), note=note))

    def _cannot_tell(self) -> None:
        if self._try(lambda: self.session.say({"label": ""}), lambda _: "kept: cannot tell"):
            self._next()

    def _comment(self) -> None:
        before = self.desk.answer(self.session.item.id)["comment"]

        def say(text: str) -> bool:
            if text == before:
                return True
            return self._try(lambda: self.session.say({"comment": text}), lambda _: "kept: the comment")

        note = "Enter keeps it, Ctrl-J is a new line, Escape leaves it as it was."
        self._ask("comment", Prompt("Comment", say, self._typed("comment", before), note=note, long=True))

    def _undo(self) -> None:
        words = {True: "There is nothing to take back.", False: "Taken back; this is the example it was about."}
        self._swapped = False
        self._try(self.session.undo, lambda about: words[about is None])

    def _search(self) -> None:
        def found(words: str) -> bool:
            if not self.session.find(words):
                self._status(f"No example holds {words!r}.", fault=True)
                return True
            self._draw()
            self._status(f"{len(self.session.order)} of {len(self.desk.items)} examples. Escape shows all.")
            return True

        note = "Words of ids, labels, tags, comments, facts; nothing shows all."
        self._ask("search", Prompt("Search", found, self.session.search, note=note))

    def _show_all(self) -> None:
        if self.session.search:
            self.session.find("")
            self._draw()

    def _help(self) -> None:
        tags = self.desk.kind == "tags"
        rows = [
            ("1-9 a-z", "this tag, on or off" if tags else "this label"),
            ("Enter", "next open example;"),
            ("or space", "where nothing was said: " + ("no tag fits" if tags else "cannot tell")),
            *(
                [("n", "a new tag"), ("w", "wrong label, and the right one"), ("?", "ambiguous"), ("x", "clear")]
                if tags
                else [("n", "a label by its name"), ("x", "cannot tell")]
            ),
            ("c", "comment"),
            ("u", "undo"),
            ("j k", "next, previous, without an answer"),
            ("Tab", "the nearest training example"),
            ("/ Escape", "search; show all"),
            ("up down", "scroll the example"),
            ("PgUp PgDn", "scroll the side"),
            ("q", "quit; start again to go on"),
        ]
        wide = max(len(name) for name, _ in rows)
        self._notify("\n".join(f"{name:<{wide}}  {does}" for name, does in rows))

    def _notify(self, text: str) -> None:
        """Something to read in the example's place; the next key closes it."""
        self._notice = text
        box = self.query_one("#notice", Static)
        box.display = bool(text)
        self.query_one("#example").display = not text
        box.update(Text(text))

    def _swap(self) -> None:
        """Show the nearest training example in place of this one, and back."""
        self._swapped = not self._swapped
        self._show()
