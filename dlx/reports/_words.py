"""Sentences of the report: the verdict as a headline, and text with commands in it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import Any

from markupsafe import Markup, escape

from dlx.reports._numbers import count, known
from dlx.strategy.rungs import TITLES
from dlx.strategy.words import capital, listed

__all__ = ["headline", "is_command", "meaning", "prose", "quiet_summary", "status_word"]

_STATUS = {
    "decided": "Decided",
    "tie": "Two matter alike",
    "undecided": "Undecided",
    "undetermined": "Cannot be determined",
    "need_train_dev": "Something is missing",
    "good_enough": "Good enough",
}
_MEANING = {
    "avoidable_bias": "The model does not yet fit even its own training data as well as it should.",
    "variance": "The model fits what it was trained on, but not unseen data of the same kind.",
    "data_mismatch": "The model copes with unseen data like its training data, but not with the data that matters.",
    "overfit_to_dev": "The model does worse on the test set than on the dev set it was chosen on.",
}
_COMMAND = re.compile(r"^(dlx|mlflow|pip|make) \S")
_SPACE = re.compile(r"(?<=\d) (?=%)")  # a number and its per cent sign stay on one line
_QUOTED = re.compile(r"`([^`\n]+)`")


def status_word(verdict: Mapping[str, Any]) -> str:
    """The verdict's status as people say it."""
    status = str(verdict.get("status") or "")
    return _STATUS.get(status, status.replace("_", " ").capitalize() or "No verdict")


def headline(verdict: Mapping[str, Any], gaps: Sequence[Mapping[str, Any]]) -> str:
    """The verdict in one short sentence."""
    status = verdict.get("status")
    focus = [TITLES.get(name, str(name)) for name in verdict.get("focus") or ()]
    both = listed(focus) if focus else ""
    if status == "decided" and focus:
        if not any(gap.get("flagged") for gap in gaps):
            return f"No gap stands out; the largest is {both}."
        return f"Work on {both} first."
    if status == "tie" and focus:
        return f"{capital(both)} {'both' if len(focus) == 2 else 'all'} matter; begin with {focus[0]}."
    if status == "undecided":
        needed = verdict.get("n_needed")
        if known(needed):
            return f"Too close to call: about {count(needed)} dev examples would decide."
        return "Too close to call, and more data would not separate the gaps."
    if status == "need_train_dev":
        return "A train-dev set is needed to tell variance from data mismatch."
    if status == "good_enough":
        return "Good enough: nothing here needs work."
    if status == "undetermined":
        return "The ladder cannot say what to work on."
    return "There is no verdict."


def meaning(verdict: Mapping[str, Any]) -> str:
    """What the first gap of the verdict means, for readers new to the ladder."""
    focus = verdict.get("focus") or ()
    if verdict.get("status") not in ("decided", "tie") or not focus:
        return ""
    return _MEANING.get(focus[0], "")


def is_command(text: str) -> bool:
    """Whether the whole text is a command line to copy."""
    return bool(_COMMAND.match(text)) and "`" not in text and "\n" not in text and not text.rstrip().endswith(".")


def prose(text: Any) -> Markup:
    """User text, escaped, with what stands between backticks set as code."""
    parts = _QUOTED.split(str(text or ""))
    said = [escape(_SPACE.sub("\N{NO-BREAK SPACE}", part)) for part in parts[::2]]
    code = [Markup("<code>{}</code>").format(part) for part in parts[1::2]]
    return Markup("").join(piece for pair in zip_longest(said, code, fillvalue=Markup("")) for piece in pair)


def quiet_summary(findings: Sequence[Mapping[str, Any]]) -> str:
    """How many checks passed, and how many do not apply."""
    passed = sum(1 for finding in findings if finding["status"] == "passed")
    rest = len(findings) - passed
    said = [f"{passed} check{'' if passed == 1 else 's'} passed"] if passed else []
    said += [f"{rest} {'does' if rest == 1 else 'do'} not apply"] if rest else []
    return ", ".join(said)
