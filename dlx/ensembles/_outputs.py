"""From rows to outputs that can be averaged, and from an average back to rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dlx import parts, predictions
from dlx.errors import UserError
from dlx.predictions import Predictions

if TYPE_CHECKING:
    from dlx.tasks._base import Targets, Task

__all__ = ["Scoring", "outputs"]

_UNITS = ("id", "source", "group", "weight", "size", "y_true")


def outputs(rows: pd.DataFrame, classes: Sequence[str], *, name: str) -> np.ndarray:
    """What a model said about each row, as numbers: (n, classes) probabilities, or (n, 1) numbers of a regression.

    Args:
        rows: of one predictor, as :func:`dlx.predictions.read` gives them.
        classes: the classes or labels, in the order of the columns wanted.
        name: of the model, for messages.

    Raises:
        UserError: answers without probabilities.
    """
    columns = [f"proba_{each}" for each in classes]
    if columns and all(column in rows and rows[column].notna().all() for column in columns):
        return rows[columns].to_numpy("float64")
    if not columns and pd.api.types.is_float_dtype(rows["y_pred"]):
        return rows["y_pred"].to_numpy("float64")[:, None]
    missing = [column for column in columns if column not in rows]
    told = f"{', '.join(missing[:3])}{' …' if len(missing) > 3 else ''}" if missing else "some are empty"
    raise UserError(
        f"an average needs probabilities, and these are answers only ({told})" if columns else "nothing to average",
        where=name,
        hint="Write a column proba_<class> for each class; dlx's own runs have them.",
    )


@dataclass(frozen=True)
class Scoring:
    """How outputs become scored rows of dev.

    Attributes:
        task: the task of all members.
        kind: its name.
        classes: classes or labels in the order of the outputs; empty for regression.
        units: (n rows) id, source, group, weight, size, y_true and the user's columns of what is scored.
        better: rows of the task → a number, larger for better, by which what is left open is chosen on dev (a
            threshold); None where nothing is.
    """

    task: Task
    kind: str
    classes: tuple[str, ...]
    units: pd.DataFrame
    better: Callable[[pd.DataFrame], float] | None = None

    @staticmethod
    def of(found: Predictions, rows: pd.DataFrame, settings: dict[str, Any] | None) -> Scoring:
        """The scoring of members that judge the same rows.

        Args:
            found: the first member's table.
            rows: its dev rows, those that all members judge.
            settings: the recipe's ``task``; None for a table of another framework.

        Raises:
            UserError: a task whose outputs are no numbers that an average could be taken of.
        """
        arguments = dict(settings or {"name": found.task})
        kind = arguments.pop("name")
        if found.task == "own":
            hint = "Predictions need y_true, y_pred and proba_<class>; or say the task: --task NAME."
            raise UserError("errors alone cannot be averaged into answers", value=found.task, where="task", hint=hint)
        kept = [*_UNITS, *[name for name in rows if str(name).startswith("meta_")]]
        units = rows[[name for name in kept if name in rows]].reset_index(drop=True)
        if isinstance(units["y_true"].dtype, pd.CategoricalDtype):
            units = units.assign(y_true=units["y_true"].astype(object))
            unknown = set(units["y_true"]) - set(found.classes)
            if unknown:
                raise UserError("a label without a column of probabilities", value=sorted(unknown)[0], where="y_true")
        return Scoring(parts.load("tasks", kind)(**arguments), kind, found.classes, units)

    def targets(self) -> Targets:
        """What decoding needs, with a threshold that is not chosen yet."""
        threshold = getattr(self.task, "threshold", 0.5)
        threshold = 0.5 if threshold == "auto" else threshold
        if self.kind == "multilabel":
            return {"label_names": list(self.classes), "threshold": threshold}
        return {"classes": list(self.classes), "threshold": threshold} if self.classes else {}

    def tuned(self, said: np.ndarray) -> Targets:
        """The same with the threshold chosen on these rows, where the recipe leaves it open."""
        if self.better is None:
            return self.targets()
        return self.task.tune(self.targets(), self.units, said, self.better)

    def bare(self, said: np.ndarray, targets: Targets | None = None) -> pd.DataFrame:
        """Scored rows in the task's own form; ``targets`` decide the threshold, else it is chosen on these rows.

        Args:
            said: (n, classes) or (n, 1) outputs, in the order of ``units``.
            targets: from :meth:`targets` or :meth:`tuned`.
        """
        return self.task.rows(self.units, said, self.tuned(said) if targets is None else targets)

    def measured(self, said: np.ndarray, targets: Targets) -> pd.DataFrame:
        """Scored rows with a column ``proba_<class>`` for each class, as metrics read them; not checked."""
        rows = self.bare(said, targets)
        if "proba" not in rows or not self.classes:
            return rows
        made = pd.DataFrame(said, columns=[f"proba_{each}" for each in self.classes], index=rows.index)
        return pd.concat([rows.drop(columns="proba"), made], axis=1)

    def rows(self, name: str, said: np.ndarray) -> pd.DataFrame:
        """Scored rows as a predictions table has them, checked."""
        made = self.bare(said).assign(predictor=name, split="dev")
        return predictions.read(made, self.kind, classes=self.classes).table

    def deciding_by(self, better: Callable[[pd.DataFrame], float]) -> Scoring:
        """The same, with what a threshold is chosen by."""
        return replace(self, better=better)
