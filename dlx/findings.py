"""A finding is one row per check, always present; evidence is all that a check may look at."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import pandas as pd

    from dlx.predictions import Predictions
    from dlx.strategy.ladder import Ladder
    from dlx.strategy.verdict import Verdict

__all__ = ["Evidence", "Finding", "Status"]

Status = Literal["issue", "tip", "passed", "undecided", "not_applicable"]


@dataclass(frozen=True)
class Finding:
    """What one check found.

    Attributes:
        code: stable name, the check's file name.
        title: one sentence that says what was found, with numbers.
        status: ``issue`` (act on it), ``tip``, ``passed``, ``undecided`` (too little data) or ``not_applicable``.
        evidence: the numbers behind the title, JSON.
        next_step: what to do, as a command where one exists; empty when there is nothing to do.
    """

    code: str
    title: str
    status: Status
    evidence: dict[str, Any] = field(default_factory=dict)
    next_step: str = ""

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Evidence:
    """Everything a check may read; what is None was not measured, and the check is then not applicable.

    Attributes:
        predictions: the predictions table with its task.
        scores: the long scores table: predictor, metric, split, slice, value, low, high, n.
        ladder: rungs and gaps.
        verdict: the verdict on the ladder.
        recipe: the resolved recipe as plain data.
        history: one row per epoch: epoch, loss, val_loss, learning_rate …
        health: training health measured while fitting: dead_relu_share, gradient_norm, update_ratio by layer.
        data: the data report: sizes, duplicates, contradictions, set_aside, missing, moved.
        looks: how often the test set was looked at, over all runs; None when it was not.
        command: the command line of the run, such as ``dlx train digits``, to be completed with ``-s`` in next steps.
    """

    predictions: Predictions | None = None
    scores: pd.DataFrame | None = None
    ladder: Ladder | None = None
    verdict: Verdict | None = None
    recipe: dict[str, Any] | None = None
    history: pd.DataFrame | None = None
    health: dict[str, Any] | None = None
    data: dict[str, Any] | None = None
    looks: int | None = None
    command: str | None = None
