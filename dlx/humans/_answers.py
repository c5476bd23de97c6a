"""What may be answered: a class, a number, or several labels; checked, and in one spelling each for the log."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from dlx import parts
from dlx.errors import UserError, unknown
from dlx.tagging.cells import Matcher, text_of

__all__ = ["Answers"]

_NONE = {"none", "nothing", "-", "–", "[]", "no label"}


@dataclass(frozen=True)
class Answers:
    """The answers that fit a task.

    Attributes:
        task: ``classification``, ``regression`` or ``multilabel``.
        labels: the classes; for several labels their names, empty where they have none.
        size: how many labels an example has, for multilabel.
    """

    task: str
    labels: tuple[str, ...] = ()
    size: int = 0
    _matcher: Matcher = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.task not in ("classification", "regression", "multilabel"):
            raise UserError(
                "people's answers are scored for classes, several labels and numbers", value=self.task,
                hint="Put people's rows with their error into the table: predictor human:<group>.",
            )  # fmt: skip
        object.__setattr__(self, "_matcher", Matcher(self.labels, fold=True))

    @property
    def choices(self) -> tuple[str, ...]:
        """Labels of which one is chosen; empty where the answer is typed."""
        return self.labels if self.task == "classification" else ()

    @property
    def question(self) -> str:
        """What a person is asked."""
        if self.task == "regression":
            return "Which number is this?"
        if self.task == "multilabel":
            names = ", ".join(self.labels) or f"a list of {self.size} zeros and ones"
            return f"Which of these hold: {names}? (with commas between; none)"
        return "What is this?"

    def parse(self, text: Any, *, where: str | None = None) -> str:
        """The answer in the log's spelling; "" for "cannot tell".

        Raises:
            UserError: a label that the task does not know (the nearest is named), or no number.
        """
        word = text_of(text)
        if not word:
            return ""
        if self.task == "classification":
            found = self._matcher.find(word)
            if found is None:
                raise unknown("label", word, self.labels, where=where)
            return found
        return self._number(word, where) if self.task == "regression" else self._several(word, where)

    def _number(self, word: str, where: str | None) -> str:
        try:
            number = float(word.replace(",", "."))
        except ValueError:
            number = math.nan
        if not math.isfinite(number):
            raise UserError("the answer is a number", value=word, where=where)
        return f"{number:.12g}"

    def _several(self, word: str, where: str | None) -> str:
        if word.casefold() in _NONE:
            return json.dumps([0] * self.size)
        if word.startswith("["):
            try:
                given = json.loads(word)
            except ValueError:
                given = None
            if not isinstance(given, list) or len(given) != self.size or any(v not in (0, 1) for v in given):
                raise UserError(f"the answer is a list of {self.size} zeros and ones", value=word, where=where)
            return json.dumps([int(v) for v in given])
        named = set()
        for part in word.replace(";", ",").split(","):
            found = self._matcher.find(part.strip())
            if found is None:
                raise unknown("label", part.strip(), self.labels, where=where)
            named.add(found)
        return json.dumps([int(name in named) for name in self.labels])

    def known(self, label: str) -> bool:
        """Whether an answer of the log still fits the task: its classes may have changed since."""
        try:
            return self.parse(label) == label
        except UserError:
            return False

    def values(self, labels: list[str]) -> list:
        """Answers of the log as a column of the predictions table."""
        if self.task == "classification":
            return list(labels)
        return [float(label) if self.task == "regression" else json.loads(label) for label in labels]

    def error(self, y_true: Any, y_pred: list) -> tuple[np.ndarray, np.ndarray]:
        """``(error, size)`` by the task's own measure."""
        error, size = parts.load("tasks", self.task)().error(y_true, y_pred)
        return np.asarray(error, dtype=float), np.asarray(size, dtype=float)
