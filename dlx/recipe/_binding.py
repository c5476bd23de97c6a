"""Arguments of parts: bound to their signatures, and checked against the types these state."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

from dlx import parts
from dlx.errors import UserError
from dlx.recipe._annotations import kind_of, namespace
from dlx.recipe._faults import Fault, show, validate

__all__ = ["bind", "is_path", "out_of_range", "plain"]


def bind(family: str, selector: str, section: dict, path: tuple) -> tuple[dict, list[Fault]]:
    """Bind a section to the part it names.

    Args:
        family: of the part.
        selector: the key with the part's name: ``builder``, ``reader`` or ``name``.
        section: part name and arguments, as the recipe has them.
        path: of the section.

    Returns:
        the section with every default of the signature written out as plain data, and the faults.
    """
    name = section[selector]
    arguments = {key: value for key, value in section.items() if key != selector}
    try:
        bound, wrong = parts.bind(family, name, arguments)
        parameters = parts.signature(family, name)
    except UserError as error:
        return section, [Fault((*path, selector), str(error))]
    faults = [Fault((*path, key), message) for key, message in wrong]
    names = namespace(parts.find(family, name).module)
    for key, value in bound.items():
        if key in arguments and key in parameters:
            bound[key], mistyped = _typed(parameters[key], value, (*path, key), names)
            faults += mistyped
    # a default that is no plain data cannot be written down: the part goes on using its own
    return {selector: name} | {key: plain(value) for key, value in bound.items() if _is_plain(value)}, faults


def out_of_range(family: str, selector: str, section: dict, path: tuple) -> list[Fault]:
    """What a part that is made of its arguments alone says of them: made once here, so that no data is read in vain."""
    arguments = {key: value for key, value in section.items() if key != selector}
    try:
        parts.load(family, section[selector])(**arguments)
    except (UserError, ValueError) as error:
        key = getattr(error, "where", None)
        place = (*path, key) if key in arguments else path
        rule = error.rule if isinstance(error, UserError) else str(error)
        value = getattr(error, "value", None)
        return [Fault(place, rule if value is None else f"{rule} (got {show(value)})")]
    return []


def is_path(family: str, name: str, key: str) -> bool:
    """Whether an argument is a file or folder: it is called ``path``, or its annotation says ``Path``."""
    parameter = parts.signature(family, name).get(key)
    return key == "path" or (parameter is not None and "Path" in str(parameter.annotation))


def _typed(parameter: inspect.Parameter, value: Any, path: tuple, names: dict) -> tuple[Any, list[Fault]]:
    """The value, and what is wrong with its type; a number where text is wanted is a label or name: 1 is "1"."""
    if value is None and parameter.default is None:
        return value, []
    kind = kind_of(parameter.annotation, names)
    _, faults = validate(kind, value, lambda _: [], path)
    if faults and type(value) in (int, float) and not validate(kind, str(value), lambda _: [], path)[1]:
        return str(value), []
    return value, faults


def _is_plain(value: Any) -> bool:
    if isinstance(value, dict):
        return all(isinstance(k, str) and _is_plain(v) for k, v in value.items())
    if isinstance(value, (list, tuple, set, frozenset)):
        return all(_is_plain(v) for v in value)
    return value is None or isinstance(value, (str, int, float, bool, PurePath))


def plain(value: Any) -> Any:
    """A copy with lists for tuples and sets, text for paths and keys, and Python's numbers for NumPy's."""
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if isinstance(value, PurePath):
        return str(value)
    return value.item() if hasattr(value, "item") and not getattr(value, "shape", ()) else value
