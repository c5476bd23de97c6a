"""What several keys of a recipe must agree on; works on data that may have other faults, to name all at once."""

from __future__ import annotations

from typing import Any

from dlx import parts
from dlx.errors import UserError, nearest
from dlx.recipe._faults import Fault, show
from dlx.recipe._ranges import search_faults
from dlx.recipe._transfer import transfer_faults

__all__ = ["cross_faults"]


def cross_faults(data: dict, bound: dict[tuple, dict], defaults: dict[str, list[str]]) -> list[Fault]:
    """Faults between keys.

    Args:
        data: the recipe, shorthands written out.
        bound: sections of parts with their defaults, by path.
        defaults: section → the keys it has without being written.
    """
    return [
        *_target(_mapping(data, "data")),
        *_optimize(data),
        *_figures(data),
        *transfer_faults(data),
        *search_faults(data, bound, defaults),
    ]


def _mapping(data: Any, key: str) -> dict:
    value = data.get(key) if isinstance(data, dict) else None
    return value if isinstance(value, dict) else {}


def _target(data: dict) -> list[Fault]:
    target, sources = data.get("target"), _mapping(data, "sources")
    if target is None:
        if data.get("target_in_train") is not None:
            return [Fault(("data", "target_in_train"), "says nothing without data.target, the source you care about")]
        return []
    if isinstance(target, str) and sources and target not in sources:
        close = nearest(target, sources)
        hint = f"did you mean {close!r}?" if close else f"the sources are: {', '.join(sources)}"
        return [Fault(("data", "target"), f"must be one of data.sources (got {target!r}); {hint}")]
    return []


def _optimize(data: dict) -> list[Fault]:
    measure = _mapping(data, "goal").get("optimize", "error")
    if not isinstance(measure, str) or measure == "error":
        return []
    try:
        parts.find("metrics", measure)
    except UserError as error:
        return [Fault(("goal", "optimize"), str(error))]
    return []


def _bounded(data: dict) -> bool:
    """Whether the error is a rate: it is for every task and metric that does not say otherwise."""
    measure, task = _mapping(data, "goal").get("optimize", "error"), _mapping(data, "task").get("name")
    try:
        if isinstance(measure, str) and measure != "error":
            bounds = parts.constant("metrics", measure, "BOUNDS", (0, 1))
            return tuple(bounds) == (0, 1)
        return bool(parts.constant("tasks", task, "BOUNDED", True)) if isinstance(task, str) else True
    except UserError:  # no such part: said elsewhere
        return True


def _figures(data: dict) -> list[Fault]:
    places = [(("goal", "target"), _mapping(data, "goal").get("target"))]
    for group, figure in _mapping(data, "human").items():
        if isinstance(figure, dict):
            places.append((("human", group, "error"), figure.get("error")))
    bounded, faults = _bounded(data), []
    for path, value in places:
        if bounded and isinstance(value, (int, float)) and not isinstance(value, bool) and value > 1:
            written = f"write {value:g}%" if value <= 100 else "it is at most 1"
            faults.append(Fault(path, f"a rate is a number in 0–1; {written} (got {show(value)})"))
        if not bounded and isinstance(value, str) and value.strip().endswith("%"):
            faults.append(Fault(path, f"this measure is no rate: write a number in its unit (got {show(value)})"))
    return faults
