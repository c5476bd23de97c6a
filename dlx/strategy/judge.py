"""The order in which verdicts are tried, and what qualifies each of them."""

from __future__ import annotations

from dataclasses import replace

from dlx.strategy.by_points import by_points, incomplete, need_train_dev, undetermined
from dlx.strategy.by_posterior import by_posterior, good_enough
from dlx.strategy.gaps import flag
from dlx.strategy.posterior import draws, p_largest
from dlx.strategy.verdict import Case, Judgement, Verdict
from dlx.strategy.words import listed, title

__all__ = ["judge"]


def judge(case: Case) -> Judgement:
    """Judge the ladder.

    ``undetermined`` and ``need_train_dev`` are read off the points; then the first that applies of ``good_enough``,
    ``decided``, ``tie`` and ``undecided`` by the posterior, or of ``tie`` and ``decided`` by the points where a
    measured rung has no interval (only a target can still be met there, as it asks for nothing but dev).
    """
    flagged = flag({name: step.value for name, step in case.candidates.items()}, case.floor)
    chances = {} if case.by_points else _chances(case)
    complete = {"train", "dev"} <= case.rungs.keys()
    verdict = (
        (None if complete else good_enough(case) or incomplete(case))
        or undetermined(case, flagged)
        or need_train_dev(case, flagged)
        or good_enough(case)
        or (by_points(case, flagged) if case.by_points else by_posterior(case, chances))
    )
    said = [*_first(case), verdict.reason, *_remarks(case, verdict), *case.notes]
    verdict = replace(verdict, reason=" ".join(said))
    return Judgement(verdict, flagged, chances)


def _chances(case: Case) -> dict[str, float]:
    """Gap → probability that it is the largest; a negative avoidable bias is no candidate and has 0."""
    drawn = draws(case.rungs, bounded=case.bounded, paired=case.paired, seed=case.seed)
    shares = p_largest(case.rivals, drawn)
    chances = {names[0]: share for names, share in shares.items() if len(names) == 1}
    return {"avoidable_bias": 0.0} | chances if case.bias_is_negative else chances


def _first(case: Case) -> list[str]:
    """A model that has learnt nothing has no gaps worth reading."""
    if case.beats_baseline:
        return []
    dev, trivial = case.level(case.rungs["dev"].error), case.level(case.baseline)
    return [f"The model is no better on dev ({dev}) than a trivial baseline ({trivial})."]


def _remarks(case: Case, verdict: Verdict) -> list[str]:
    """What the reader must know of bias, the human figure and missing sizes."""
    remarks, human, bias = [], case.rungs.get("human"), case.measured.get("avoidable_bias")
    dev = case.rungs.get("dev")
    if dev is not None and dev.error == 0 and dev.has_interval:
        remarks.append(f"No error was seen on dev; its true error may be as high as {case.level(dev.high)}.")
    if case.bias_is_negative and verdict.status != "undetermined":
        remarks.append(f"Bias cannot be measured: train is {case.amount(-bias.value)} below the human figure.")
    if human is not None and human.basis == "assumed" and bias is not None:
        remarks.append(f"No human figure is given, so bias is at most {case.amount(bias.value)}.")
    if human is not None and human.basis != "assumed" and not human.has_interval and not case.by_points:
        remarks.append("The human figure has no n: human taken as exact.")
    measured = {name: rung for name, rung in case.rungs.items() if name != "human"}
    bare = [title(name) for name, rung in measured.items() if not rung.has_interval]
    if bare and len(bare) < len(measured) and verdict.status in ("decided", "tie"):
        remarks.append(f"Judged by the points, as {listed(bare)} has no interval.")
    return remarks
