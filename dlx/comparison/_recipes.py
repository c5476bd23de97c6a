"""The recipes of what is compared: which keys differ, and the goal they share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dlx.comparison._candidates import Candidate
from dlx.errors import UserError
from dlx.strategy.augmenting import written

__all__ = ["differing_keys", "flat", "one_knob", "shared_goal"]

_LEFT_OUT = ("resolved_by", "search")


def differing_keys(candidates: Sequence[Candidate]) -> dict[str, dict[str, Any]]:
    """Key → {candidate: value} for each key in which the recipes differ; a key that one lacks is None there."""
    leaves = {each.name: dict(flat(each.case.recipe)) for each in candidates if each.case.recipe}
    if len(leaves) < 2:
        return {}
    keys = dict.fromkeys(key for recipe in leaves.values() for key in recipe)
    table = {key: {name: recipe.get(key) for name, recipe in leaves.items()} for key in keys}
    return {key: row for key, row in table.items() if any(value != next(iter(row.values())) for value in row.values())}


def flat(recipe: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    """Dotted key and value of each leaf of a resolved recipe; ``augment`` is one text, as one would write it."""
    found = []
    for key, value in recipe.items():
        if not prefix and key in _LEFT_OUT:
            continue
        if key == "augment" and not prefix:
            found.append((key, written(value)))
        elif isinstance(value, Mapping) and value:
            found += flat(value, f"{prefix}{key}.")
        else:
            found.append((f"{prefix}{key}", value))
    return found


def one_knob(differing: Mapping[str, Any]) -> str:
    """What several differing keys mean for the conclusion (rule P27); empty where it is clear."""
    turned = [key for key in differing if key.partition(".")[0] in ("data", "model", "augment", "train", "task")]
    if len(turned) < 2:
        return ""
    return f"{len(turned)} keys of the recipes differ: the difference cannot be put down to one of them."


def shared_goal(candidates: Sequence[Candidate], *, metric: str | None, satisfice: Any) -> tuple[str, Any, str | None]:
    """The metric, the limits, and the positive class: as asked for, else from the runs' recipes.

    Raises:
        UserError: the runs have different goals, and none is asked for.
    """
    recipes = {each.name: each.case.recipe for each in candidates if each.case.recipe}
    goals = {name: recipe.get("goal") or {} for name, recipe in recipes.items()}
    if metric is None:
        metrics = {name: goal.get("optimize") or "error" for name, goal in goals.items()}
        if len(set(metrics.values())) > 1:
            raise UserError("the runs have different goals", value=metrics, hint="Say which counts: --metric NAME.")
        metric = next(iter(metrics.values()), "error")
    if satisfice is None:
        satisfice = {}
        for name, goal in goals.items():
            for key, limit in (goal.get("satisfice") or {}).items():
                if satisfice.setdefault(key, limit) != limit:
                    hint = f'Say which counts: --satisfice "{key} {limit}".'
                    raise UserError(
                        f"the runs limit {key} differently", value=[satisfice[key], limit], where=name, hint=hint
                    )
    positive = [(recipe.get("task") or {}).get("positive") for recipe in recipes.values()]
    return metric, satisfice, next((p for p in positive if p is not None), None)
