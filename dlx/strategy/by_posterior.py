"""Verdicts from intervals and posterior draws (statistics 3.4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

from dlx.strategy.gaps import ROPE
from dlx.strategy.intervals import mover
from dlx.strategy.paired import tango
from dlx.strategy.planning import CERTAIN, n_needed
from dlx.strategy.verdict import Case, Verdict
from dlx.strategy.words import capital, chance, listed, title

__all__ = ["by_posterior", "good_enough"]


def good_enough(case: Case) -> Verdict | None:
    """The upper limit of dev is within the target, or that of dev − human within twice the region of equivalence."""
    dev, human = case.rungs.get("dev"), case.rungs.get("human")
    if dev is None or not dev.has_interval:
        return None
    if case.target is not None and dev.high <= case.target:
        text = f"The dev error is at most {case.level(dev.high)}, within the target of {case.level(case.target)}."
        return Verdict("good_enough", (), text)
    if case.by_points or human is None or human.basis == "assumed":
        return None
    excess, margin = _dev_over_human(case), 2 * ROPE * dev.error
    if excess > margin:
        return None
    above = f"at most {case.amount(excess)} above" if excess > 0 else f"at least {case.amount(-excess)} below"
    return Verdict(
        "good_enough", (), f"The dev error is {above} the human figure: no more than a fifth of the dev error."
    )


def by_posterior(case: Case, chances: Mapping[str, float]) -> Verdict:
    """Decided, tie or undecided.

    Args:
        case: the case, every measured rung with its interval.
        chances: candidate → posterior probability that it is the largest gap.
    """
    rope = ROPE * case.rungs["dev"].error
    clear = {name for name, step in case.candidates.items() if step.low >= rope}
    ranked = sorted(case.candidates, key=lambda name: -chances[name])
    if chances[ranked[0]] >= CERTAIN and ranked[0] in clear:
        return Verdict("decided", (ranked[0],), f"{capital(_sized(ranked[0], case, chances))} is the largest gap.")
    for pair in combinations(ranked, 2):
        if sum(chances[name] for name in pair) >= CERTAIN and clear.issuperset(pair):
            focus = case.in_order(pair)
            text = listed([_sized(name, case, chances) for name in focus])
            return Verdict("tie", focus, f"{capital(text)} both matter; which is the larger is open.")
    return _undecided(case, chances, _contenders(ranked, chances), rope)


def _undecided(case: Case, chances: Mapping[str, float], contenders: Sequence[str], rope: float) -> Verdict:
    focus = case.in_order(contenders)
    text = capital(listed([_sized(name, case, chances) for name in focus]))
    if all(case.measured[name].value <= 0 for name in focus):
        text += " is not above zero: dev may simply be easier, which is fine (rule P14)"
    elif len(focus) == 1:
        text += f" may be less than {case.amount(rope)}, a tenth of the dev error"
    else:
        text += " are too close to call"
    needed = n_needed(case.rungs, case.rivals, bounded=case.bounded, seed=case.seed)
    if needed is None:
        return Verdict("undecided", focus, f"{text}: the gaps are too close for data to separate.")
    have = case.rungs["dev"].n
    text += f": {needed:,} dev examples ({needed - have:,} more), the other sets growing alike, would probably decide."
    return Verdict("undecided", focus, text, needed)


def _contenders(ranked: Sequence[str], chances: Mapping[str, float]) -> list[str]:
    """The likeliest gaps that together have P ≥ 0.90."""
    chosen: list[str] = []
    for name in ranked:
        if chosen and sum(chances[other] for other in chosen) >= CERTAIN:
            break
        chosen.append(name)
    return chosen


def _dev_over_human(case: Case) -> float:
    """Upper limit of dev − human; on the same rows where people judged those."""
    if case.paired is not None:
        _, only_human, only_model, _ = case.paired
        return tango(only_model, only_human, sum(case.paired))[1]
    dev, human = case.rungs["dev"], case.rungs["human"]
    return mover((human.error, *human.limits), (dev.error, *dev.limits))[1]


def _sized(name: str, case: Case, chances: Mapping[str, float]) -> str:
    return f"{title(name)} ({case.amount(case.measured[name].value)}, P {chance(chances[name])})"
