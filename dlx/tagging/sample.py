"""The examples that are looked at: a seeded sample of the errors that knows how likely each was to be in it.

An example's rank comes from a keyed hash of its id: neither the order of the rows nor rows that come later move it, and
a larger sample of the same seed holds the smaller one.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from dlx.errors import UserError, unknown

__all__ = ["METHODS", "draw", "eyeball", "ranks", "strata_of"]

#: How errors are chosen.
METHODS = {
    "random": "every error with the same chance",
    "class": "each true class apart",
    "confusion": "each pair of true and predicted class apart",
    "fp-fn": "false positives and false negatives apart, half each",
    "loss": "the highest losses: for finding faults fast, not for ceilings",
}
#: Fewer tagged errors than this in a stratum tell little: the smallest strata are put together.
_PER_STRATUM = 5


def ranks(ids: pd.Series, seed: int) -> np.ndarray:
    """(n,) uniform numbers in [0, 1) that depend on id and seed alone."""
    hashed = pd.util.hash_array(ids.to_numpy(dtype=object), hash_key=f"{seed % 10**16:016d}", categorize=False)
    return hashed / np.float64(2**64)


def eyeball(ids: pd.Series, share: float) -> np.ndarray:
    """(n,) whether an example is in the eyeball part of dev, which people may look at; the rest is the black box.

    No seed enters, so that what is black box stays so.
    """
    return ranks(ids, 7_919) < share


def draw(
    rows: pd.DataFrame,
    wrong: np.ndarray,
    *,
    n: int,
    by: str = "random",
    seed: int = 0,
    correct: int = 0,
    repeats: int = 0,
    share: float = 1.0,
    positive: str | None = None,
) -> tuple[pd.DataFrame, dict[str, int]]:
    """Draw a sample.

    Args:
        rows: of one predictor on dev: ``id``, ``y_true``, ``y_pred``, ``error`` and perhaps ``loss``.
        wrong: (rows,) which are errors.
        n: errors to draw; all of them where there are fewer.
        by: one of ``METHODS``.
        seed: of the ranks.
        correct: correct examples to draw beside them, for judging labels from both sides (rule P33).
        repeats: errors to show a second time under another id, for agreement of a reviewer with themselves.
        share: the share of dev that may be looked at (the eyeball part), in (0, 1].
        positive: for ``fp-fn`` with classes: the class that is looked for.

    Returns:
        the sample, in the order in which it is to be looked at: the columns of ``rows`` and ``example`` (the example's
        id; ``id`` is the row's own), ``kind`` (error, correct or repeat), ``stratum`` and ``p_inclusion`` (NaN where it
        is not by chance); and stratum → all errors in it.

    Raises:
        UserError: an unknown method, a number that cannot be, or no errors that may be looked at.
    """
    if by not in METHODS:
        raise unknown("way to choose errors", by, METHODS, where="--by")
    for name, number, least in (("--n", n, 1), ("--correct", correct, 0), ("--repeats", repeats, 0)):
        if number < least:
            raise UserError(f"this number is at least {least}", value=number, where=name)
    if not 0 < share <= 1:
        raise UserError("the eyeball part is a share of dev, above 0 and at most 1", value=share, where="--eyeball")
    rows = rows.reset_index(drop=True)
    rank = ranks(rows["id"], seed)
    open_ = np.ones(len(rows), bool) if share == 1 else eyeball(rows["id"], share)
    if not (wrong & open_).any():
        raise UserError(
            "there are no errors to look at", value=f"{int(wrong.sum())} errors", where="the eyeball part of dev"
        )
    stratum, totals = strata_of(rows, wrong, by=by, n=n, positive=positive)
    chosen = _errors(rows, wrong & open_, stratum, rank, n, by)
    counts = stratum.iloc[chosen].value_counts()
    sample = rows.iloc[chosen].assign(kind="error", stratum=stratum.iloc[chosen], rank=rank[chosen])
    sample["p_inclusion"] = np.nan if by == "loss" else [counts[s] / totals[s] for s in sample["stratum"]]
    if by != "loss":
        sample = sample.sort_values("rank", kind="stable")
    right = np.flatnonzero(~wrong & open_)
    right = right[np.argsort(rank[right], kind="stable")[:correct]]
    more = rows.iloc[right].assign(
        kind="correct", stratum="correct", rank=rank[right], p_inclusion=_chance(right, ~wrong)
    )
    made = pd.concat([sample, more]) if len(more) else sample
    if by != "loss" and len(more):
        made = made.sort_values("rank", kind="stable")  # who looks must not know which is which
    made = made.assign(example=made["id"])
    return _with_repeats(made, repeats, seed).drop(columns="rank").reset_index(drop=True), totals


def _chance(chosen: np.ndarray, of: np.ndarray) -> float:
    return len(chosen) / max(int(of.sum()), 1)


def _errors(rows, candidates: np.ndarray, stratum: pd.Series, rank: np.ndarray, n: int, by: str) -> np.ndarray:
    """Positions of the errors that are drawn."""
    if by == "loss":
        key = "loss" if "loss" in rows and rows["loss"].notna().any() else "error"
        positions = np.flatnonzero(candidates)
        high = rows[key].to_numpy(float)[positions]
        return positions[np.lexsort((rank[positions], -np.nan_to_num(high, nan=-np.inf)))[:n]]
    members = {name: np.flatnonzero(candidates & (stratum == name).to_numpy()) for name in stratum.dropna().unique()}
    wanted = _allocate({name: len(m) for name, m in members.items()}, n, equal=by == "fp-fn")
    return np.concatenate([m[np.argsort(rank[m], kind="stable")[: wanted[name]]] for name, m in members.items()])


def strata_of(
    rows: pd.DataFrame, wrong: np.ndarray, *, by: str, n: int, positive: str | None = None
) -> tuple[pd.Series, dict[str, int]]:
    """The stratum of each error (missing for correct rows), and all errors in each, the largest first."""
    names = pd.Series(None, index=rows.index, dtype=object)
    part = rows[wrong]
    if by == "class":
        names[wrong] = part["y_true"].map(str).to_numpy()
    elif by == "confusion":
        names[wrong] = [f"{true} → {said}" for true, said in zip(part["y_true"], part["y_pred"], strict=True)]
    elif by == "fp-fn":
        names[wrong] = _sides(part, positive)
    else:
        names[wrong] = "errors"
    counts = names.value_counts()
    counts = counts.sort_index().sort_values(ascending=False, kind="stable")
    kept = max(n // _PER_STRATUM, 2)
    if by in ("class", "confusion") and len(counts) > kept:
        names = names.where(names.isna() | names.isin(counts.index[: kept - 1]), "other")
        counts = names.value_counts().reindex([*counts.index[: kept - 1], "other"])
    return names, {str(name): int(count) for name, count in counts.items()}


def _sides(part: pd.DataFrame, positive: str | None) -> list[str]:
    """False positive, false negative or neither, for a class or for lists of labels."""
    first = part["y_true"].iloc[0] if len(part) else None
    if isinstance(first, (list, tuple, np.ndarray)):
        if any(isinstance(label, str) for label in part["y_pred"].iloc[0]):
            rule = "false positives and negatives need yes/no labels, and these are classes of several tasks"
            raise UserError(rule, value=list(part["y_pred"].iloc[0]), where="--by fp-fn", hint="Try --by confusion.")
        return [_lists(t, p) for t, p in zip(part["y_true"], part["y_pred"], strict=True)]
    if not isinstance(part["y_true"].dtype, pd.CategoricalDtype):
        raise UserError("false positives and negatives need classes or labels", value="numbers", where="--by fp-fn")
    classes = [str(c) for c in part["y_true"].cat.categories]
    if positive is None:
        if len(classes) != 2:
            raise UserError(
                "with more than two classes, say which one is looked for",
                value=classes[:10],
                where="--by fp-fn",
                hint="Add --positive CLASS.",
            )
        positive = classes[1]
    elif positive not in classes:
        raise unknown("class", positive, classes, where="--positive")
    said, true = (part[name].astype(str) == positive for name in ("y_pred", "y_true"))
    return np.select([said & ~true, true & ~said], ["false positive", "false negative"], "other classes").tolist()


def _lists(true, said) -> str:
    more = any(s == 1 and t == 0 for t, s in zip(true, said, strict=True))
    less = any(s == 0 and t == 1 for t, s in zip(true, said, strict=True))
    return "both" if more and less else "false positive" if more else "false negative"


def _allocate(sizes: Mapping[str, int], n: int, *, equal: bool) -> dict[str, int]:
    """How many of each stratum: two each while that goes, the rest by size (or alike, if ``equal``)."""
    given = dict.fromkeys(sizes, 0)
    n = min(n, sum(sizes.values()))
    while n:
        poorest = min(
            (name for name in sizes if given[name] < sizes[name]),
            key=lambda name: (
                given[name] >= 2,
                given[name] if equal else (given[name] + 1) / sizes[name],
                -sizes[name],
            ),
        )
        given[poorest] += 1
        n -= 1
    return given


def _with_repeats(made: pd.DataFrame, repeats: int, seed: int) -> pd.DataFrame:
    """Some errors of the first half once more at the end, under ids that do not tell."""
    errors = made[made["kind"] == "error"]
    again = errors.head(max(len(errors) // 2, 1)).head(repeats)
    if not len(again):
        return made
    marks = pd.util.hash_array(
        (again["id"] + "#again").to_numpy(object), hash_key=f"{seed % 10**16:016d}", categorize=False
    )
    again = again.assign(kind="repeat", id=[f"{mark:016x}" for mark in marks], p_inclusion=np.nan)
    return pd.concat([made, again])
