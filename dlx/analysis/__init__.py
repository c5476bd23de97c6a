"""Error analysis: from tagged errors to what each category could give, and whether the labels are worth mending."""

from __future__ import annotations

from dlx.analysis._analyze import analyze_errors, existing, newer
from dlx.analysis._result import ErrorAnalysis
from dlx.analysis._view import render

__all__ = ["ErrorAnalysis", "analyze_errors", "existing", "newer", "render"]
