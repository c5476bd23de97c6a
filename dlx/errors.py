"""The errors dlx raises on purpose: one clear message each, with rule, value, place and remedy."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

__all__ = ["DlxError", "UserError", "all_faults", "nearest", "unknown"]


class DlxError(Exception):
    """A failure that dlx understands (exit code 1); anything else is a bug and keeps its traceback.

    Args:
        rule: what must hold, as a sentence without its full stop.
        value: the value received, shown with ``repr`` unless it is text made for reading.
        where: file, recipe key, row or run in which it was found.
        hint: what to do next.
    """

    exit_code = 1

    def __init__(self, rule: str, *, value: object = None, where: str | None = None, hint: str | None = None):
        self.rule, self.value, self.where, self.hint = rule, value, where, hint
        super().__init__(rule)

    def __str__(self) -> str:
        message = self.rule
        if self.value is not None:
            message += f" (got {_short(repr(self.value))})"
        if self.where:
            # a rule that quotes another message ends with that one's hint: the place then stands in front
            closed = message.endswith((".", "?"))
            message = f"{self.where}: {message}" if closed else f"{message}, in {self.where}"
        return f"{message.removesuffix('.')}. {self.hint}" if self.hint else message

    def __reduce__(self):  # keyword-only arguments survive a process boundary
        return _rebuild, (type(self), self.rule, self.value, self.where, self.hint)


class UserError(DlxError):
    """The user's input is at fault and the user can mend it (exit code 2)."""

    exit_code = 2


def _short(text: str, length: int = 300) -> str:
    """A message stays readable whatever was received: the middle of a long value is left out."""
    return text if len(text) <= length else f"{text[: length - 60]} … {text[-40:]}"


def _rebuild(cls, rule, value, where, hint):
    return cls(rule, value=value, where=where, hint=hint)


def nearest(word: str, choices: Iterable[str]) -> str | None:
    """Return the choice most like ``word``, or None when nothing is close.

    >>> nearest("learning_rat", ["learning_rate", "epochs"])
    'learning_rate'
    """
    found = difflib.get_close_matches(str(word), [str(choice) for choice in choices], n=1, cutoff=0.6)
    return found[0] if found else None


def unknown(kind: str, word: str, choices: Iterable[str], *, where: str | None = None) -> UserError:
    """The error for a name that is not among the choices: names the nearest one, or all of them."""
    choices = sorted(str(choice) for choice in choices)
    close = nearest(word, choices)
    hint = f"Did you mean {close!r}?" if close else f"Choose one of: {', '.join(choices) or 'none here'}."
    return UserError(f"unknown {kind}", value=word, where=where, hint=hint)


def all_faults(faults: list[str], *, where: str) -> UserError:
    """One error that lists every fault found, so that a user mends them in one go."""
    if len(faults) == 1:
        return UserError(faults[0], where=where)
    listed = "\n".join(f"  - {fault}" for fault in faults)
    return UserError(f"{len(faults)} faults in {where}:\n{listed}")
