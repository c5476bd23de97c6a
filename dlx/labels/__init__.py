"""Wrong labels: an order of review, an audit by people, whether mending is worth it, and corrections to lay over."""

from __future__ import annotations

from dlx.labels._apply import corrections, write
from dlx.labels._audit import Audit, draw, load, save
from dlx.labels._judge import judge
from dlx.labels._rank import Ranking, of_run, ranking
from dlx.labels._result import LabelErrorReport, summary
from dlx.labels._view import render
from dlx.labels._votes import LOG, Decision, decide

__all__ = [
    "LOG",
    "Audit",
    "Decision",
    "LabelErrorReport",
    "Ranking",
    "corrections",
    "decide",
    "draw",
    "judge",
    "load",
    "of_run",
    "ranking",
    "render",
    "save",
    "summary",
    "write",
]
