"""Scores: every metric of every predictor, on every split and slice, with its interval, in one long table."""

from __future__ import annotations

from dlx.scores._paired import Difference, difference, paired
from dlx.scores._rung import rung
from dlx.scores._score import COLUMNS, score

__all__ = ["COLUMNS", "Difference", "difference", "paired", "rung", "score"]
