"""Predictions that are too high, or too low, on average."""

from __future__ import annotations

from dlx.checks._common import level, not_applicable, scored
from dlx.findings import Evidence, Finding

__all__ = ["check"]

#: Smaller offsets, as a share of the dev error, are not worth a line.
_SHARE = 0.25


def check(evidence: Evidence) -> Finding:
    """Reads the score ``mean_signed_error`` on dev: prediction minus truth."""
    code = "systematic_offset"
    row = scored(evidence, metric="mean_signed_error", split="dev", slice="all")
    error = scored(evidence, metric="error", split="dev", slice="all")
    if row is None or error is None or evidence.ladder is None or row["low"] is None:
        return not_applicable(code, "This is for regression with dev rows.")
    facts = {k: row[k] for k in ("value", "low", "high", "n")}
    size = level(evidence.ladder, abs(row["value"])) if not evidence.ladder.bounded else f"{abs(row['value']):.3g}"
    if row["low"] <= 0 <= row["high"] or abs(row["value"]) < _SHARE * error["value"]:
        return Finding(code, f"Predictions are right on average, to within {size}.", "passed", facts)
    title = f"Predictions are {size} too {'high' if row['value'] > 0 else 'low'} on average on dev."
    step = "See whether dev differs from train in its target; a skewed target does better with `-s task.loss=mae`."
    return Finding(code, title, "tip", facts, step)
