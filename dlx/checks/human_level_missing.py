"""No human figure: how much of the train error is avoidable is not known."""

from __future__ import annotations

from dlx.checks._common import can_be_asked, change, level, not_applicable
from dlx.findings import Evidence, Finding

__all__ = ["check"]


def check(evidence: Evidence) -> Finding:
    """Without a figure the reference is 0 and bias is "at most"; for measures that are no rates it is not known."""
    code = "human_level_missing"
    if evidence.ladder is None:
        return not_applicable(code, "There is no ladder.")
    human = evidence.ladder.rung("human")
    if human is not None and human.basis != "assumed":
        whose = f" ({human.source})" if human.source else ""
        title = f"Human level is {level(evidence.ladder, human.error)}{whose}."
        return Finding(code, title, "passed", {"error": human.error, "basis": human.basis, "source": human.source})
    bounded = evidence.ladder.bounded
    title = "Human level is not known, so avoidable bias is "
    title += "measured from 0 and is at most what is shown." if bounded else "not measured."
    figure = "0.01" if bounded else str(float(f"{0.5 * _lowest(evidence):.2g}"))
    command = change(evidence, {"human.panel.error": float(figure)})
    again = f"`{command}`" if command else f"`--human {'1%' if bounded else figure}`"
    measure = "Let people label some dev examples" + (": `dlx human last`" if can_be_asked(evidence) else "")
    step = f"{measure}; or cite a figure and give it: {again}, with your own number."
    return Finding(code, title, "tip", {"reference": 0.0 if bounded else None}, step)


def _lowest(evidence: Evidence) -> float:
    """The lowest error of the ladder, as the size of an example figure."""
    return min(rung.error for rung in evidence.ladder.rungs) or 1.0
