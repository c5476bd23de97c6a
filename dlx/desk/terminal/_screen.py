"""The screen's keys: each says something, which is in the log before it is confirmed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from rich.text import Text
from textual import events
from textual.binding import BindingType
from textual.widgets import Static

from dlx.desk._desk import AMBIGUOUS, Desk
from dlx.desk.terminal._pixels import Ink
from dlx.desk.terminal._prompt import Prompt
from dlx.desk.terminal._view import View
from dlx.desk.terminal._widgets import Shown
from dlx.errors import DlxError
from dlx.tagging.names import key

__all__ = ["DeskScreen"]


class DeskScreen(View):
    """See :func:`dlx.desk.terminal.run`."""

    # keys mean what is said in on_key, Tab too: it completes a word in a prompt
    BINDINGS: ClassVar[list[BindingType]] = [("tab", "tab", "")]

    def __init__(self, desk: Desk, ink: Ink):
        super().__init__(desk, ink)
        #: what was typed and could not be written: offered again
        self._unsaid: dict[tuple[str, str], str] = {}
        self._prompt: Prompt | None = None
        self._notice = ""

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
