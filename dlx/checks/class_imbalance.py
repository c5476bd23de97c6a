"""Classes of very different size: the error says little about the rare ones."""

from __future__ import annotations

from dlx.checks._common import not_applicable
from dlx.checks._rows import class_counts, model_rows
from dlx.findings import Evidence, Finding

__all__ = ["check"]

#: The largest class is this many times the smallest.
_RATIO = 10


def check(evidence: Evidence) -> Finding:
    """Then a metric that counts classes alike tells more (rule P19)."""
    code = "class_imbalance"
    rows = model_rows(evidence)
    if rows is None or evidence.predictions.task != "classification":
        return not_applicable(code, "This is for classes.")
    names, true, _ = class_counts(rows)
    present = {name: int(t) for name, t in zip(names, true, strict=True) if t}
    if len(present) < 2:
        return not_applicable(code, "Dev holds one class only.")
    rare, common = min(present, key=present.get), max(present, key=present.get)
    facts = {"smallest": {rare: present[rare]}, "largest": {common: present[common]}}
    sizes = f"{common!r} has {present[common]:,} dev examples, {rare!r} {present[rare]:,}"
    if present[common] < _RATIO * present[rare]:
        return Finding(code, f"Classes are of similar size: {sizes}.", "passed", facts)
    metric = ((evidence.recipe or {}).get("goal") or {}).get(
        "optimize", evidence.ladder.metric if evidence.ladder else ""
    )
    if metric in ("balanced_accuracy", "f1", "auc", "average_error"):
        return Finding(code, f"Classes differ in size ({sizes}), and {metric} allows for it.", "passed", facts)
    where = "`-s goal.optimize=balanced_accuracy`" if evidence.recipe is not None else "`--metric balanced_accuracy`"
    step = f"Judge by a metric that counts classes alike: {where}."
    return Finding(code, f"Classes differ much in size: {sizes}.", "tip", facts, step)
