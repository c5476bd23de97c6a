"""Errors below the human figure: where to go next can no longer be read off the ladder."""

from __future__ import annotations

from dlx.checks._common import level, not_applicable, scored
from dlx.findings import Evidence, Finding

__all__ = ["check"]


def check(evidence: Evidence) -> Finding:
    """Rule P11: labels by people, their reasons, and bias against variance help less from here on."""
    code = "beyond_human_level"
    ladder = evidence.ladder
    human = ladder.rung("human") if ladder else None
    if ladder is None or human is None or human.basis == "assumed":
        return not_applicable(code, "There is no human figure to be beyond of.")
    train, dev = ladder.rung("train"), ladder.rung("dev")
    facts = {r.name: r.error for r in (human, train, dev) if r is not None}
    paired = scored(evidence, metric=f"error_minus_human:{human.source.partition(':')[0]}", split="dev", slice="all")
    if paired is not None:
        facts["dev_minus_human"] = {k: paired[k] for k in ("value", "low", "high", "n")}
    below = [f"{r.name} ({level(ladder, r.error)})" for r in (train, dev) if r is not None and r.error < human.error]
    if not below:
        return Finding(code, f"No error is below the human figure of {level(ladder, human.error)}.", "passed", facts)
    title = (
        f"{' and '.join(below).capitalize()} below the human figure of {level(ladder, human.error)}: beyond it, the "
    )
    title += "ladder tells the direction less well."
    step = "Find a better human figure (more labellers, experts, a panel), or go by the goal's target instead."
    return Finding(code, title, "tip", facts, step)
