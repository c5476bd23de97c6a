"""Classes that occur in dev and are never predicted."""

from __future__ import annotations

from dlx.checks._common import change, not_applicable, plural
from dlx.checks._rows import class_counts, model_rows
from dlx.findings import Evidence, Finding

__all__ = ["check"]

#: A class with fewer members may be missed by chance.
_MEMBERS = 5


def check(evidence: Evidence) -> Finding:
    """Most often rare classes, or a model that says one class only."""
    code = "class_never_predicted"
    rows = model_rows(evidence)
    if rows is None or evidence.predictions.task != "classification":
        return not_applicable(code, "This is for classes.")
    names, true, pred = class_counts(rows)
    if (true > 0).sum() < 2:
        return not_applicable(code, "Dev holds one class only.")
    never = {name: int(t) for name, t, p in zip(names, true, pred, strict=True) if t >= _MEMBERS and p == 0}
    facts = {"never": never, "predicted": int((pred > 0).sum())}
    if not never:
        return Finding(code, f"Every class with {_MEMBERS} or more dev examples is predicted.", "passed", facts)
    listed = ", ".join(f"{name} ({n:,})" for name, n in list(never.items())[:5])
    title = f"{plural(len(never), 'class is', 'classes are')} never predicted: {listed}."
    rare = all(n < 0.5 * true.sum() / (true > 0).sum() for n in never.values())
    if rare:
        step = change(evidence, {"train.class_weight": "balanced"}) or "Give rare classes more weight in training."
        return Finding(code, title, "issue", facts, step)
    name = max(never, key=never.get)
    said = rows["y_pred"][(rows["y_true"] == name).to_numpy()].astype(str).value_counts()
    step = f"Look at dev examples of {name}: {said.iloc[0]:,} of {never[name]:,} are taken for {said.index[0]}."
    return Finding(code, title, "issue", facts, step)
