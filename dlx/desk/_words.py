"""Several labels in words: a list of 1, 0 and null, or of classes, is no answer that people can read."""

from __future__ import annotations

import json
from collections.abc import Sequence

__all__ = ["named"]


def named(label: str, names: Sequence[str]) -> str:
    """A list of 1, 0 and null (not known) as the names of the labels that are there, one of classes with its tasks.

    Other text is left as it is.

    >>> named("[1, 0, 1]", ["even", "prime", "round"])
    'even, round'
    >>> named("[0, null, 0]", ["even", "prime", "round"])
    'none (not known: prime)'
    >>> named('["8", "even", null]', ["digit", "parity", "loops"])
    'digit 8, parity even (not known: loops)'
    """
    try:
        values = json.loads(label) if names and label.startswith("[") else None
    except ValueError:
        values = None
    if not isinstance(values, list) or len(values) != len(names):
        return label
    pairs = [(name, value) for name, value in zip(names, values, strict=True) if value]
    there = ", ".join(f"{name} {value}" if isinstance(value, str) else name for name, value in pairs) or "none"
    unknown = ", ".join(name for name, value in zip(names, values, strict=True) if value is None)
    return f"{there} (not known: {unknown})" if unknown else there
