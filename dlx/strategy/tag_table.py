"""The table of tags: counts, shares, ceilings, what a tag covers alone, what several cover, and which is the largest.

It reads a table of marks, one row per tagged error and one column per tag, and the strata the errors were drawn from.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

import numpy as np
import pandas as pd

from dlx.strategy.ceilings import stratified

__all__ = ["coverage", "new_tag_chance", "overlaps", "rank_one", "tag_table"]

#: From this share of the errors on a category is worth a thought; below, work on it cannot change much.
WORTH = 0.10


def tag_table(
    marks: pd.DataFrame,
    *,
    n_dev: int,
    totals: Mapping[str, int],
    strata: pd.Series | None = None,
    effort: Mapping[str, float] | None = None,
    ceilings: bool = True,
    resamples: int = 4_000,
    seed: int = 0,
) -> pd.DataFrame:
    """One row per tag, the largest share first.

    Args:
        marks: (tagged errors, tags) booleans.
        n_dev: examples on dev.
        totals: stratum → all errors in it; one stratum, whatever its name, for a plain random sample.
        strata: (tagged errors,) stratum of each; None where there is one.
        effort: tag → how much work it would be, in any unit.
        ceilings: False for a sample that tells nothing about all errors: shares are then of the tagged ones alone.
        resamples: bootstrap samples of the rows, for the chance of being the largest.
        seed: of these.

    Returns:
        tag, count, share, share_low, share_high, ceiling, ceiling_low, ceiling_high (dev error if all of it were
        fixed), sole_share (no other tag), p_rank_1, worth (True, False, or None where it is open), effort,
        gain_per_effort (dev error); NaN where unknown.
    """
    names = list(marks.columns)
    if strata is None:
        strata = pd.Series(next(iter(totals)), index=marks.index)
    code = strata.map({name: i for i, name in enumerate(totals)}).to_numpy()
    total = np.asarray(list(totals.values()))
    matrix = marks.to_numpy(bool)
    n = np.bincount(code, minlength=len(total))
    alone = matrix & (matrix.sum(axis=1, keepdims=True) == 1)
    first = rank_one(matrix, code, total, resamples=resamples, seed=seed)
    dev_error = total.sum() / n_dev
    rows = []
    for i, tag in enumerate(names):
        row = {"tag": tag, "count": int(matrix[:, i].sum())}
        if ceilings:
            found = _share(matrix[:, i], code, n, total)
            limits = {"share": found.share, "share_low": found.low, "share_high": found.high}
            row |= limits | {
                "ceiling": dev_error * (1 - found.share),
                "ceiling_low": dev_error * (1 - found.high),
                "ceiling_high": dev_error * (1 - found.low),
                "sole_share": _share(alone[:, i], code, n, total).share,
                "worth": True if found.low >= WORTH else False if found.share < WORTH else None,
            }
        else:
            row |= {"share": float(matrix[:, i].mean()), "sole_share": float(alone[:, i].mean()), "worth": None}
        row["p_rank_1"] = float(first[i]) if ceilings else None
        needs = (effort or {}).get(tag)
        row["effort"] = needs
        row["gain_per_effort"] = dev_error * row["share"] / needs if needs and ceilings else None
        rows.append(row)
    columns = ["tag", "count", "share", "share_low", "share_high", "ceiling", "ceiling_low", "ceiling_high"]
    columns += ["sole_share", "p_rank_1", "worth", "effort", "gain_per_effort"]
    made = pd.DataFrame(rows, columns=columns)
    return made.sort_values(["share", "count"], ascending=False, kind="stable", ignore_index=True)


def _share(hits: np.ndarray, code: np.ndarray, n: np.ndarray, total: np.ndarray):
    return stratified(np.bincount(code, weights=hits, minlength=len(total)), n, total)


def rank_one(
    matrix: np.ndarray, code: np.ndarray, total: np.ndarray, *, resamples: int = 4_000, seed: int = 0
) -> np.ndarray:
    """(tags,) how often each tag has the largest share when the rows are drawn again; ties are divided.

    Rows with the same tags and stratum are drawn together, as counts: ten thousand rows cost no more than a hundred.
    """
    if not matrix.size:
        return np.zeros(matrix.shape[1])
    generator = np.random.default_rng(seed)
    shares = np.zeros((resamples, matrix.shape[1]))
    for stratum in np.unique(code):
        patterns, counts = np.unique(matrix[code == stratum], axis=0, return_counts=True)
        n = counts.sum()
        drawn = generator.multinomial(n, counts / n, size=resamples)
        shares += total[stratum] * (drawn @ patterns) / n
    largest = np.isclose(shares, shares.max(axis=1, keepdims=True), rtol=1e-9, atol=0)
    return (largest / largest.sum(axis=1, keepdims=True)).mean(axis=0)


def overlaps(marks: pd.DataFrame) -> pd.DataFrame:
    """Pairs of tags on the same errors, the most frequent first: a, b, count."""
    matrix = marks.to_numpy(int)
    both = matrix.T @ matrix
    pairs = [(i, j) for i, j in combinations(range(len(marks.columns)), 2) if both[i, j]]
    rows = [(marks.columns[i], marks.columns[j], int(both[i, j])) for i, j in pairs]
    made = pd.DataFrame(rows, columns=["a", "b", "count"])
    return made.sort_values("count", ascending=False, kind="stable", ignore_index=True)


def coverage(marks: pd.DataFrame, weight: np.ndarray | None = None) -> pd.DataFrame:
    """Tags in the order in which each covers most of what is left, and the share that is covered with it: tag, covered.

    Args:
        marks: (tagged errors, tags) booleans.
        weight: (tagged errors,) errors each stands for; None where all stand for as many.
    """
    matrix = marks.to_numpy(bool)
    weight = np.ones(len(matrix)) if weight is None else np.asarray(weight, dtype=float)
    left, rows = np.ones(len(matrix), bool), []
    while len(rows) < matrix.shape[1]:
        gains = (weight * left) @ matrix
        best = int(np.argmax(gains))
        if not gains[best] > 0:
            break
        left &= ~matrix[:, best]
        rows.append((marks.columns[best], float(1 - weight @ left / weight.sum())))
    return pd.DataFrame(rows, columns=["tag", "covered"])


def new_tag_chance(marks: pd.DataFrame) -> float:
    """The chance that the next error needs a tag that is not there yet: Good and Turing's f₁/n.

    f₁ is the number of tags that were used once. Below 5 % there is little left to discover.
    """
    used = marks.to_numpy(bool).sum(axis=0)
    return min(float((used == 1).sum()) / len(marks), 1.0) if len(marks) else 1.0
