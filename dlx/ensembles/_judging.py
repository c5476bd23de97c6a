"""Options with their outputs become a judgement: values, limits, gains, sizes, and what to use."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from dlx.comparison._candidates import Candidate
from dlx.comparison._goal import valued, words_of
from dlx.comparison._judging import judged
from dlx.comparison._pairs import Pair, adjusted, pairs
from dlx.comparison._remarks import of_groups
from dlx.comparison._rows import Common
from dlx.comparison._words import Words
from dlx.ensembles._choice import Option, best_of, choose
from dlx.ensembles._disagreement import disagreement
from dlx.ensembles._outputs import Scoring
from dlx.ensembles._remarks import of_members, of_quality, of_views
from dlx.ensembles._result import Ensemble, Gain
from dlx.ensembles._sizes import Size, by_size
from dlx.goals import Limit, check, feasible
from dlx.goals._checking import refuse_hopeless
from dlx.metrics._measure import Measure
from dlx.scores._rung import groups_of, part_of, signed_mean
from dlx.strategy.selection import optimism

__all__ = ["Tried", "judge"]


@dataclass(frozen=True)
class Tried:
    """One option, not judged yet.

    Attributes:
        option: name, members, views and price.
        outputs: (n, classes) or (n, 1) on the dev rows of ``Scoring.units``.
    """

    option: Option
    outputs: np.ndarray


def judge(
    found: Sequence[Candidate],
    common: Common,
    scoring: Scoring,
    tried: Sequence[Tried],
    used: Measure,
    limits: Sequence[Limit],
    *,
    seed: int = 0,
) -> Ensemble:
    """Judge all options on the same dev rows.

    Args:
        found: the members.
        common: their dev rows.
        scoring: how outputs become rows.
        tried: the options: first the members as they are, in order.
        used: the metric that is optimised.
        limits: what has to be kept.
        seed: of bootstrap draws and drawn subsets.

    Raises:
        UserError: no option keeps the limits, or a metric that does not fit the rows.
    """
    words, names = words_of(used, found), [each.name for each in found]
    rows = {each.option.name: _rows(each, common, scoring, names) for each in tried}
    options = _judged(found, tried, rows, used, limits, words, seed)
    single = [each for each in options if each.passes == 1]
    kept = [each for each in single if each.feasible is not False]
    reference = best_of(kept or single, greater=words.greater)
    rivals = _rivals(options, words)
    gains, among = _gains(reference, rivals, rows, used, words, seed)
    compared = {frozenset((pair.a, pair.b)): pair for pair in (*gains, *among)}
    k = len(names)
    sizes = _sizes(tried, scoring, options, used, seed) if k > 1 else ()
    mean = _against_mean(rows, options, names, used) if k > 1 else None
    errors = _errors([rows[name] for name in names], used)
    too_good = 0.0 if errors is None else optimism(errors).value
    return Ensemble(
        members=tuple(names),
        views=None,
        crop=None,
        options=tuple(options),
        reference=reference.name,
        gains=gains,
        sizes=sizes,
        disagreement=disagreement([rows[name] for name in names]) if k > 1 else {},
        against_mean=mean,
        optimism=too_good,
        advice=choose(options, compared, words),
        words=words,
        n=common.n,
        remarks=(
            *common.remarks,
            *of_groups(gains),
            *of_members(k, too_good, reference, mean, words),
            *([] if errors is None else of_quality(names, errors, reference.name)),
            *of_views(options, words),
        ),
    )


def _rows(each: Tried, common: Common, scoring: Scoring, members: Sequence[str]) -> pd.DataFrame:
    """A member's own rows as its table has them, else those of the outputs."""
    name = each.option.name
    return common.rows[name] if name in members else scoring.rows(name, each.outputs)


def _judged(found, tried: Sequence[Tried], rows, used: Measure, limits, words: Words, seed: int) -> list[Option]:
    within = all(each.case.predictions.bounded for each in found)
    infos = {each.name: each.info for each in found}
    made = []
    for each in tried:
        option = each.option
        mine = rows[option.name]
        value, low, high = valued(
            part_of(mine, str(mine["predictor"].iloc[0]), "dev"), used, bounded=words.bounded, seed=seed
        )
        info = {**infos.get(option.name, {}), **option.price.facts()}
        checks = tuple(check(limit, mine, info, bounded=within) for limit in limits)
        made.append(replace(option, value=value, low=low, high=high, feasible=feasible(checks), checks=checks))
    refuse_hopeless({option.name: option.checks for option in made})
    return made


def _rivals(options: Sequence[Option], words: Words) -> list[Option]:
    """What a single answer is held against: the averages of all members, and the best single member with views.

    Other members with views are left out, since each further comparison asks for a smaller p-value.
    """
    viewed = [each for each in options if len(each.members) == 1 and each.views > 1]
    kept = [each for each in viewed if each.feasible is not False] or viewed
    best = [best_of(kept, greater=words.greater)] if kept else []
    return [*best, *(each for each in options if len(each.members) > 1)]


def _gains(reference: Option, rivals: Sequence[Option], rows, used: Measure, words: Words, seed: int):
    """The pairs of rivals with the reference, and those among rivals."""
    values = {each.name: each.value for each in (*rivals, reference)}
    found = pairs({name: rows[name] for name in values}, used, seed=seed)
    gains = [pair for pair in found if pair.b == reference.name]
    left = {each.name for each in rivals if each.feasible is not False} | {reference.name}
    among = [pair for pair in found if pair.b != reference.name]

    def told(some: Sequence[Pair]) -> tuple[Pair, ...]:
        return tuple(judged(pair, values, greater=words.greater) for pair in some)

    return told(adjusted(gains, left)), told(among)


def _sizes(tried: Sequence[Tried], scoring: Scoring, options, used: Measure, seed: int) -> tuple[Size, ...]:
    """By size, without views. Thresholds in between are means of the members': choosing each anew would take long."""
    plain = [each for each in tried if each.option.passes == 1]
    said = [each.outputs for each in plain]
    k = len(plain)
    thresholds = [scoring.tuned(each).get("threshold") for each in said]
    own = [option.value for option in options[:k]]
    whole = next(option.value for option in options if len(option.members) == k and option.views == 1)

    def value(members: Sequence[int]) -> float:
        targets = scoring.targets()
        if None not in thresholds:
            targets["threshold"] = float(np.mean([thresholds[i] for i in members]))
        return used(scoring.measured(np.mean([said[i] for i in members], axis=0), targets))

    return by_size(own, whole, value, seed=seed)


def _against_mean(rows, options: Sequence[Option], members: Sequence[str], used: Measure) -> Gain | None:
    """The plain average minus the average member, which nobody picked for its luck; None where no interval is known."""
    parts = [rows[name] for name in members]
    if used.rows is None or ("meta_fold" in parts[0] and parts[0]["meta_fold"].notna().any()):
        return None
    whole = next(each.name for each in options if len(each.members) == len(members) and each.views == 1)
    values, weight = used.rows(rows[whole], **used.knobs)
    mean = np.mean([used.rows(part, **used.knobs)[0] for part in parts], axis=0)
    difference, low, high = signed_mean(values - mean, weight=weight, groups=groups_of(parts[0]))
    return Gain(difference, low, high) if low is not None and high > low else None


def _errors(rows: Sequence[pd.DataFrame], used: Measure) -> np.ndarray | None:
    """(members, examples) errors; None for one member, and for metrics that are no mean of rows."""
    if used.rows is None or len(rows) < 2 or len(rows[0]) < 2:
        return None
    return np.asarray([used.as_error(used.rows(part, **used.knobs)[0]) for part in rows])
