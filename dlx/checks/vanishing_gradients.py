"""Early layers get next to no gradient: they do not learn."""

from __future__ import annotations

from dlx.checks._common import change, not_applicable
from dlx.checks._history import layers
from dlx.findings import Evidence, Finding

__all__ = ["check"]

#: The first layer's gradient norm as a share of the largest, in the first epoch.
_SMALL = 1e-5


def check(evidence: Evidence) -> Finding:
    """Systems S33: careful initialisation, residual links, batch norm. Measured in the first epoch."""
    code = "vanishing_gradients"
    norms = layers(evidence, "gradient_norm", first=True)
    if len(norms) < 2:
        return not_applicable(code, "Gradients of several layers were not measured.")
    first, largest = next(iter(norms)), max(norms.values())
    facts = {"layers": norms}
    if largest == 0 or norms[first] >= _SMALL * largest:
        return Finding(code, "The gradient reaches the first layer.", "passed", facts)
    title = (
        f"The gradient of the first layer {first!r} is {norms[first]:.1g}, the largest one {largest:.2g}: it vanishes "
    )
    title += "on the way."
    knobs = (evidence.recipe or {}).get("model") or {}
    command = change(evidence, {"model.batch_norm": True}) if knobs.get("batch_norm") is False else ""
    step = command or "Use ReLU with He initialisation, batch norm, residual links, or fewer layers."
    return Finding(code, title, "issue", facts, step)
