"""Units that are zero on every example: they have stopped learning."""

from __future__ import annotations

from dlx.checks._common import change, not_applicable
from dlx.checks._history import layers, learning_rate
from dlx.findings import Evidence, Finding

__all__ = ["check"]

#: Share of a layer's units from which it is an issue, and a tip.
_ISSUE, _TIP = 0.6, 0.4


def check(evidence: Evidence) -> Finding:
    """Systems S6, rule P47: lower the learning rate."""
    code = "dead_relus"
    shares = layers(evidence, "dead_relu_share")
    if not shares:
        return not_applicable(code, "Dead units were not measured: no ReLU layer, or no training in dlx.")
    worst = max(shares, key=shares.get)
    facts = {"layers": shares}
    if shares[worst] < _TIP:
        return Finding(code, f"At most {100 * shares[worst]:.0f} % of a layer's ReLU units are dead.", "passed", facts)
    rate = learning_rate(evidence)
    command = change(evidence, {"train.learning_rate": float(f"{rate / 3:.2g}")}) if rate else ""
    title = f"{100 * shares[worst]:.0f} % of the ReLU units of {worst!r} are dead: zero on every example."
    status = "issue" if shares[worst] >= _ISSUE else "tip"
    return Finding(code, title, status, facts, command or "Lower the learning rate.")
