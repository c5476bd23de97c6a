"""The dev loss rose again while the training loss went on falling."""

from __future__ import annotations

from dlx.checks._common import change, matters, not_applicable
from dlx.checks._history import curve
from dlx.findings import Evidence, Finding

__all__ = ["check"]

#: The dev loss ends this much above its lowest value.
_RISE = 0.2


def check(evidence: Evidence) -> Finding:
    """Overfitting in time; rule P27 prefers L2 and long training to stopping early, which ties two knobs together."""
    import numpy as np

    code = "val_loss_turned_up"
    loss, dev = curve(evidence, "loss"), curve(evidence, "val_loss")
    if loss is None or dev is None or len(dev) < 5 or not np.isfinite(dev).all():
        return not_applicable(code, "There is no dev loss by epoch.")
    best = int(np.argmin(dev))
    facts = {"lowest": float(dev[best]), "epoch": best + 1, "last": float(dev[-1])}
    if dev[-1] < (1 + _RISE) * dev[best] or best > 0.8 * len(dev) or loss[-1] > loss[best]:
        return Finding(code, "The dev loss stays near its lowest value.", "passed", facts)
    if not matters(evidence, "variance"):
        title = "The dev loss rose again at the end, but variance is not what limits the model."
        return Finding(code, title, "passed", facts)
    title = f"The dev loss was lowest in epoch {best + 1} ({dev[best]:.3g}) and rose to {dev[-1]:.3g} while the "
    title += "training loss fell."
    l2 = ((evidence.recipe or {}).get("model") or {}).get("l2")
    command = change(evidence, {"model.l2": 10 * l2 if l2 else 1e-4}) if l2 is not None else ""
    return Finding(code, title, "tip", facts, command or "Regularise (L2, dropout, more data) rather than stop early.")
