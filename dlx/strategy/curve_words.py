"""The answer of a learning curve in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlx.strategy.words import chance, level

if TYPE_CHECKING:
    from dlx.strategy.learning_curve import Ahead, LearningCurve

__all__ = ["ahead", "told"]

_TIMES = {2: "Twice", 4: "Four times", 10: "Ten times", 100: "A hundred times"}


def told(found: LearningCurve) -> str:
    """Two or three sentences.

    Args:
        found: the curve.
    """
    now = found.sizes[-1]
    have = f"{level(now.error, bounded=found.bounded, unit=found.unit)} with {now.n:,} examples"
    crooked = "" if found.monotone else " The curve is not monotone: at some size more data made it worse."
    if found.status == "no_extrapolation":
        z = max(found.back_test["z"], key=abs)
        side = "above" if z > 0 else "below"
        return (
            f"No extrapolation: dev error is {have}, and the last sizes lie {abs(z):.1f} standard errors {side} what "
            f"the smaller ones foretell, so nothing is said about more data.{crooked}"
        )
    verdict = {
        "helps": "more data helps",
        "not_the_bottleneck": "not the bottleneck",
        "undecided": "undecided, more repeats or sizes would tell",
    }[found.status]
    text = f"{ahead(found, found.ahead[0])} → {verdict}. It is {have} now"
    text += f"; the chance that twice as many gain what matters is {chance(found.gain['p'])}."
    return text + _target(found) + crooked


def ahead(found: LearningCurve, there: Ahead) -> str:
    """``Twice the data: 4.1 % [3.6, 4.9]``."""
    factor = 100 if found.bounded else 1
    span = f"[{factor * there.low:.3g}, {factor * there.high:.3g}]"
    return f"{_TIMES[int(there.factor)]} the data: {level(there.error, bounded=found.bounded, unit=found.unit)} {span}"


def _target(found: LearningCurve) -> str:
    if found.n_for_target is None:
        return ""
    goal, reach = level(found.target, bounded=found.bounded, unit=found.unit), found.n_for_target
    if reach["n"] is None:
        times = round(found.band[-1][0] / found.sizes[-1].n)
        return f" The target of {goal} is not reached with {times} times the data."
    low = "fewer" if reach["low"] is None else f"{reach['low']:,}"
    high = "more than can be foretold" if reach["high"] is None else f"{reach['high']:,}"
    return f" The target of {goal} needs about {reach['n']:,} examples ({low} to {high})."
