"""True and predicted labels have no class in common: two codings of the same classes."""

from __future__ import annotations

from dlx.checks._common import not_applicable
from dlx.checks._rows import class_counts, model_rows
from dlx.findings import Evidence, Finding

__all__ = ["check"]


def check(evidence: Evidence) -> Finding:
    """A table with names on one side and numbers on the other is the usual cause."""
    code = "labels_do_not_match"
    rows = model_rows(evidence)
    if rows is None or evidence.predictions.task != "classification":
        return not_applicable(code, "This is for classes.")
    names, true, pred = class_counts(rows)
    _, anywhere, _ = class_counts(evidence.predictions.table)
    both = [name for name, t, p in zip(names, anywhere, pred, strict=True) if t and p]
    facts = {
        "y_true": [name for name, t in zip(names, true, strict=True) if t][:10],
        "y_pred": [name for name, p in zip(names, pred, strict=True) if p][:10],
    }
    if both:
        return Finding(code, "True and predicted labels use the same names.", "passed", facts)
    title = f"No prediction is a class that occurs: y_true holds {', '.join(facts['y_true'][:3])}, y_pred holds "
    title += f"{', '.join(facts['y_pred'][:3])}."
    return Finding(code, title, "issue", facts, "Write both columns with the same names of the classes.")
