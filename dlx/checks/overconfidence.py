"""Probabilities that promise more, or less, than the model keeps."""

from __future__ import annotations

from dlx.checks._common import matters, not_applicable, scored
from dlx.findings import Evidence, Finding

__all__ = ["check"]

#: Smaller differences between confidence and accuracy do not matter to most users.
_MATTERS = 0.03


def check(evidence: Evidence) -> Finding:
    """Reads the score ``overconfidence``: mean probability of the predicted class minus accuracy, on dev."""
    code = "overconfidence"
    row = next(
        (
            r
            for r in [scored(evidence, metric=code, split="dev", slice="all")]
            if r is not None and r["low"] is not None
        ),
        None,
    )
    if row is None:
        return not_applicable(code, "There are no probabilities.")
    facts = {k: row[k] for k in ("value", "low", "high", "n")}
    size = f"{100 * abs(row['value']):.2g} points"
    if min(abs(row["low"]), abs(row["high"])) < _MATTERS or row["low"] * row["high"] < 0:
        title = f"Confidence and accuracy differ by {size} on dev: probabilities can be taken at their word."
        return Finding(code, title, "passed", facts)
    if row["value"] > 0:
        title = f"The model is over-confident: its probabilities are {size} above its accuracy on dev."
        step = "Fit a temperature on dev before probabilities are used"
        step += "; more regularisation helps too." if matters(evidence, "variance") else "."
    else:
        title = f"The model is under-confident: its probabilities are {size} below its accuracy on dev."
        step = "Fit a temperature on dev before probabilities are used"
        step += "; longer training helps too." if matters(evidence, "avoidable_bias") else "."
    return Finding(code, title, "tip", facts, step)
