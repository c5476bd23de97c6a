"""Test error above dev error: choices were fitted to the dev set."""

from __future__ import annotations

from dlx.checks._common import gap_finding
from dlx.findings import Evidence, Finding

__all__ = ["check"]


def check(evidence: Evidence) -> Finding:
    """Rule P7: a bigger dev set."""
    return gap_finding(
        evidence,
        "overfit_to_dev",
        missing="Overfitting to the dev set shows only with a test error.",
        advice="Get a bigger dev set.",
    )
