"""A knob from its range in a recipe: whole or not, and the values that the recipe accepts at all."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from dlx.errors import UserError
from dlx.recipe._faults import validate
from dlx.recipe._overrides import split_path
from dlx.recipe._ranges import choices, kind_at, path_of
from dlx.search.knob import Knob

__all__ = ["knob_of", "present"]


def knob_of(path: str, ranges: Mapping[str, Any], recipe: dict[str, Any], tier: int | None) -> Knob:
    """The knob of one range.

    Args:
        path: its key.
        ranges: all ranges of the search, in the form of a recipe.
        recipe: resolved, as plain data.
        tier: rank of importance.
    """
    spec = ranges[path]
    when = {other: choices(ranges[other], value) for other, value in (spec.get("when") or {}).items()}
    if "values" in spec:
        return Knob(path, values=tuple(spec["values"]), when=when, tier=tier)
    low, high = spec["min"], spec["max"]
    kind = kind_at(recipe, path_of(recipe, path, spec.get("when")))

    def fits(value: float) -> bool:
        return not validate(kind, value, lambda _: [])[1]

    whole = float(low).is_integer() and not fits(low + min(high - low, 1) / 2)
    if kind.core["type"] == "any":
        whole = _all_whole(low, high, present(recipe, path))
    lowest, highest = -math.inf, math.inf
    if low >= 0:  # what is not negative in the recipe is never tried negative
        floor = 1 if whole and low >= 1 else 0
        lowest = floor if fits(floor) else low / 10
    if low >= 0 and high < 1 and not whole:  # a share or a β
        highest = 1 - (1 - high) / 10
    step = spec.get("step")
    if whole:
        low, high = math.ceil(low), math.floor(high)
    scale = spec.get("scale") or "linear"
    return Knob(path, low, high, scale, step, whole=whole, when=when, tier=tier, domain=(lowest, highest))


def _all_whole(low: float, high: float, own: Any) -> bool:
    """Where a signature says nothing, the limits and the recipe's own value do."""
    return all(isinstance(v, int) and not isinstance(v, bool) for v in (low, high, 1 if own is None else own))


def present(recipe: Mapping[str, Any], path: str) -> Any:
    """The recipe's own value at a path; None where it has none (a key of another schedule, say)."""
    try:
        parts = split_path(recipe, path)
    except UserError:  # a layer that the recipe does not have
        return None
    value: Any = recipe
    for part in parts:
        inside = part < len(value) if isinstance(value, list) else isinstance(value, dict) and part in value
        if not inside:
            return None
        value = value[part]
    return value
