"""A line to type into, with what is known beneath; keys are taken one by one, in the order in which they were pressed.

Textual's own input is a screen above the screen: keys that arrive in a burst, as over a slow line, would reach the one
beneath it. Here one queue takes them all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dlx.desk.terminal._texts import visible
from dlx.errors import nearest

if TYPE_CHECKING:
    from rich.text import Text

__all__ = ["Prompt"]

_OFFERED = 8


@dataclass
class Prompt:
    """What is asked, and what was typed so far.

    Attributes:
        title: what is asked.
        answered: told the answer; never called where the person escapes.
        text: what was typed.
        options: what is known: the first that fits is taken with Tab.
        strict: only an option is an answer, or nothing at all.
        barred: word → why it is no answer.
        note: said beneath.
        long: whether it may have several lines.
    """

    title: str
    answered: Callable[[str], object]
    text: str = ""
    options: Sequence[str] = ()
    strict: bool = False
    barred: Mapping[str, str] = field(default_factory=dict)
    note: str = ""
    long: bool = False

    def __post_init__(self) -> None:
        self.text = visible(self.text)
        self.at = len(self.text)
        self._refused = ""

    def press(self, pressed: str, character: str | None) -> bool:
        """Take a key.

        Returns:
            whether the prompt is over; ``answered`` has been called then, unless it was called off.
        """
        if pressed == "escape":
            return True
        if pressed == "enter":
            return self._enter()
        self._refused = ""
        if pressed in ("ctrl+j", "shift+enter") and self.long:
            self.insert("\n")
        elif pressed == "tab":
            self._set(next(iter(self._fitting()), self.text))
        elif pressed in _EDITS:
            _EDITS[pressed](self)
        elif character and character.isprintable():
            self.insert(character)
        return False

    def insert(self, typed: str) -> None:
        """Put text where the cursor is; of a pasted one without room for lines, all in one."""
        typed = visible(typed)
        typed = typed if self.long else " ".join(typed.split("\n"))
        self.text = self.text[: self.at] + typed + self.text[self.at :]
        self.at += len(typed)

    def _set(self, text: str) -> None:
        self.text, self.at = text, len(text)

    def _enter(self) -> bool:
        typed = self.text.strip()
        if not self.strict or not typed:
            self.answered(typed)
            return True
        exact = [option for option in self.options if option.casefold() == typed.casefold()]
        found = exact or ([] if typed in self.barred else self._fitting())
        if found:
            self.answered(found[0])
            return True
        close = nearest(typed, self.options)
        hint = f"Did you mean {close!r}?" if close else f"Choose one of: {', '.join(self.options[:12])}"
        self._refused = self.barred.get(typed, f"There is no {typed!r}. {hint}")
        return False

    def _fitting(self) -> list[str]:
        word = self.text.strip().casefold()
        begins = [option for option in self.options if option.casefold().startswith(word)]
        return begins + [o for o in self.options if word in o.casefold() and not o.casefold().startswith(word)]

    def drawn(self) -> Text:
        """The prompt as it looks now."""
        from rich.text import Text

        made = Text().append(f"{visible(self.title)}\n", "bold")
        line = (
            Text("> ")
            .append(self.text[: self.at])
            .append(self.text[self.at : self.at + 1].strip("\n") or " ", "reverse")
        )
        if self.text[self.at : self.at + 1] == "\n":
            line.append("\n")
        made.append_text(line.append(self.text[self.at + 1 :])).append("\n")
        fitting = self._fitting()
        for number, option in enumerate(fitting[:_OFFERED]):
            taken = number == 0 and self.strict and self.text.strip()
            made.append(f"{'=' if taken else ' '} {visible(option)}\n", "bold" if taken else "")
        if len(fitting) > _OFFERED:
            made.append(f"  and {len(fitting) - _OFFERED} more\n", "dim")
        if self._refused:
            return made.append(visible(self._refused), "bold red")
        return made.append(visible(self.note), "dim")


def _cut(prompt: Prompt, start: int, end: int) -> None:
    prompt.text, prompt.at = prompt.text[:start] + prompt.text[end:], start


def _word_start(prompt: Prompt) -> int:
    before = prompt.text[: prompt.at].rstrip()
    return max(before.rfind(" "), before.rfind("\n")) + 1


def _move(prompt: Prompt, at: int) -> None:
    prompt.at = min(max(at, 0), len(prompt.text))


_EDITS: dict[str, Callable[[Prompt], None]] = {
    "backspace": lambda p: _cut(p, max(0, p.at - 1), p.at),
    "delete": lambda p: _cut(p, p.at, p.at + 1),
    "ctrl+u": lambda p: _cut(p, 0, p.at),
    "ctrl+k": lambda p: _cut(p, p.at, len(p.text)),
    "ctrl+w": lambda p: _cut(p, _word_start(p), p.at),
    "left": lambda p: _move(p, p.at - 1),
    "right": lambda p: _move(p, p.at + 1),
    "home": lambda p: _move(p, 0),
    "ctrl+a": lambda p: _move(p, 0),
    "end": lambda p: _move(p, len(p.text)),
    "ctrl+e": lambda p: _move(p, len(p.text)),
}
