"""The rows of all candidates on the same examples, in the same order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from dlx.comparison._candidates import Candidate
from dlx.errors import UserError, unknown
from dlx.strategy.words import listed

__all__ = ["FOLD", "Common", "common_rows", "weighted"]

#: The fold of an out-of-fold row, see ``dlx train --folds``.
FOLD = "meta_fold"
_SHARED = ("source", "group", "weight", "size")


@dataclass(frozen=True)
class Common:
    """Examples that all candidates judged.

    Attributes:
        rows: candidate → its rows, all in the same order; labels, source, group, weight and size are the same.
        n: how many.
        remarks: what that comparison cannot say.
    """

    rows: Mapping[str, pd.DataFrame]
    n: int
    remarks: tuple[str, ...] = ()


def common_rows(candidates: Sequence[Candidate], split: str, *, anyway: bool) -> Common:
    """Match rows by id.

    Args:
        candidates: at least two.
        split: whose rows.
        anyway: compare on what they have in common although dev sets or labels differ.

    Raises:
        UserError: no rows, no ids in common, or, without ``anyway``, different examples or labels.
    """
    parts = {each.name: each.rows(split) for each in candidates}
    for name, part in parts.items():
        if not len(part):
            raise UserError(f"there are no {split} rows", where=name)
    shared = _shared_ids(parts)
    if not len(shared):
        hint = "Were they made from the same data, with the same ids?"
        raise UserError(f"the {split} sets have no ids in common", value=list(parts), hint=hint)
    remarks = _of_different_sets(parts, shared, split, anyway)
    rows = {
        name: part.iloc[pd.Index(part["id"]).get_indexer(shared)].reset_index(drop=True) for name, part in parts.items()
    }
    _refuse_other_overlays(candidates, anyway)
    rows, more = _same_labels(rows, split, anyway)
    rows, of_folds = _same_folds(_same_facts(rows), anyway)
    return Common(rows, len(next(iter(rows.values()))), (*remarks, *more, *of_folds, *_of_digests(candidates)))


def _shared_ids(parts: Mapping[str, pd.DataFrame]) -> pd.Index:
    ids = [pd.Index(part["id"].to_numpy(dtype=object)) for part in parts.values()]
    shared = ids[0]
    for other in ids[1:]:
        if not shared.equals(other):
            shared = shared[other.get_indexer(shared) >= 0]
    return shared


def _of_different_sets(parts, shared: pd.Index, split: str, anyway: bool) -> list[str]:
    sizes = {name: len(part) for name, part in parts.items()}
    if set(sizes.values()) == {len(shared)}:
        return []
    told = ", ".join(f"{name} {size:,}" for name, size in sizes.items())
    if not anyway:
        raise UserError(
            f"the {split} sets differ: {told}; {len(shared):,} examples in common",
            hint="--anyway compares on those alone; or give the runs one split (data.split: from:RUN).",
        )
    return [
        f"The {split} sets differ ({told}): compared on the {len(shared):,} examples in common. This says which is "
        "better on those; it says nothing about the others, and some may have been in another model's train set."
    ]


def _same_labels(rows: dict[str, pd.DataFrame], split: str, anyway: bool) -> tuple[dict[str, pd.DataFrame], list[str]]:
    first, *others = rows.values()
    differ = np.zeros(len(first), dtype=bool)
    for other in others:
        differ |= ~_equal(first["y_true"], other["y_true"])
    count = int(differ.sum())
    if not count:
        return rows, []
    if not anyway:
        key = str(first["id"].iloc[int(differ.argmax())])
        raise UserError(
            f"the labels of {count:,} of {len(first):,} {split} examples differ",
            value=[str(part["y_true"].iloc[int(differ.argmax())]) for part in rows.values()],
            where=f"id {key!r}",
            hint="Score all with the same labels; --anyway leaves those examples out.",
        )
    if differ.all():
        raise UserError(f"no {split} example has the same label everywhere", hint="Score all with the same labels.")
    remark = (
        f"{count:,} examples are labelled differently and left out: nothing is said about them, and errors of rates "
        "measured with other labels than these cannot be compared."
    )
    return {name: part[~differ].reset_index(drop=True) for name, part in rows.items()}, [remark]


def _equal(a: pd.Series, b: pd.Series) -> np.ndarray:
    if pd.api.types.is_numeric_dtype(a) and pd.api.types.is_numeric_dtype(b):
        return np.isclose(a.to_numpy("float64"), b.to_numpy("float64"), rtol=1e-9, atol=0, equal_nan=True)
    return (a.astype(object).map(str).to_numpy() == b.astype(object).map(str).to_numpy()).astype(bool)


def _refuse_other_overlays(candidates: Sequence[Candidate], anyway: bool) -> None:
    """Runs that were trained or scored with other corrections of labels."""
    digests = {each.name: each.info.get("label_overlay") for each in candidates if each.info}
    if len(set(digests.values())) > 1 and not anyway:
        raise UserError(
            "the runs used different label corrections",
            value=digests,
            hint="Train both with the same ones; --anyway compares on labels that agree.",
        )


def _of_digests(candidates: Sequence[Candidate]) -> list[str]:
    found = {}
    for each in candidates:
        if each.info.get("data_digest"):
            found.setdefault(each.info["data_digest"], []).append(each.name)
    if len(found) < 2:
        return []
    groups = "; ".join(", ".join(names) for names in found.values())
    return [f"The data changed between these runs ({groups}): the difference is that of models and data together."]


def _same_facts(rows: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """What belongs to the example and not to the model is taken from the first table that has it."""
    tables = list(rows.values())
    shared = {}
    columns = [*_SHARED, *dict.fromkeys(c for t in tables for c in t if str(c).startswith("meta_"))]
    for column in columns:
        if str(column) in ("meta_latency_ms", FOLD):  # of the model, not of the example
            continue
        holders = [t[column] for t in tables if column in t and t[column].notna().any()]
        if column in ("weight", "size"):
            holders = [h for h in holders if (h != 1).any()] or holders
        if holders:
            shared[column] = holders[0].array
    return {name: part.assign(**shared) for name, part in rows.items()}


def _same_folds(rows: dict[str, pd.DataFrame], anyway: bool) -> tuple[dict[str, pd.DataFrame], list[str]]:
    """Folds are compared fold by fold, so they have to be the same; otherwise the column goes.

    Raises:
        UserError: each was cross-validated, in other folds.
    """
    folds = {name: _folds_of(part) for name, part in rows.items()}
    known = {name: fold for name, fold in folds.items() if fold is not None}
    first = next(iter(known.values()), None)
    if len(known) == len(rows) and all(np.array_equal(first, fold) for fold in known.values()):
        return rows, []
    bare = {name: part.drop(columns=FOLD, errors="ignore") for name, part in rows.items()}
    if not known:
        return bare, []
    if len(known) < len(rows):
        others = [name for name in rows if name not in known]
        remark = f"{listed(list(known))}: of cross-validation, the error of a recipe; {listed(others)}: of one model."
        return bare, [remark]
    if not anyway:
        counts = {name: len(np.unique(fold)) for name, fold in known.items()}
        hint = "Train both with the same --folds on the same data; --anyway compares example by example."
        raise UserError("the folds differ", value=counts, hint=hint)
    return bare, ["The folds differ: examples are compared as if they were independent, and p-values are too small."]


def _folds_of(part: pd.DataFrame) -> np.ndarray | None:
    """The fold of each row; None where rows are without."""
    if FOLD not in part or part[FOLD].isna().any():
        return None
    fold = part[FOLD]
    if (
        pd.api.types.is_float_dtype(fold.dtype) and not (fold % 1).any()
    ):  # beside test rows, which are of no fold, whole numbers are 1.0, 2.0 …
        fold = fold.astype("Int64")
    return fold.astype(str).to_numpy()


def weighted(rows: Mapping[str, pd.DataFrame], weights: Mapping[str, float]) -> dict[str, pd.DataFrame]:
    """Multiply the weight of rows, as when some errors cost more.

    Args:
        rows: candidate → rows.
        weights: slice → factor, such as {"class=cat": 10}; a column of numbers, {"meta_cost": 1}, is multiplied by.

    Raises:
        UserError: no such column or value, a column that is no number, a factor that is negative.
    """
    if not weights:
        return dict(rows)
    first = next(iter(rows.values()))
    factor = np.ones(len(first))
    for name, weight in weights.items():
        if not 0 <= float(weight) < np.inf:
            raise UserError("a weight is a number from 0 up", value=weight, where=name)
        factor = factor * _factor(first, str(name), float(weight))
    if not (factor * first["weight"].to_numpy() * first["size"].to_numpy()).sum() > 0:
        raise UserError("weights are not all 0", value=dict(weights), where="--weight")
    return {name: part.assign(weight=part["weight"].to_numpy() * factor) for name, part in rows.items()}


def _factor(part: pd.DataFrame, name: str, weight: float) -> np.ndarray:
    column, equals, value = name.partition("=")
    column = "y_true" if column == "class" else column
    if column not in part:
        raise unknown("column", column, [str(c) for c in part.columns], where="--weight")
    if not equals:
        if not pd.api.types.is_numeric_dtype(part[column]) or not (part[column] >= 0).all():
            raise UserError("a column of weights holds numbers from 0 up in all rows", value=column, where="--weight")
        return weight * part[column].to_numpy("float64")
    inside = (part[column].astype(object).map(str) == value).to_numpy()
    if not inside.any():
        raise unknown(f"value of {column}", value, part[column].astype(object).map(str).unique()[:50], where="--weight")
    return np.where(inside, weight, 1.0)
