"""Gradients so large that one step can undo the training."""

from __future__ import annotations

import math

from dlx.checks._common import change, not_applicable
from dlx.checks._history import layers
from dlx.findings import Evidence, Finding

__all__ = ["check"]

_LARGE = 100.0


def check(evidence: Evidence) -> Finding:
    """Systems S33 and S34, rule P47: clip, a lower learning rate, batch norm, careful initialisation."""
    code = "exploding_gradients"
    norms = layers(evidence, "gradient_norm")
    if not norms:
        return not_applicable(code, "Gradients were not measured.")
    worst = max(norms, key=lambda name: norms[name] if math.isfinite(norms[name]) else math.inf)
    facts = {"layers": norms}
    if norms[worst] < _LARGE:
        return Finding(code, f"The largest gradient norm of a layer is {norms[worst]:.2g}.", "passed", facts)
    command = change(evidence, {"train.clip_norm": 1.0})
    title = f"The gradient of {worst!r} has norm {norms[worst]:.3g}: gradients explode."
    return Finding(code, title, "issue", facts, command or "Clip gradients, or lower the learning rate.")
