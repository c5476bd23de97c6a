"""``dlx.compare``: limits first, then paired differences on the same examples, then a choice."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dlx.comparison._candidates import Candidate, candidates
from dlx.comparison._curves import curves
from dlx.comparison._goal import asked_goal, valued, words_of
from dlx.comparison._judging import ALPHA, choose, judged
from dlx.comparison._pairs import adjusted, cochran, pairs
from dlx.comparison._preferring import Preference, preference, record
from dlx.comparison._recipes import differing_keys, one_knob
from dlx.comparison._remarks import of_choice, of_groups, of_lineage
from dlx.comparison._result import Comparison, Entry
from dlx.comparison._rows import Common, common_rows, weighted
from dlx.comparison._slices import by_source, by_tag
from dlx.comparison._tags import REMARK, tags_of
from dlx.errors import UserError, unknown
from dlx.goals import Check, check, feasible
from dlx.goals._checking import refuse_hopeless
from dlx.metrics._measure import Measure
from dlx.scores._rung import part_of

if TYPE_CHECKING:
    import pandas as pd

    from dlx.predictions import Predictions
    from dlx.run import Run

__all__ = ["compare"]

_SPLIT = "dev"


def compare(
    *tables: str | os.PathLike | pd.DataFrame | Predictions | Run,
    names: Sequence[str] | None = None,
    metric: str | None = None,
    positive: str | None = None,
    satisfice: Mapping[str, str] | Iterable[str] | None = None,
    weights: Mapping[str, float] | None = None,
    task: str | None = None,
    prefer: str | None = None,
    because: str = "",
    anyway: bool = False,
    seed: int = 0,
) -> Comparison:
    """Say which of several models is better on the same dev examples, and whether each keeps the limits.

    >>> import pandas as pd
    >>> def table(wrong):
    ...     return pd.DataFrame([(i, "dev", "cat", "dog" if i < wrong else "cat") for i in range(1000)],
    ...                         columns=["id", "split", "y_true", "y_pred"])
    >>> found = compare(table(40), table(90), names=["new", "old"])
    >>> found.winner, round(found.pairs[0].difference, 3)
    ('new', -0.05)

    Args:
        tables: runs, predictions files of any framework, or tables in memory; one table with several
            predictors will do.
        names: of the tables.
        metric: the measure that is optimised, such as ``f1`` or ``weighted_error(column=meta_cost)``; None takes the
            runs' ``goal.optimize``, else the error.
        positive: the class that precision, recall, F1 and AUC look for.
        satisfice: limits to keep, ``{"latency_ms": "<= 100"}`` or ``["latency_ms <= 100"]``; None takes those of the
            runs' recipes.
        weights: slices that count more, ``{"class=cat": 10, "source=mobile": 2}``, or columns to multiply by.
        task: ``classification``, ``multilabel`` or ``regression``; None decides by the labels.
        prefer: the candidate that people prefer; it is written down in ``annotations/preferences.jsonl``, with what
            would make the metric agree.
        because: why, in words.
        anyway: compare although dev sets or labels differ, on what they have in common.
        seed: of bootstrap draws.

    Raises:
        UserError: an unknown run, fewer than two models, no common examples, different dev sets or labels, a goal that
            no metric measures, no feasible candidate.
    """
    found = candidates(tables, names, task)
    if prefer is not None and prefer not in [each.name for each in found]:
        raise unknown("candidate", prefer, [each.name for each in found], where="--prefer")
    if because and prefer is None:
        raise UserError("a reason belongs to a preference", value=because, where="--because", hint="Add --prefer NAME.")
    used, asked = asked_goal(found, metric, satisfice, positive)
    common = common_rows(found, _SPLIT, anyway=anyway)
    within = all(each.case.predictions.bounded for each in found)
    kept = _kept(found, common, asked, within)
    made = _compared(found, common, used, kept, weights or {}, seed)
    if prefer is None:
        return made
    return replace(made, preference=_preferred(prefer, because, made, found, common, used, weights or {}, within))


def _kept(found, common: Common, asked, within: bool) -> dict[str, tuple[Check, ...]]:
    """Each candidate's limits, on unweighted rows."""
    kept = {
        each.name: tuple(check(limit, common.rows[each.name], each.info, bounded=within) for limit in asked)
        for each in found
    }
    refuse_hopeless(kept)
    return kept


def _compared(
    found: Sequence[Candidate],
    common: Common,
    used: Measure,
    kept,
    weights: Mapping[str, float],
    seed: int,
) -> Comparison:
    rows = weighted(common.rows, weights)
    able = {name: feasible(checks) for name, checks in kept.items()}
    left = {name for name, state in able.items() if state is not False}
    words = words_of(used, found)
    entries = tuple(_entry(each, rows[each.name], used, words.bounded, kept[each.name], seed) for each in found)
    values = {each.name: each.value for each in entries}
    omnibus = cochran({name: part for name, part in rows.items() if name in left}, used)
    differ = omnibus is None or omnibus["p"] < ALPHA
    compared = tuple(
        judged(pair, values, greater=words.greater, differ=differ or not {pair.a, pair.b} <= left)
        for pair in adjusted(pairs(rows, used, seed=seed), left)
    )
    differing = differing_keys(found)
    tagged = by_tag(rows, used, tags_of(found))
    remarks = [
        *common.remarks,
        *of_lineage(found),
        one_knob(differing),
        *of_groups(compared),
        REMARK if tagged else "",
    ]
    remarks = [each for each in [*remarks, of_choice(rows, used, left, words)] if each]
    return Comparison(
        entries, compared, choose(compared, values, able, words, omnibus=omnibus), words, _SPLIT, common.n, omnibus,
        (*by_source(rows, used), *tagged), differing, dict(weights), tuple(remarks), curves=_curves(found),
    )  # fmt: skip


def _entry(each: Candidate, rows, used: Measure, bounded: bool, checks: tuple[Check, ...], seed: int) -> Entry:
    value, low, high = valued(part_of(rows, each.predictor, _SPLIT), used, bounded=bounded, seed=seed)
    return Entry(each.name, value, low, high, feasible(checks), checks, each.case.run)


def _curves(found: Sequence[Candidate]):
    histories = {each.name: each.case.history for each in found}
    return curves({name: [] if each is None else each.to_dict("records") for name, each in histories.items()})


def _preferred(prefer, because, made: Comparison, found, common: Common, used: Measure, weights, within) -> Preference:
    """Against the best of the others, recorded before it is shown."""
    others = [each for each in made.candidates if each.name != prefer]
    best = (max if used.greater_is_better else min)(others, key=lambda each: each.value)
    infos = {each.name: each.info for each in found}
    told = preference(prefer, best.name, weighted(common.rows, weights), infos, used, bounded=within)
    line: dict[str, Any] = {
        "preferred": prefer,
        "over": best.name,
        "because": because,
        "agrees": told.agrees,
        "metric": used.name,
        "weights": dict(weights),
        "values": {each.name: each.value for each in made.candidates},
        "runs": {each.name: each.run for each in made.candidates},
        "difference": made.pair(prefer, best.name).to_dict(),
    }
    return replace(told, file=str(record(line)))
