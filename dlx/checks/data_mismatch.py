"""Dev error above train-dev error: the data that matters differs from the training data."""

from __future__ import annotations

from dlx.checks._common import gap_finding
from dlx.findings import Evidence, Finding

__all__ = ["check"]


def check(evidence: Evidence) -> Finding:
    """Rule P6: look at dev errors by hand, make train similar or collect such data, synthesise."""
    return gap_finding(
        evidence,
        "data_mismatch",
        missing="Data mismatch needs a train-dev set and a dev set.",
        advice="Look at dev errors to learn how dev differs, then make train more like it or collect such data.",
    )
