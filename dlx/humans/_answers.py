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

#: What people write who cannot tell.
_UNSURE = {"", "?", "cannot tell", "can't tell"}
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
    def form(self) -> str:
        """Of an answer, as a desk of labels knows it."""
        if self.task == "regression":
            return "number"
        return "one" if self.task == "classification" else "many" if self.labels else "text"

    @property
    def question(self) -> str:
        """What a person is asked."""
        if self.task == "regression":
            return "Which number is this?"
        if self.task == "multilabel":
            return "Which of these hold?" if self.labels else f"Which hold? A list of {self.size} zeros and ones."
        return "What is this?"

    def parse(self, text: Any, *, where: str | None = None) -> str:
        """The answer in the log's spelling; "" for "cannot tell".

        Raises:
            UserError: a label that the task does not know (the nearest is named), or no number.
        """
        word = text_of(text)
        if word.casefold() in _UNSURE:
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
        """Names in the order of the labels, or zeros and ones where labels have no names."""
        if word.casefold() in _NONE:
            return self._spelled([0] * self.size)
        if not word.startswith("["):
            return self._spelled(self._named([part.strip() for part in word.replace(";", ",").split(",")], where))
        try:
            given = json.loads(word)
        except ValueError:
            given = None
        if isinstance(given, list) and given and all(isinstance(v, str) for v in given):
            return self._spelled(self._named(given, where))
        if not isinstance(given, list) or len(given) != self.size or any(v not in (0, 1) for v in given):
            rule = f"the answer is a list of {self.size} zeros and ones"
            raise UserError(rule + (", or names of labels" if self.labels else ""), value=word, where=where)
        return self._spelled([int(v) for v in given])

    def _named(self, names: list[str], where: str | None) -> list[int]:
        found = [self._matcher.find(name) for name in names]
        for name, label in zip(names, found, strict=True):
            if label is None:
                raise unknown("label", name, self.labels, where=where)
        return [int(label in found) for label in self.labels]

    def _spelled(self, bits: list[int]) -> str:
        if not self.labels:
            return json.dumps(bits)
        return json.dumps([name for name, bit in zip(self.labels, bits, strict=True) if bit], ensure_ascii=False)

    def bits(self, label: str) -> list[int]:
        """An answer of several labels as zeros and ones."""
        given = json.loads(label)
        return [int(name in given) for name in self.labels] if self.labels else [int(v) for v in given]

    def normal(self, label: str) -> str | None:
        """An answer of the log in today's spelling; None where it no longer fits, as when classes have changed."""
        try:
            return self.parse(label)
        except UserError:
            return None

    def values(self, labels: list[str]) -> list:
        """Answers of the log as a column of the predictions table."""
        if self.task == "classification":
            return list(labels)
        return [float(label) if self.task == "regression" else self.bits(label) for label in labels]

    def error(self, y_true: Any, y_pred: list) -> tuple[np.ndarray, np.ndarray]:
        """``(error, size)`` by the task's own measure."""
        error, size = parts.load("tasks", self.task)().error(y_true, y_pred)
        return np.asarray(error, dtype=float), np.asarray(size, dtype=float)
