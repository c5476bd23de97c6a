"""Modal screens: a line to type into, with what is known beneath; a box for comments; a page to read."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static, TextArea

from dlx.desk.terminal._texts import visible
from dlx.errors import nearest

__all__ = ["Comment", "Notice", "Question"]

_OFFERED = 8
#: At the right, so that the example stays in sight while one thinks of a word for it.
_BOX = """
    align: right middle;
    background: transparent;
    & > Vertical { width: 40; max-width: 100%; height: auto; max-height: 100%; border: round $accent; padding: 0 1; }
    & Static { height: auto; }
    & #note { color: $text-muted; }
"""


class Question(ModalScreen[str | None]):
    """Asks for a line; None where it was called off.

    Args:
        title: what is asked.
        value: what stands there at first.
        options: what is known: the first that fits is taken with Tab.
        strict: only an option is an answer, or nothing at all.
        note: said beneath.
    """

    CSS = f"Question {{ {_BOX} }}"

    def __init__(
        self, title: str, *, value: str = "", options: Sequence[str] = (), strict: bool = False, note: str = ""
    ):
        super().__init__()
        self._title, self._value, self._options, self._strict, self._note = title, value, options, strict, note

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(Text(visible(self._title), "bold"))
            yield Input(self._value, id="line", select_on_focus=False)
            yield Static(id="offered", markup=False)
            yield Static(Text(visible(self._note)), id="note")

    def on_mount(self) -> None:
        self.query_one(Input).focus()
        self._offer(self._value)

    def on_input_changed(self, event: Input.Changed) -> None:
        self._offer(event.value)

    def _fitting(self, typed: str) -> list[str]:
        word = typed.strip().casefold()
        begins = [option for option in self._options if option.casefold().startswith(word)]
        return begins + [o for o in self._options if word in o.casefold() and not o.casefold().startswith(word)]

    def _offer(self, typed: str) -> None:
        fitting, lines = self._fitting(typed), Text()
        for number, option in enumerate(fitting[:_OFFERED]):
            taken = number == 0 and self._strict and typed.strip()
            lines.append(f"{'>' if taken else ' '} {visible(option)}\n", "bold" if taken else "")
        if len(fitting) > _OFFERED:
            lines.append(f"  and {len(fitting) - _OFFERED} more", "dim")
        self.query_one("#offered", Static).update(lines)
        self.query_one("#note", Static).update(Text(visible(self._note)))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        typed = event.value.strip()
        if not self._strict or not typed:
            self.dismiss(typed)
            return
        exact = [option for option in self._options if option.casefold() == typed.casefold()]
        found = next(iter(exact or self._fitting(typed)), None)
        if found is not None:
            self.dismiss(found)
            return
        close = nearest(typed, self._options)
        hint = f"Did you mean {close!r}?" if close else f"Choose one of: {', '.join(self._options[:12])}"
        self.query_one("#note", Static).update(Text(visible(f"There is no {typed!r}. {hint}"), "bold red"))

    def on_key(self, event: events.Key) -> None:
        if event.key == "escape":
            event.stop()
            self.dismiss(None)
        elif event.key == "tab":
            event.stop()
            event.prevent_default()
            line = self.query_one(Input)
            fitting = self._fitting(line.value)
            if fitting:
                line.value = fitting[0]
                line.cursor_position = len(line.value)


class _Box(TextArea):
    """Enter keeps the text, as everywhere else on the desk; Ctrl-J is a new line."""

    async def _on_key(self, event: events.Key) -> None:
        if event.key == "enter":
            event.stop()
            event.prevent_default()
            self.screen.dismiss(self.text)
        elif event.key == "escape":
            event.stop()
            event.prevent_default()
            self.screen.dismiss(None)
        elif event.key in ("ctrl+j", "shift+enter"):
            event.stop()
            event.prevent_default()
            self.insert("\n")
        else:
            await super()._on_key(event)


class Comment(ModalScreen[str | None]):
    """Asks for a text of several lines; None where it was called off."""

    CSS = f"Comment {{ {_BOX} }} Comment TextArea {{ height: 7; }}"

    def __init__(self, value: str):
        super().__init__()
        self._value = value

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(Text("Comment", "bold"))
            yield _Box(visible(self._value), compact=True)
            yield Static(Text("Enter keeps it, Ctrl-J is a new line, Escape leaves it as it was."), id="note")

    def on_mount(self) -> None:
        box = self.query_one(TextArea)
        box.move_cursor(box.document.end)
        box.focus()


class Notice(ModalScreen[None]):
    """Something to read; any key closes it."""

    CSS = f"Notice {{ {_BOX} align: center middle; }} Notice > Vertical {{ width: 66; }}"

    def __init__(self, title: str, text: str):
        super().__init__()
        self._title, self._text = title, text

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(Text(self._title, "bold"))
            yield Static(Text(visible(self._text)))

    def on_key(self, event: events.Key) -> None:
        event.stop()
        self.dismiss(None)
