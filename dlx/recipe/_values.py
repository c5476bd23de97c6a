"""Small value types of a recipe: rates, names, limits and split sizes."""

from __future__ import annotations

import math
import re
from typing import Any

__all__ = [
    "LIMIT",
    "NAME",
    "class_weight",
    "figure",
    "limit",
    "name",
    "rate",
    "split_size",
    "split_word",
]

NAME = r"[A-Za-z0-9_-]+"
LIMIT = r"\s*(<=|>=|<|>)\s*([-+]?[0-9.]+(?:[eE][-+]?[0-9]+)?)\s*"


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


def split_word(value: Any) -> str:
    """A split in one word: ``auto``, ``own`` or ``from:RUN``.

    Raises:
        ValueError: anything else.
    """
    if value in ("auto", "own") or (isinstance(value, str) and value.startswith("from:") and value[5:].strip()):
        return value
    raise ValueError("a split is auto, own, from:RUN or a mapping of sizes {train, dev, test, train_dev}")
