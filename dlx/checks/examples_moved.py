"""Examples that changed their split since the run whose split was kept."""

from __future__ import annotations

from dlx.checks._common import count, not_applicable, plural
from dlx.findings import Evidence, Finding

__all__ = ["check"]


def check(evidence: Evidence) -> Finding:
    """Reads the data report; an example that moves from train to dev flatters the dev error of older models."""
    code = "examples_moved"
    n = count(evidence.data, "moved")
    if n is None:
        return not_applicable(code, "There is no earlier split to compare with.")
    if n == 0:
        return Finding(code, "No example changed its split.", "passed", {"n": 0})
    title = f"{plural(n, 'example')} changed {'its' if n == 1 else 'their'} split."
    return Finding(code, title, "tip", {"n": n}, "Keep the old split: `-s data.split=from:RUN`.")
