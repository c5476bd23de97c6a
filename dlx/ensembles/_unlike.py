"""What cannot be averaged: runs of other data, labels, splits, classes or tasks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dlx.comparison._candidates import Candidate
from dlx.errors import UserError

__all__ = ["refuse_unlike"]

_DIGESTS = {
    "data_digest": ("the data", "Train them on the same data."),
    "label_overlay": ("the label corrections", "Train all of them with the same corrections."),
    "split_digest": (
        "the splits",
        "Give them one split, `-s data.split=from:RUN`: else some have learned others' dev.",
    ),
}
#: What a task may differ in: how it is learned, not what is said.
_LEARNING = ("loss",)


def refuse_unlike(found: Sequence[Candidate]) -> None:
    """Refuse members that do not answer the same question about the same examples.

    Raises:
        UserError: what differs, and between which.
    """
    first = found[0]
    for key, (what, hint) in _DIGESTS.items():
        known = {each.name: each.info.get(key) for each in found if each.info}
        _same(what, {name: _short(digest) for name, digest in known.items()}, hint)
    for other in found[1:]:
        mine, theirs = first.case.predictions.classes, other.case.predictions.classes
        if mine != theirs:
            _other_classes(first.name, mine, other.name, theirs)
    tasks = {each.name: _said(each.case.recipe) for each in found if each.case.recipe}
    hint = "Members must say the same: positive class, threshold and unit."
    _same("the tasks", tasks, hint)
    folds = {each.name: each.info.get("folds") for each in found if each.info}
    _same("the folds", folds, "Take runs of the same --folds, or none of folds.")


def _same(what: str, values: dict[str, Any], hint: str) -> None:
    first = next(iter(values.values()), None)
    other = next((name for name, value in values.items() if value != first), None)
    if other is not None:
        name = next(iter(values))
        told = {name: first, other: values[other]}
        raise UserError(f"runs cannot be averaged when {what} differ", value=told, hint=hint)


def _other_classes(first: str, mine: Sequence[str], other: str, theirs: Sequence[str]) -> None:
    missing, added = ([c for c in a if c not in b] for a, b in ((mine, theirs), (theirs, mine)))
    told = [f"{other} lacks {', '.join(missing[:5])}"] if missing else []
    told += [f"{first} lacks {', '.join(added[:5])}"] if added else []
    raise UserError(
        f"a run whose classes differ cannot be averaged with the others: {'; '.join(told) or 'their order differs'}",
        value={first: len(mine), other: len(theirs)},
        hint="Train all members on the same labels, with the same positive class.",
    )


def _said(recipe: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in (recipe.get("task") or {}).items() if key not in _LEARNING}


def _short(digest: Any) -> Any:
    return digest[:8] if isinstance(digest, str) else digest
