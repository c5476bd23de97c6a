"""Error analysis: from tagged errors to what each category could give, and whether the labels are worth mending."""

from __future__ import annotations

from dlx.analysis._analyze import analyze_errors, existing, newer
from dlx.analysis._likeliest import label_names, likeliest
from dlx.analysis._overview import overview
from dlx.analysis._result import ErrorAnalysis
from dlx.analysis._sampling import subject
from dlx.analysis._view import render

__all__ = [
    "ErrorAnalysis",
    "analyze_errors",
    "existing",
    "label_names",
    "likeliest",
    "newer",
    "overview",
    "render",
    "subject",
]
