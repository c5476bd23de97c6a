"""Rates and counts as people write them: ``0.7%`` or a number in 0–1, and whole numbers of rows."""

from __future__ import annotations

import math
from typing import Any

from dlx.errors import UserError

__all__ = ["count", "rate"]

_RULE = "a rate is a number in 0–1 or text with a percent sign, like 0.7%"


def rate(value: Any, *, where: str) -> float:
    """A rate as a fraction; 8 is refused, since it most likely means 8 %.

    >>> rate("0.7%", where="--human"), rate(0.007, where="human")
    (0.007, 0.007)

    Args:
        value: a number in 0–1, or text: a number in 0–1 or a percentage from 0% to 100%.
        where: the option or argument it came from.

    Raises:
        UserError: no number, negative, not finite, or above 1 (100 %).
    """
    text = str(value).strip()
    percent = text.endswith("%")
    try:
        number = float(text[:-1] if percent else text)
    except ValueError:
        raise UserError(_RULE, value=value, where=where) from None
    if isinstance(value, bool) or not math.isfinite(number) or number < 0:
        raise UserError(_RULE, value=value, where=where)
    if percent:
        if number > 100:
            raise UserError("a rate is at most 100%", value=value, where=where)
        return float(f"{number / 100:.12g}")  # 0.7 / 100 is 0.006999999999999999
    if number > 1:
        hint = f"Write {number:g}%." if number <= 100 else None
        raise UserError(_RULE, value=value, where=where, hint=hint)
    return number


def count(value: Any, *, where: str) -> int:
    """A number of rows: whole and at least 1.

    Raises:
        UserError: anything else.
    """
    whole = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    if not whole and not hasattr(value, "__index__"):
        raise UserError("a number of examples is a whole number", value=value, where=where)
    if value != int(value) or value < 1 or isinstance(value, bool):
        raise UserError("a number of examples is a whole number, at least 1", value=value, where=where)
    return int(value)
