"""Weights that move too much, or hardly at all, in one step."""

from __future__ import annotations

from dlx.checks._common import change, not_applicable
from dlx.checks._history import layers, learning_rate
from dlx.findings import Evidence, Finding

__all__ = ["check"]

#: Update norm over weight norm of one step: about 1e-3 is healthy.
_HIGH, _LOW = 0.1, 1e-6


def check(evidence: Evidence) -> Finding:
    """Large as last measured, small as first measured: late updates are small in any training that ends well."""
    code = "update_ratio"
    late, early = layers(evidence, "update_ratio"), layers(evidence, "update_ratio", first=True)
    if not late:
        return not_applicable(code, "Updates of the weights were not measured.")
    facts = {"last": late, "first": early}
    rate, fastest, slowest = learning_rate(evidence), max(late, key=late.get), max(early.values(), default=0.0)
    if late[fastest] > _HIGH:
        command = change(evidence, {"train.learning_rate": float(f"{rate / 10:.3g}")}) if rate else ""
        title = (
            f"One step changes the weights of {fastest!r} by {100 * late[fastest]:.0f} %: the learning rate is high."
        )
        return Finding(code, title, "issue", facts, command or "Lower the learning rate tenfold.")
    if early and slowest < _LOW:
        command = change(evidence, {"train.learning_rate": float(f"{rate * 10:.3g}")}) if rate else ""
        title = f"One step changes no layer by more than {slowest:.0e} of its weights: the learning rate is too low."
        return Finding(code, title, "tip", facts, command or "Raise the learning rate tenfold.")
    return Finding(
        code, f"One step changes the weights of a layer by at most {late[fastest]:.1e} of them.", "passed", facts
    )
