"""Wrong labels: an order of review, an audit by people, whether mending is worth it, and corrections to lay over."""

from __future__ import annotations

from dlx.labelling._apply import corrections, write
from dlx.labelling._audit import Audit, draw, load, save
from dlx.labelling._judge import judge
from dlx.labelling._rank import Ranking, of_run, ranking
from dlx.labelling._result import SUMMARY, LabelErrorReport, summary, told_about_labels
from dlx.labelling._view import render
from dlx.labelling._votes import LOG, Decision, decide

__all__ = [
    "LOG",
    "SUMMARY",
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
    "told_about_labels",
    "write",
]
