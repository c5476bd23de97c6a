"""Test error further above dev error than choosing the best of so many models explains."""

from __future__ import annotations

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
    from dlx.strategy.selection import optimism

    # models that err alike are less optimistic: an upper bound
    dev = ladder.rung("dev")
    bound = optimism(dev.error, dev.n_eff or dev.n, k)
    facts = {"gap": gap.value, "low": gap.low, "dev_evaluations": k, "optimism": bound}
    if gap.low <= bound:
        title = f"Choosing among {k} models on dev explains up to {points(ladder, bound)} of the dev → test gap."
        return Finding(code, title, "passed", facts)
    title = f"Test is {points(ladder, gap.value)} above dev, more than choosing among {k} models explains "
    title += f"({points(ladder, bound)}): test differs from dev."
    return Finding(code, title, "issue", facts, "Draw dev and test from the same shuffled data: `-s data.split=auto`.")
