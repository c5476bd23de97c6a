"""Small value types of a recipe: rates, names, limits and split sizes."""

from __future__ import annotations

import math
import re
from typing import Any

from dlx.errors import nearest

__all__ = [
    "LIMIT",
    "NAME",
    "SCALES",
    "class_weight",
    "figure",
    "in_range",
    "limit",
    "name",
    "rate",
    "search_range",
    "split_size",
    "split_word",
]

NAME = r"[A-Za-z0-9_-]+"
LIMIT = r"\s*(<=|>=|<|>)\s*([-+]?[0-9.]+(?:[eE][-+]?[0-9]+)?)\s*"
SCALES = ("linear", "log", "one_minus_log")


def name(value: Any) -> str:
    """A name fit for files, tags and table cells.

    Raises:
        ValueError: other characters than letters, digits, ``-`` and ``_``.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)  # a source or group called 2019
    if not isinstance(value, str) or not re.fullmatch(NAME, value, flags=re.ASCII):
        raise ValueError("a name has letters, digits, - and _ only")
    return value


def rate(value: Any) -> float:
    """A rate as a fraction: 0.007 and "0.7%" are the same; 8 is refused, since it could mean 8 %.

    >>> rate("0.7%")
    0.007

    Raises:
        ValueError: no number, negative, or above 1.
    """
    if isinstance(value, str):
        text = value.strip()
        if not text.endswith("%"):
            raise ValueError("a rate is a number in 0–1 or text with a percent sign, like 0.7%")
        try:
            percent = float(text[:-1])
        except ValueError:
            raise ValueError("a rate is a number in 0–1 or text with a percent sign, like 0.7%") from None
        if not 0 <= percent <= 100:
            raise ValueError("a rate is from 0% to 100%")
        return float(f"{percent / 100:.12g}")  # 0.7 / 100 is 0.006999999999999999
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError("a rate is a number in 0–1 or text with a percent sign, like 0.7%")
    if 1 < value <= 100:
        raise ValueError(f"a rate is a number in 0–1; write {value:g}%")
    if not 0 <= value <= 1:
        raise ValueError("a rate is a number in 0–1 or text with a percent sign, like 0.7%")
    return float(value)


def limit(value: Any) -> str:
    """A limit to satisfy: ``<= 10``, ``> 0.5``.

    Raises:
        ValueError: no comparison followed by a number.
    """
    found = re.fullmatch(LIMIT, value) if isinstance(value, str) else None
    if not found:
        raise ValueError('a limit is a comparison and a number, like "<= 10"')
    return f"{found[1]} {found[2]}"


def split_size(value: Any) -> float | int:
    """A share (0.2 or 20%) or a count (2000) of examples.

    Raises:
        ValueError: negative, a share above 1, or no number.
    """
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    if isinstance(value, (int, float)) and not 0 <= value <= 1:
        raise ValueError("a split is a share in 0–1 (0.2 or 20%) or a whole number of examples")
    return rate(value)


def figure(value: Any) -> float:
    """A human figure or a target: a rate, or a number of at least 0 in the unit of an unbounded measure.

    Raises:
        ValueError: neither.
    """
    if isinstance(value, str):
        return rate(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < math.inf:
        raise ValueError("an error is a rate (0.007 or 0.7%), or a number of at least 0 in the target's unit")
    return float(value)


def class_weight(value: Any) -> str | dict[str, float] | None:
    """``balanced``, or a weight above 0 for each class.

    Raises:
        ValueError: neither.
    """
    if value is None or value == "balanced":
        return value
    if not isinstance(value, dict) or not value:
        raise ValueError("must be null, balanced, or a mapping from class to weight")
    for label, weight in value.items():
        if isinstance(weight, bool) or not isinstance(weight, (int, float)) or not 0 < weight < math.inf:
            raise ValueError(f"the weight of class {label!r} must be a number above 0")
    return {str(label): float(weight) for label, weight in value.items()}


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


def split_word(value: Any) -> str:
    """A split in one word: ``auto``, ``own`` or ``from:RUN``.

    Raises:
        ValueError: anything else.
    """
    if value in ("auto", "own") or (isinstance(value, str) and value.startswith("from:") and value[5:].strip()):
        return value
    raise ValueError("a split is auto, own, from:RUN or a mapping of sizes {train, dev, test, train_dev}")
