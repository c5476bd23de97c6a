"""The training loss grew or became no number."""

from __future__ import annotations

from dlx.checks._common import change, not_applicable
from dlx.checks._history import curve, learning_rate
from dlx.findings import Evidence, Finding

__all__ = ["check"]


def check(evidence: Evidence) -> Finding:
    """Rule P47: a lower learning rate, gradient clipping, batch norm."""
    import numpy as np

    code = "loss_diverged"
    loss = curve(evidence, "loss")
    if loss is None or len(loss) < 2:
        return not_applicable(code, "There is no training history.")
    finite = np.isfinite(loss)
    facts = {"first": loss[0], "last": loss[-1], "lowest": float(np.min(loss[finite])) if finite.any() else None}
    rate = learning_rate(evidence)
    command = change(evidence, {"train.learning_rate": float(f"{rate / 10:.3g}")}) if rate else ""
    step = command or "Lower the learning rate tenfold, or clip gradients."
    if not finite.all():
        epoch = int(np.argmin(finite)) + 1
        return Finding(code, f"The training loss became no number in epoch {epoch}.", "issue", facts, step)
    if loss[-1] > max(loss[0], 1.5 * loss.min()):
        title = f"The training loss rose from {loss[0]:.3g} to {loss[-1]:.3g}: training diverged."
        return Finding(code, title, "issue", facts, step)
    return Finding(code, f"The training loss fell from {loss[0]:.3g} to {loss[-1]:.3g}.", "passed", facts)
