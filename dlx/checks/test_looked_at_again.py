"""A test set that is looked at more than once is no test set any more."""

from __future__ import annotations

from dlx.checks._common import not_applicable
from dlx.findings import Evidence, Finding

__all__ = ["check"]


def check(evidence: Evidence) -> Finding:
    """Counts the looks at this test set over all runs (statistics 3.10)."""
    code = "test_looked_at_again"
    if not evidence.looks:
        return not_applicable(code, "The test set was not looked at.")
    facts = {"looks": evidence.looks}
    if evidence.looks == 1:
        return Finding(code, "This was the first look at the test set.", "passed", facts)
    title = f"The test set was looked at {evidence.looks} times: its error is no longer unbiased."
    return Finding(code, title, "issue", facts, "Choose on dev, and get a new test set before the next claim.")
