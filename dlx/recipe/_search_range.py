"""The form of one range of ``search:``, and which values lie in it."""

from __future__ import annotations

import math
from typing import Any

from dlx.errors import nearest

__all__ = ["SCALES", "in_range", "search_range"]

SCALES = ("linear", "log", "one_minus_log")


def search_range(value: Any) -> dict[str, Any]:
    """What a search may try for one key: ``{values: [...]}`` or ``{min, max, scale, step}``, each with ``when``.

    The scale is ``linear``, ``log`` (each factor of ten gets the same share) or ``one_minus_log`` (the same of
    1 − value, for β near 1). A step is a distance on the linear scale, and a factor above 1 on the others.

    Raises:
        ValueError: neither form, or limits that hold nothing.
    """
    if isinstance(value, list):
        value = {"values": value}
    if not isinstance(value, dict) or not ("values" in value or {"min", "max"} <= set(value)):
        raise ValueError("is {values: [...]} or {min, max, scale, step}")
    known = ("values", "when") if "values" in value else ("min", "max", "scale", "step", "when")
    if unknown := sorted(set(value) - set(known)):
        close = nearest(unknown[0], known)
        hint = f"did you mean {close!r}?" if close else f"its keys are {', '.join(known)}"
        raise ValueError(f"has no {unknown[0]!r}: {hint}")
    checked = _values(value["values"]) if "values" in value else _interval(value)
    when = value.get("when")
    if when is not None and (not isinstance(when, dict) or not when):
        raise ValueError("when: is a mapping from another knob to the value it must have")
    return checked | ({"when": when} if when else {})


def _values(values: Any) -> dict[str, Any]:
    if not isinstance(values, list) or not values:
        raise ValueError("values: is a list of at least one value")
    if any(value in values[:i] for i, value in enumerate(values)):
        raise ValueError("values: holds a value twice")
    return {"values": values}


def _interval(value: dict[str, Any]) -> dict[str, Any]:
    low, high, step, scale = value["min"], value["max"], value.get("step"), value.get("scale", "linear")
    if not all(_is_number(v) for v in (low, high)):
        raise ValueError("needs numbers with min below max")
    if not low < high:
        raise ValueError(f"needs min below max: nothing lies between {low} and {high}")
    if scale not in SCALES:
        raise ValueError("scale: is linear, log or one_minus_log")
    if scale == "log" and low <= 0:
        raise ValueError("a log scale needs min above 0")
    if scale == "one_minus_log" and not (low > 0 and high < 1):
        raise ValueError("a one_minus_log scale needs min above 0 and max below 1")
    if step is not None and (not _is_number(step) or step <= 0):
        raise ValueError("step: is a number above 0")
    if step is not None and scale != "linear" and step <= 1:
        raise ValueError(f"step: on a {scale} scale is a factor above 1")
    return {"min": low, "max": high, "scale": scale, "step": step}


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def in_range(knob: Any, value: Any) -> bool:
    """Whether a value is one of those listed, or lies between the limits; True where the range itself is at fault."""
    values = knob if isinstance(knob, list) else knob.get("values") if isinstance(knob, dict) else None
    if isinstance(values, list):
        return any(value == v and isinstance(value, bool) == isinstance(v, bool) for v in values)
    if not isinstance(knob, dict) or not all(_is_number(knob.get(end)) for end in ("min", "max")):
        return True
    return _is_number(value) and knob["min"] <= value <= knob["max"]
