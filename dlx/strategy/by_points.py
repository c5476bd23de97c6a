"""Verdicts that need no sample sizes (worked numbers 2A and the rule beneath them)."""

from __future__ import annotations

from collections.abc import Sequence

from dlx.strategy.gaps import difference, flag
from dlx.strategy.verdict import Case, Verdict
from dlx.strategy.words import capital, listed, title

__all__ = ["by_points", "incomplete", "need_train_dev", "undetermined"]


def incomplete(case: Case) -> Verdict | None:
    """Without train or dev there are no two gaps to compare."""
    missing = [title(name) for name in ("train", "dev") if name not in case.rungs]
    if not missing:
        return None
    real = [step for step in case.steps if step.lower.basis != "assumed"]
    known = [f"{case.amount(step.value)} from {title(step.lower.name)} to {title(step.upper.name)}" for step in real]
    text = f"The gaps cannot be compared without the {listed(missing)} error."
    return Verdict("undetermined", (), text + (f" Known: {listed(known)}." if known else ""))


def undetermined(case: Case, flagged: Sequence[str]) -> Verdict | None:
    """Better than the human proxy: the tools weaken (rule P11), unless another gap stands out."""
    if not case.bias_is_negative:
        return None
    below = f"Train is {case.amount(-case.measured['avoidable_bias'].value)} below the human figure"
    if difference(case.rungs["human"].error, case.rungs["dev"].error, bounded=case.bounded) <= 0:
        return Verdict("undetermined", (), f"{below}, and dev is not above it: which way to go is open.")
    unsplit_stands_out = case.unsplit is not None and case.unsplit.value > case.floor
    if flagged or unsplit_stands_out:
        return None
    return Verdict("undetermined", (), f"{below}, so bias cannot be measured, and no other gap stands out.")


def need_train_dev(case: Case, flagged: Sequence[str]) -> Verdict | None:
    """Train and dev from different sources and nothing between them (rule P9), unless bias is the larger anyway."""
    both, bias = case.unsplit, case.candidates.get("avoidable_bias")
    if both is None:
        return None
    if bias and flag({"avoidable_bias": bias.value, "both": both.value}, case.floor) == ("avoidable_bias",):
        return None
    return Verdict(
        "need_train_dev",
        case.in_order(flagged),
        "Train and dev come from different sources and there is no train-dev set: "
        f"the {case.amount(both.value)} between them may be variance or data mismatch.",
    )


def by_points(case: Case, flagged: Sequence[str]) -> Verdict:
    """One gap flagged: decided; several: tie; none: decided on the largest."""
    focus = case.in_order(flagged)
    sized = [f"{title(name)} ({case.amount(case.measured[name].value)})" for name in focus]
    if len(focus) > 1:
        every = "both" if len(focus) == 2 else "all"
        return Verdict("tie", focus, f"{capital(listed(sized))} {every} matter: begin with {title(focus[0])}.")
    if focus:
        return Verdict("decided", focus, f"{capital(sized[0])} is the gap to work on: no other comes near it.")
    name = max(case.candidates, key=lambda gap: case.candidates[gap].value)
    least = "one point" if case.bounded else f"a tenth of the dev error ({case.amount(case.floor)})"
    size = case.amount(case.candidates[name].value)
    return Verdict("decided", (name,), f"Nothing exceeds {least}; the largest gap is {title(name)} ({size}).")
