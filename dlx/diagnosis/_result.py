"""The result of a diagnosis: a frozen record with tables inside."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any

from dlx.findings import Finding
from dlx.predictions import Predictions
from dlx.strategy.ladder import Action, Ladder

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ORDER", "Diagnosis"]

#: How findings are listed.
ORDER = ("issue", "undecided", "tip", "passed", "not_applicable")


@dataclass(frozen=True)
class Diagnosis:
    """What dlx makes of predictions.

    Attributes:
        note: the task and how it was decided, and what else was assumed.
        predictions: the table, checked.
        predictor: whose errors are the rungs.
        scores: predictor, metric, split, slice, value, low, high, n.
        ladder: rungs, gaps, verdict and actions, in the error form of the metric.
        findings: one per check: issues first, then undecided ones, tips, passed and not applicable ones.
        baseline: the dev error of a constant guess: value, low, high, n, and where it comes from; None where unknown.
        run: id of the run, None for a foreign table.
        annotations: which votes of people were read: log, digest, groups, people, votes, examples; None without any.
    """

    note: str
    predictions: Predictions
    predictor: str
    scores: pd.DataFrame = field(repr=False)
    ladder: Ladder
    findings: tuple[Finding, ...]
    baseline: dict[str, Any] | None = None
    run: str | None = None
    annotations: dict[str, Any] | None = None

    @property
    def verdict(self):
        """What the ladder says."""
        return self.ladder.verdict

    @property
    def actions(self) -> tuple[Action, ...]:
        """What to do next, the first one first."""
        return self.ladder.actions

    def finding(self, code: str) -> Finding:
        """The finding of one check.

        Raises:
            KeyError: no such check.
        """
        for finding in self.findings:
            if finding.code == code:
                return finding
        raise KeyError(code)

    def to_dict(self) -> dict[str, Any]:
        """JSON data: rungs, gaps, verdict, findings, actions, metric, unit, bounded, human, baseline, task, note …"""
        told = {"task": self.predictions.task, "note": self.note, "predictor": self.predictor, "run": self.run}
        findings = [finding.to_dict() for finding in self.findings]
        return (
            told
            | self.ladder.to_dict()
            | {
                "findings": findings,
                "baseline": self.baseline,
                "annotations": self.annotations,
            }
        )

    def _repr_html_(self) -> str:
        listed = "".join(
            f"<li><b>{escape(f.status)}</b> {escape(f.title)} <code>{escape(f.next_step)}</code></li>"
            for f in self.findings
            if f.status in ORDER[:3]
        )
        return f"<p>{escape(self.note)}</p>{self.ladder._repr_html_()}<ul>{listed}</ul>"
