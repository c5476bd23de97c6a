"""Error analysis: from tagged errors to what each category could give, and whether the labels are worth mending."""

from __future__ import annotations

from dlx.analysis._analyze import analyze_errors
from dlx.analysis._likeliest import likeliest
from dlx.analysis._overview import overview
from dlx.analysis._result import ErrorAnalysis
from dlx.analysis._sampling import subject
from dlx.analysis._view import render

__all__ = ["ErrorAnalysis", "analyze_errors", "likeliest", "overview", "render", "subject"]
