"""Equal content with different labels: no model can be right on both."""

from __future__ import annotations

from dlx.checks._common import count, not_applicable, plural
from dlx.findings import Evidence, Finding

__all__ = ["check"]


def check(evidence: Evidence) -> Finding:
    """Reads the data report; one in a hundred examples or more is an issue, fewer a tip."""
    code = "contradictory_labels"
    n = count(evidence.data, code)
    if n is None:
        return not_applicable(code, "The labels of equal examples were not compared.")
    total = count(evidence.data, "sizes")
    facts = {"n": n, "of": total}
    if n == 0:
        return Finding(code, "Equal inputs have equal labels.", "passed", facts)
    share = f" ({100 * n / total:.2g} % of all)" if total else ""
    title = f"{plural(n, 'input has', 'inputs have')} copies with different labels{share}: errors no model can avoid."
    status = "issue" if total and n >= 0.01 * total else "tip"
    return Finding(code, title, status, facts, "Decide which labels are right; `dlx data` lists them.")
