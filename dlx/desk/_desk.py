"""What every desk can do, whatever is asked there: the contract between the logs and the page or the terminal."""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, Protocol

from dlx.desk._exhibits import Exhibits

__all__ = ["AMBIGUOUS", "HOTKEYS", "PAUSE", "Choice", "Desk", "Item", "Progress", "hotkeys", "pace", "stamp"]

#: Keys given to choices in this order. Not among them: n new, w wrong label, u undo, c comment, g grid, j and k next
#: and previous, h help, q quit, x clear.
HOTKEYS = "123456789abdefilmoprstvyz"
#: The tag that the key ? gives and takes.
AMBIGUOUS = "ambiguous"
#: A gap longer than this many seconds between two actions was a break.
PAUSE = 120.0


@dataclass(frozen=True)
class Item:
    """One example on the desk.

    Attributes:
        id: the key that actions name; for a hidden repeat not the example's own.
        example: the example's id, for its exhibit.
        y_true: its label; None where the person must not see it.
        y_pred: the model's answer; None likewise.
        proba: the model's likeliest answers, the first the largest; empty where unknown or hidden.
        facts: source, error, meta columns: name → text.
    """

    id: str
    example: str
    y_true: str | None = None
    y_pred: str | None = None
    proba: tuple[tuple[str, float], ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Choice:
    """Something a key can say.

    Attributes:
        name: a tag, or a label.
        key: the key for it; "" where keys have run out (it is found by typing).
        count: how many examples of the desk carry it.
    """

    name: str
    key: str
    count: int


@dataclass(frozen=True)
class Progress:
    """How far the person is.

    Attributes:
        done: examples that something was said about.
        total: examples on the desk.
        seconds: median seconds for one example, breaks left out; None before the third.
        new_tag_chance: that the next example needs a new tag; None where there are no tags to find.
    """

    done: int
    total: int
    seconds: float | None = None
    new_tag_chance: float | None = None


class Desk(Protocol):
    """One person, a list of examples and a log.

    All answers are kept in the log before ``act`` returns; everything else is read from there, so that a second window,
    another process or a restart sees the same.

    Attributes:
        kind: ``tags`` (several tags each, new ones at any time) or ``labels`` (one of known labels, or a number).
        title: what is on the desk.
        question: what is asked.
        person: who answers.
        items: in the order in which they are to be seen.
        exhibits: makes them visible.
        labels: labels that may be given; empty where any text (or a number) may.
        form: of a label: ``one`` of ``labels``, ``many`` of them (a JSON list of names), a ``number``, or any ``text``.
    """

    kind: Literal["tags", "labels"]
    form: Literal["one", "many", "number", "text"]
    title: str
    question: str
    person: str
    items: Sequence[Item]
    exhibits: Exhibits
    labels: Sequence[str]

    def choices(self) -> list[Choice]:
        """What there is to say, with keys."""

    def answer(self, item: str) -> dict[str, Any]:
        """What this person says about an item.

        ``{"done": bool, "tags": [...], "incorrectly_labelled": bool, "correct_label": str, "comment": str,
        "label": str | None}``; ``label`` only on a desk of labels, None before a vote and "" for "cannot tell".
        """

    def answers(self) -> dict[str, dict[str, Any]]:
        """Item → answer, for all that something was said about."""

    def version(self) -> str:
        """Changes whenever anything was said, here or by another process."""

    def act(
        self,
        items: Sequence[str],
        do: Mapping[str, Any],
        *,
        seconds: float | None = None,
        source: str,
        ticket: str | None = None,
    ) -> None:
        """Write what the person says about one or several items; one undo takes it back.

        Args:
            items: their ids.
            do: on a desk of tags any of ``{"tag": name, "on": bool}``, ``{"done": True}``, ``{"wrong_label": label or
                ""}`` (None: it is right after all), ``{"comment": text}``, ``{"clear": True}`` (nothing was said after
                all), ``{"rename": old, "to": new}``; on a desk of labels ``{"label": label or ""}`` and
                ``{"comment": text}``.
            seconds: how long it was looked at.
            source: by which hand: ``page`` or ``terminal``.
            ticket: who did not hear whether an action was kept says it again with the same ticket: it counts once.

        Raises:
            UserError: an unknown item, a label that is none of ``labels`` (the nearest is named), a name that no tag
                can have.
            DlxError: the disk is full.
        """

    def undo(self, ticket: str | None = None) -> str | None:
        """Take this person's latest action back; the item it was about (the first of several), None without one."""

    def progress(self) -> Progress:
        """How far the person is."""


def hotkeys(names: Sequence[str]) -> dict[str, str]:
    """Name → key. Digits label themselves where all names are single digits; else keys follow the order of names.

    >>> hotkeys(["blurry", "great cat"]), hotkeys(["0", "7"])
    ({'blurry': '1', 'great cat': '2'}, {'0': '0', '7': '7'})
    """
    if names and all(len(name) == 1 and name.isdecimal() for name in names):
        return {name: name for name in names}
    return {name: HOTKEYS[i] if i < len(HOTKEYS) else "" for i, name in enumerate(names)}


def stamp(path: Path) -> tuple[int, int] | None:
    """Changes when the file does; None while there is no file."""
    try:
        facts = path.stat()
    except FileNotFoundError:
        return None
    return facts.st_mtime_ns, facts.st_size


def pace(times: Sequence[str]) -> float | None:
    """Median seconds between the first actions on successive examples, breaks left out; None before the third."""
    moments = [datetime.fromisoformat(time) for time in times]
    gaps = [(b - a).total_seconds() for a, b in itertools.pairwise(moments)]
    worked = [gap for gap in gaps if 0 < gap <= PAUSE]
    return statistics.median(worked) if len(worked) >= 2 else None
