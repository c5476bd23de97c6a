"""What people type into cells: yes in many spellings, labels changed by a spreadsheet, text that is no formula."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from typing import Any

from dlx.tagging.names import FIELDS, RESERVED, clean, key

__all__ = ["FORMULA", "Matcher", "column_of", "guarded", "id_column", "is_yes", "number_of", "text_of", "unguarded"]

_YES = {
    "x", "1", "yes", "y", "true", "t", "on", "ok", "✓", "✔", "☑", "✅", "☒", "*", "•", "wahr", "ja", "j", "vrai", "oui",
    "vero", "sì", "verdadero", "sí", "si", "s", "verdadeiro", "sim", "waar", "sant", "tosi", "prawda", "tak",
    "да", "истина",
}  # fmt: skip
_NO = {
    "", "0", "no", "n", "false", "f", "off", "-", "–", "—", "☐", "falsch", "nein", "faux", "non", "falso", "onwaar",
    "nee", "nej", "epätosi", "fałsz", "nie", "нет", "ложь", "não",
}  # fmt: skip
#: With these a spreadsheet program begins a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_NUMBER = re.compile(r"-?\d+([.,]\d+)?([eE][+-]?\d+)?")
_ALIASES = {
    "reviewed": ("reviewed", "seen", "done"),
    "incorrectly_labelled": (
        "incorrectly labelled", "incorrectly labeled", "mislabelled", "mislabeled", "wrong label", "label wrong",
        "label error", "incorrect label",
    ),
    "correct_label": ("correct label", "right label", "corrected label", "new label"),
    "comment": ("comment", "comments", "note", "notes", "remark", "remarks"),
}  # fmt: skip
_IDS = (
    "id", "example", "example id", "image id", "image name", "file name", "sample id",
    "image", "key", "file", "filename", "name", "path",
)  # fmt: skip
#: These describe an example even where another column holds the ids; the others may be tags then.
_SURELY_IDS = _IDS[:7]


def text_of(value: Any) -> str:
    """A cell's value as text: whole numbers without a fraction, nothing as empty text."""
    if value is None:
        return ""
    if isinstance(value, float) and math.isfinite(value) and value == int(value) and abs(value) < 1e15:
        value = int(value)
    return clean(value)


def is_yes(value: Any) -> bool | None:
    """Whether a cell is ticked: ``x``, ``1``, ``yes``, ``TRUE``, ``✓`` and the like in many languages; None: neither.

    >>> is_yes("x"), is_yes("1,0"), is_yes(""), is_yes("maybe")
    (True, True, False, None)
    """
    if isinstance(value, bool):
        return value
    text = text_of(value).casefold()
    if text in _YES:
        return True
    if text in _NO:
        return False
    return {1.0: True, 0.0: False}.get(number_of(text))  # type: ignore[arg-type]


def number_of(text: str) -> float | None:
    """A number as any locale writes it; None where the text is none."""
    if not _NUMBER.fullmatch(text):
        return None
    number = float(text.replace(",", "."))
    return number if math.isfinite(number) else None


def guarded(text: str) -> str:
    """Text that no spreadsheet takes for a formula, for CSV: an apostrophe goes before what could be one.

    >>> guarded("=cmd|' /C calc'!A0"), guarded("-1.5"), guarded("plain")
    ("'=cmd|' /C calc'!A0", '-1.5', 'plain')
    """
    risky = text.startswith(FORMULA) and not _NUMBER.fullmatch(text)
    return f"'{text}" if risky or text.startswith("'") else text


def unguarded(text: str) -> str:
    """The text before :func:`guarded`; other text is left alone."""
    return text[1:] if text.startswith("'") and text[1:].startswith((*FORMULA, "'")) else text


def id_column(headers: Sequence[str]) -> int | None:
    """Which column holds the ids; None where none looks like it."""
    keys = [key(header) for header in headers]
    return next((keys.index(name) for name in _IDS if name in keys), None)


def column_of(header: str) -> str | None:
    """What a column is: a field of a review, ``tag``, ``export``, or None for one that only describes the example."""
    word = key(header)
    field = next((name for name in FIELDS if word in _ALIASES[name]), None)
    if field or word == "export":
        return field or word
    described = word in {key(name) for name in RESERVED} or word.startswith(("meta ", "proba "))
    return None if described or word in _SURELY_IDS else "tag"


class Matcher:
    """Finds the word meant among known ones, though a spreadsheet made ``007`` a 7 or ``1e5`` a 100000.

    Args:
        known: the words.
        fold: whether capitals matter no more than spaces.
    """

    def __init__(self, known: Iterable[str], *, fold: bool = False):
        self.known = set(known)
        self._cleaned: dict[str, list[str]] = {}
        self._folded: dict[str, list[str]] = {}
        self._numbers: dict[float, list[str]] = {}
        for word in self.known:
            if (kept := clean(word)) != word:  # blanks at its ends or control characters: no cell holds them
                self._cleaned.setdefault(kept, []).append(word)
            if fold:
                self._folded.setdefault(key(word), []).append(word)
            number = number_of(word)
            if number is not None:
                self._numbers.setdefault(number, []).append(word)

    def find(self, text: str) -> str | None:
        """The known word; None where there is none, or several could be meant."""
        if text in self.known:
            return text
        number = number_of(text)
        by_number = None if number is None else self._numbers.get(number)
        for found in (self._cleaned.get(text), self._folded.get(key(text)), by_number):
            if found and len(found) == 1:
                return found[0]
        return None
