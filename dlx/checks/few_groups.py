"""Few groups of dependent rows: intervals rest on few independent pieces of evidence."""

from __future__ import annotations

from dlx.checks._common import not_applicable
from dlx.findings import Evidence, Finding

__all__ = ["check"]

#: Below this, even the t interval over groups is rough (statistics 3.1).
_FEW = 10


def check(evidence: Evidence) -> Finding:
    """Rows of one patient, speaker or video tell less than as many rows of different ones."""
    code = "few_groups"
    rungs = [rung for rung in evidence.ladder.rungs if rung.groups is not None] if evidence.ladder else []
    if not rungs:
        return not_applicable(code, "No rows share a group.")
    facts = {r.name: {"groups": r.groups, "rows": r.n, "design_effect": r.design_effect} for r in rungs}
    fewest = min(rungs, key=lambda rung: rung.groups)
    effect = f"; the design effect is {fewest.design_effect:.3g}" if fewest.design_effect is not None else ""
    what = f"{fewest.groups} groups behind {fewest.n:,} rows of {fewest.name}{effect}"
    if fewest.groups < _FEW:
        step = "Collect more groups (patients, speakers, videos) rather than more rows of the same ones."
        return Finding(code, f"Only {what}: its interval is wide and rough.", "tip", facts, step)
    return Finding(code, f"At least {what}.", "passed", facts)
