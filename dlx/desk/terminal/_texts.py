"""Words of the screen, and texts of others made harmless: nothing in them moves the cursor or sets a colour."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from dlx.desk._desk import Choice, Desk, Item, Progress
from dlx.desk._exhibits import Exhibit

if TYPE_CHECKING:
    from rich.text import Text

__all__ = ["answers", "bars", "facts", "pace", "readable", "verdict", "visible"]

#: Control characters, and the marks that turn the direction of what follows.
_UNSEEN = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_LONGEST = 20_000
_NAME = 10


def visible(text: object) -> str:
    r"""A text as it can be shown: tabs as blanks, other control characters as �, line ends kept.

    >>> visible("a\tb\x1b[2Jc")
    'a    b�[2Jc'
    """
    plain = str(text).replace("\r\n", "\n").replace("\r", "\n").replace("\t", "    ")
    return _UNSEEN.sub("\N{REPLACEMENT CHARACTER}", plain)[:_LONGEST]


def _line(text: object) -> str:
    return " ".join(visible(text).split())


def readable(shown: Exhibit) -> Text:
    """What is to be read of an example: its text, its row, or why there is nothing to see."""
    from rich.text import Text

    if shown.kind == "row":
        made, wide = Text(), max((len(_line(name)) for name in shown.row), default=0)
        for name, value in shown.row.items():
            made.append(f"{_line(name):<{min(wide, 28)}}  ", "dim").append(f"{_line(value)}\n")
        return made
    if shown.kind == "audio":
        return Text(f"A sound, {len(shown.media):,} bytes: {_line(shown.text)}\nThe page plays it.", "dim")
    return Text(visible(shown.text), "dim italic" if shown.kind == "none" else "")


def verdict(item: Item, said: dict[str, Any]) -> Text:
    """What the model says and what the label is, where the person may know."""
    from rich.text import Text

    made = Text()
    if item.y_pred is not None:
        made.append("model says  ", "dim").append(f"{_line(item.y_pred)}\n", "bold yellow")
    if item.y_true is not None:
        style = "bold strike" if said["incorrectly_labelled"] else "bold green"
        made.append("label       ", "dim").append(_line(item.y_true), style)
        made.append("  (wrong)\n" if said["incorrectly_labelled"] else "\n", "dim")
    if said["incorrectly_labelled"]:
        made.append("right       ", "dim").append(f"{_line(said['correct_label']) or 'not known'}\n", "bold cyan")
    return _trimmed(made)


def bars(item: Item, width: int) -> Text:
    """The likeliest answers, a line each."""
    from rich.text import Text

    made = Text(no_wrap=True)
    room = max(4, width - _NAME - 7)
    for name, value in item.proba:
        share = min(max(float(value), 0.0), 1.0)
        full = round(share * room)
        style = "yellow" if name == item.y_pred else "green" if name == item.y_true else ""
        made.append(f"{_short(name, _NAME):<{_NAME}} ").append("█" * full, style).append("·" * (room - full), "dim")
        made.append(f" {share:>4.0%}\n")
    return _trimmed(made)


def _trimmed(made: Text) -> Text:
    """Without the last line end: the next part begins right below."""
    made.rstrip()
    return made


def _short(text: object, width: int) -> str:
    line = _line(text)
    return line if len(line) <= width else line[: width - 1] + "…"


def answers(choices: Sequence[Choice], chosen: Sequence[str], width: int) -> Text:
    """What can be said, by key; what is said is marked by more than a colour."""
    from rich.text import Text

    made = Text(no_wrap=True)
    for choice in choices:
        on = choice.name in chosen
        count = f"{choice.count}" if choice.count else ""
        name = _short(choice.name, max(4, width - 9 - len(count)))
        made.append(f" {choice.key or ' '} ", "reverse" if choice.key else "").append(" x " if on else "   ", "bold")
        made.append(f"{name:<{max(4, width - 9 - len(count))}}", "bold" if on else "").append(f" {count}\n", "dim")
    return _trimmed(made)


def facts(item: Item, said: dict[str, Any], width: int) -> Text:
    """Comment and what else is known; an id is as long as its line."""
    from rich.text import Text

    made = Text()
    if said["comment"]:
        made.append("comment  ", "dim").append(f"{visible(said['comment'])}\n", "italic")
    for name, value in item.facts.items():
        made.append(f"{_line(name)}  ", "dim").append(f"{_short(value, 200)}\n")
    return made.append("id  ", "dim").append(_short(item.id, width - 4))


def pace(desk: Desk, progress: Progress) -> str:
    """How far, how fast, how long still, and whether new tags are still to be expected."""
    left = progress.total - progress.done
    parts = [f"{progress.done} of {progress.total}"]
    if progress.seconds is not None:
        parts.append(f"{max(1, round(progress.seconds))} s each")
        if left:
            parts.append(f"{max(1, round(left * progress.seconds / 60))} min left")
    if progress.new_tag_chance is not None and progress.done >= 10:
        parts.append(f"next needs a new tag: {progress.new_tag_chance:.0%}")
    return " · ".join([*parts, _line(desk.person)])
