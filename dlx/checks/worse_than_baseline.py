"""Dev error no better than that of a constant guess: nothing else matters before this."""

from __future__ import annotations

from dlx.checks._common import level, not_applicable, points, scored
from dlx.findings import Evidence, Finding

__all__ = ["check"]


def check(evidence: Evidence) -> Finding:
    """Reads the scores: the baseline's dev error and the paired difference ``error_minus_baseline``."""
    code = "worse_than_baseline"
    baseline = scored(evidence, predictor="baseline", metric="error", split="dev", slice="all")
    difference = scored(evidence, metric="error_minus_baseline", split="dev", slice="all")
    if baseline is None or difference is None or evidence.ladder is None:
        return not_applicable(code, "There is no baseline on dev to compare with.")
    ladder = evidence.ladder
    model = scored(evidence, predictor=difference["predictor"], metric="error", split="dev", slice="all")
    if model is None:
        return not_applicable(code, "The model has no dev error.")
    own, trivial = level(ladder, model["value"]), level(ladder, baseline["value"])
    keys = ("value", "low", "high", "n")
    facts = {"model": model["value"], "baseline": baseline["value"], "difference": {k: difference[k] for k in keys}}
    if difference["value"] >= 0:
        title = f"The model is no better than a constant guess: {own} on dev against {trivial}."
        step = "Look for a fault first: labels that do not belong to their inputs, a learning rate that is far off, "
        return Finding(code, title, "issue", facts, step + "inputs that are all alike, a loss that does not fall.")
    gain = points(ladder, -difference["value"])
    if difference["high"] is not None and difference["high"] >= 0:
        title = f"The model's {own} on dev is not shown to be better than a constant guess ({trivial})."
        return Finding(code, title, "undecided", facts, "Get more dev examples, or a better model, before any tuning.")
    return Finding(
        code, f"The model beats a constant guess by {gain} on dev ({own} against {trivial}).", "passed", facts
    )
