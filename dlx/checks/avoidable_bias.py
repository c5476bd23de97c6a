"""Train error above human level: the model does not fit its own training data."""

from __future__ import annotations

from dlx.checks._common import gap_finding
from dlx.findings import Evidence, Finding

__all__ = ["check"]


def check(evidence: Evidence) -> Finding:
    """Rule P1: a bigger network, longer training, a better optimiser, another architecture."""
    return gap_finding(
        evidence,
        "avoidable_bias",
        missing="Avoidable bias needs a train error and a human figure.",
        advice="Try a bigger network, then longer training, then a better optimiser.",
    )
