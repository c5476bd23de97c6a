"""The training loss was still falling when training ended."""

from __future__ import annotations

import math

from dlx.checks._common import change, matters, not_applicable
from dlx.checks._history import curve
from dlx.findings import Evidence, Finding

__all__ = ["check"]

#: Fewer epochs show no trend.
_EPOCHS = 5
#: Still falling: this share within the last fifth of the epochs.
_FALL = 0.1


def check(evidence: Evidence) -> Finding:
    """Compares the last fifth of the epochs with the fifth before (rule P1: train longer)."""
    import numpy as np

    code = "not_converged"
    loss = curve(evidence, "loss")
    if loss is None or len(loss) < _EPOCHS or not np.isfinite(loss).all():
        return not_applicable(code, f"There is no training history of {_EPOCHS} epochs or more.")
    k = math.ceil(len(loss) / 5)
    before, after = float(loss[-2 * k : -k].mean()), float(loss[-k:].mean())
    fall = (before - after) / before if before > 0 else 0.0
    facts = {"fall": fall, "epochs": len(loss), "last": float(loss[-1])}
    if fall < _FALL:
        return Finding(code, "The training loss has settled.", "passed", facts)
    title = f"The training loss fell by {100 * fall:.0f} % in the last {k} of {len(loss)} epochs: it had not settled."
    if not matters(evidence, "avoidable_bias"):
        title = "The training loss was still falling at the end, but bias is not what limits the model."
        return Finding(code, title, "passed", facts)
    command = change(evidence, {"train.epochs": 2 * len(loss)})
    return Finding(code, title, "tip", facts, command or "Train for more epochs.")
