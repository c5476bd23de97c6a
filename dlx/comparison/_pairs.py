"""Two candidates on the same rows: the difference with its interval, its test, and what n would show it.

Means of rows get Tango's interval and McNemar's mid-p where rows are 0/1 and alike, else the t interval of the mean
difference, over groups where there are any; other metrics a bootstrap of rows or groups; folds the corrected t test.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtr, stdtr, stdtrit

from dlx.errors import UserError
from dlx.metrics._measure import Measure
from dlx.scores._rung import _columns, groups_of, signed_mean
from dlx.strategy.detecting import examples_to_detect, grown
from dlx.strategy.folds import corrected_t
from dlx.strategy.intervals import group_codes
from dlx.strategy.paired import mcnemar_mid_p, tango

__all__ = ["Pair", "adjusted", "cochran", "pairs", "two"]

_RESAMPLES, _MANY, _MANY_RESAMPLES = 2_000, 50_000, 400
_FOLD = "meta_fold"
#: Differences under this share of the better one's error do not matter, as in the ladder.
ROPE = 0.10


@dataclass(frozen=True)
class Pair:
    """Two candidates.

    Attributes:
        a: the first.
        b: the second.
        difference: metric of a minus metric of b.
        low: lower 95 % limit; None where not known.
        high: upper 95 % limit.
        p: two-sided p-value; None where not known.
        n: examples.
        method: the test.
        p_holm: p corrected for the number of pairs still in question; None where there is just this one.
        only_a: for 0/1 rows: examples that only a has (only a wrong, for errors); else None.
        only_b: that only b has.
        better: the better one, where the difference is shown.
        status: ``better``, ``no_difference`` or ``need_more``.
        n_needed: examples at which a true difference of this size shows in four of five samples.
        groups: groups of dependent rows; None where every row stands alone.
        chances: for folds: the probability that a is better by more than what matters (``a``), that b is (``b``), that
            they are about the same (``same``), and the difference that matters (``rope``); else None.
    """

    a: str
    b: str
    difference: float
    low: float | None
    high: float | None
    p: float | None
    n: int
    method: str
    p_holm: float | None = None
    only_a: int | None = None
    only_b: int | None = None
    better: str | None = None
    status: str = "no_difference"
    n_needed: float | None = None
    groups: int | None = None
    chances: Mapping[str, float] | None = None

    def to_dict(self) -> dict[str, Any]:
        """The pair as JSON data."""
        return asdict(self)


def pairs(rows: Mapping[str, pd.DataFrame], used: Measure, *, seed: int = 0) -> tuple[Pair, ...]:
    """All pairs, the first before the second in the order of ``rows``; not judged yet.

    Args:
        rows: candidate → rows of the same examples.
        used: the metric.
        seed: of the bootstrap.

    Raises:
        UserError: a metric that does not fit the rows.
    """
    draws = None
    if used.rows is None and not _folds(next(iter(rows.values()))):
        draws = _bootstrap(rows, used, seed)
    found = []
    for a, b in combinations(rows, 2):
        made = two(rows[a], rows[b], used) if draws is None else _drawn(rows[a], rows[b], used, draws[a] - draws[b])
        found.append(replace(made, a=a, b=b))
    return tuple(found)


def two(first: pd.DataFrame, second: pd.DataFrame, used: Measure) -> Pair:
    """One pair, of a metric that is a mean of rows or whose rows stand in folds; names are left empty."""
    if _folds(first):
        return _over_folds(first, second, used)
    a, weight = used.rows(first, **used.knobs)
    b, _ = used.rows(second, **used.knobs)
    n, codes = len(a), group_codes(groups_of(first))
    if codes is None and (weight == weight[0]).all() and np.isin(a, (0, 1)).all() and np.isin(b, (0, 1)).all():
        only_a, only_b = int((a > b).sum()), int((b > a).sum())
        gap = (only_a - only_b) / n
        needed = examples_to_detect(gap, (only_a + only_b) / n) if gap else None
        return Pair(
            "", "", gap, *tango(only_a, only_b, n), mcnemar_mid_p(only_a, only_b), n, "Tango interval, McNemar mid-p",
            only_a=only_a, only_b=only_b, n_needed=needed,
        )  # fmt: skip
    return _t(a, b, weight, codes, groups_of(first))


def _t(a: np.ndarray, b: np.ndarray, weight: np.ndarray, codes: np.ndarray | None, groups: pd.Series | None) -> Pair:
    """The t interval of the mean difference; a sign test where all rows differ alike and there is nothing to spread."""
    n, gaps = len(a), a - b
    units = int((weight > 0).sum()) if codes is None else len(np.unique(codes[weight > 0]))
    method = "paired t" if codes is None else "paired t over groups"
    counted = None if codes is None else units
    if np.ptp(gaps[weight > 0]) <= 1e-12 * max(np.abs(a).max(), np.abs(b).max()):
        mean = float(np.average(gaps, weights=weight))
        if np.array_equal(a, b):
            return Pair("", "", 0.0, None, None, 1.0, n, method, groups=counted)
        return Pair(
            "", "", mean, None, None, min(1.0, 2 * 0.5**units), n, "sign test: all rows differ alike", groups=counted
        )
    mean, low, high = signed_mean(gaps, weight=weight, groups=groups)
    if high is None or not high > low:
        return Pair("", "", mean, None, None, None, n, method, groups=counted)
    se = (high - low) / 2 / float(stdtrit(units - 1, 0.975))
    if min(a.min(), b.min()) >= 0 and max(a.max(), b.max()) <= 1:
        low, high = max(low, -1.0), min(high, 1.0)
    p, needed = 2 * float(stdtr(units - 1, -abs(mean) / se)), grown(n, mean, se) if mean else None
    return Pair("", "", mean, low, high, p, n, method, n_needed=needed, groups=counted)


def _folds(part: pd.DataFrame) -> bool:
    return _FOLD in part and part[_FOLD].notna().all() and part[_FOLD].nunique() > 1


def _over_folds(first: pd.DataFrame, second: pd.DataFrame, used: Measure) -> Pair:
    """Out-of-fold rows: the metric of each fold, and the corrected t test of the differences."""
    codes, folds = pd.factorize(first[_FOLD], sort=True)
    gaps = [used(first[codes == i]) - used(second[codes == i]) for i in range(len(folds))]
    rope = ROPE * min(float(used.as_error(used(part))) for part in (first, second))
    found = corrected_t(gaps, 1 / (len(folds) - 1), rope=rope)
    better = (found.p_above, found.p_below) if used.greater_is_better else (found.p_below, found.p_above)
    chances = {"a": better[0], "same": found.p_inside, "b": better[1], "rope": rope}
    return Pair(
        "", "", found.value, found.low, found.high, found.p, len(first), f"corrected t over {len(folds)} folds",
        chances=chances,
    )  # fmt: skip


def _bootstrap(rows: Mapping[str, pd.DataFrame], used: Measure, seed: int) -> dict[str, np.ndarray]:
    """(resamples,) metric of each candidate, all on the same resampled rows or groups; NaN where it is undefined."""
    lean = {name: part.drop(columns=["id", "predictor", "split"]) for name, part in rows.items()}
    ready = {name: _columns(part, used) for name, part in lean.items()}
    for light, statistic in ready.values():
        statistic(light)  # on the rows themselves it must be defined
    first = next(iter(rows.values()))
    n, codes = len(first), group_codes(groups_of(first))
    units = None
    if codes is not None:
        units = np.split(np.argsort(codes, kind="stable"), np.cumsum(np.bincount(codes))[:-1])
    generator = np.random.default_rng(seed)
    made = {name: np.full(_MANY_RESAMPLES if n > _MANY else _RESAMPLES, np.nan) for name in rows}
    for i in range(len(made[next(iter(made))])):
        taken = generator.integers(n if units is None else len(units), size=n if units is None else len(units))
        taken = taken if units is None else np.concatenate([units[k] for k in taken])
        for name, (light, statistic) in ready.items():
            try:
                made[name][i] = used.as_error(statistic(light.iloc[taken]))
            except UserError:  # not defined on this resample, as on one that lacks a class
                continue
    return made


def _drawn(first: pd.DataFrame, second: pd.DataFrame, used: Measure, gaps: np.ndarray) -> Pair:
    gap, codes = used(first) - used(second), group_codes(groups_of(first))
    units = None if codes is None else int(codes.max()) + 1
    method = f"paired bootstrap of {'rows' if codes is None else 'groups'}"
    known = gaps[np.isfinite(gaps)]
    if len(known) < 0.9 * len(gaps):
        return Pair("", "", gap, None, None, None, len(first), f"{method}: undefined on many resamples", groups=units)
    if not np.ptp(known) > 0:  # a zero-width interval would claim to know what it cannot
        return Pair("", "", gap, None, None, 1.0 if gap == 0 else None, len(first), method, groups=units)
    low, high = (float(limit) for limit in np.quantile(known, (0.025, 0.975)))
    tail = min(int((known <= 0).sum()), int((known >= 0).sum()))
    p = min(1.0, 2 * (tail + 1) / (len(known) + 1))
    if tail < 10:  # draws beyond 0 are too few to count: Holm's correction asks for smaller p than 2/resamples
        p = min(p, 2 * float(ndtr(-abs(gap) / np.std(known))))
    needed = grown(len(first), gap, float(np.std(known))) if gap else None
    return Pair("", "", gap, low, high, p, len(first), method, n_needed=needed, groups=units)


def cochran(rows: Mapping[str, pd.DataFrame], used: Measure) -> dict[str, float] | None:
    """Cochran's Q of three or more candidates: whether any differs from another; None where rows are not 0/1 and alike.

    Returns:
        ``statistic``, ``df`` and ``p``.
    """
    parts = list(rows.values())
    if len(parts) < 3 or used.rows is None or _folds(parts[0]) or group_codes(groups_of(parts[0])) is not None:
        return None
    values, weight = zip(*(used.rows(part, **used.knobs) for part in parts), strict=True)
    matrix = np.stack(values, axis=1)
    if not np.isin(matrix, (0, 1)).all() or not (weight[0] == weight[0][0]).all():
        return None
    if (matrix == matrix[:, :1]).all():
        return {"statistic": 0.0, "df": len(parts) - 1, "p": 1.0}
    from statsmodels.stats.contingency_tables import cochrans_q

    found = cochrans_q(matrix.astype(int))
    return {"statistic": float(found.statistic), "df": len(parts) - 1, "p": float(found.pvalue)}


def adjusted(found: Sequence[Pair], questioned: set[str]) -> tuple[Pair, ...]:
    """p-values corrected by Holm's method for the pairs whose two candidates are still in question."""
    places = [i for i, pair in enumerate(found) if {pair.a, pair.b} <= questioned and pair.p is not None]
    if len(questioned) < 3 or len(places) < 2:
        return tuple(found)
    from statsmodels.stats.multitest import multipletests

    corrected = multipletests([found[i].p for i in places], method="holm")[1]
    made = list(found)
    for place, p in zip(places, corrected, strict=True):
        made[place] = replace(found[place], p_holm=float(p))
    return tuple(made)
