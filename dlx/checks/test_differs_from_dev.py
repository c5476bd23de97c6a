"""Test error further above dev error than choosing the best of so many models explains."""

from __future__ import annotations

import math

from dlx.checks._common import count, not_applicable, points
from dlx.findings import Evidence, Finding

__all__ = ["check"]


def check(evidence: Evidence) -> Finding:
    """Only where the number of dev evaluations is known (``dev_evaluations`` in the data report)."""
    code = "test_differs_from_dev"
    ladder, k = evidence.ladder, count(evidence.data, "dev_evaluations")
    gap = ladder.gap("overfit_to_dev") if ladder else None
    if gap is None or gap.value is None or gap.low is None or not ladder.bounded:
        return not_applicable(code, "This needs dev and test errors with intervals.")
    if not k:
        return not_applicable(code, "How often dev was used to choose is not known.")
    dev = ladder.rung("dev")
    bound = optimism(dev.error, dev.n_eff or dev.n, k)
    facts = {"gap": gap.value, "low": gap.low, "dev_evaluations": k, "optimism": bound}
    if gap.low <= bound:
        title = f"Choosing among {k} models on dev explains up to {points(ladder, bound)} of the dev → test gap."
        return Finding(code, title, "passed", facts)
    title = f"Test is {points(ladder, gap.value)} above dev, more than choosing among {k} models explains "
    title += f"({points(ladder, bound)}): test differs from dev."
    return Finding(code, title, "issue", facts, "Draw dev and test from the same shuffled data: `-s data.split=auto`.")


def optimism(error: float, n: float, k: int) -> float:
    """Expected optimism of the best of k equal models: √(pq/n)·E[max of k normal draws], for models that err apart.

    Models that err alike are less optimistic, so that this is an upper bound (statistics 3.10 with φ = 0).
    """
    from scipy.special import ndtri

    if k < 2:
        return 0.0
    return math.sqrt(error * (1 - error) / n) * float(ndtri((k - 0.375) / (k + 0.25)))  # Blom's approximation
