"""Several labels in words: a list of 1, 0 and null is no answer that people can read."""

from __future__ import annotations

import json
from collections.abc import Sequence

__all__ = ["named"]


def named(label: str, names: Sequence[str]) -> str:
    """A list of 1, 0 and null (not known) as the names of the labels that are there; other text as it is.

    >>> named("[1, 0, 1]", ["even", "prime", "round"])
    'even, round'
    >>> named("[0, null, 0]", ["even", "prime", "round"])
    'none (not known: prime)'
    """
    try:
        values = json.loads(label) if names and label.startswith("[") else None
    except ValueError:
        values = None
    if not isinstance(values, list) or len(values) != len(names):
        return label
    there = ", ".join(name for name, value in zip(names, values, strict=True) if value) or "none"
    unknown = ", ".join(name for name, value in zip(names, values, strict=True) if value is None)
    return f"{there} (not known: {unknown})" if unknown else there
