"""Held-out error above train error on the same kind of data: the model does not generalise."""

from __future__ import annotations

from dlx.checks._common import gap_finding
from dlx.findings import Evidence, Finding

__all__ = ["check"]


def check(evidence: Evidence) -> Finding:
    """Rule P2: more data, then regularisation, then another architecture."""
    return gap_finding(
        evidence,
        "variance",
        missing="Variance needs a train error and one on held-out data of the same sources.",
        advice="Get more training data, or regularise: L2, dropout, augmentation.",
    )
