"""From the annotation of a part's parameter to the kind of value that a recipe may give it."""

from __future__ import annotations

import collections.abc
import inspect
import sys
import types
import typing
from pathlib import Path, PurePath
from typing import Any

from dlx.recipe._kinds import Kind, anything, choice, flag, listing, mapping, number, one_of, optional, text, whole

__all__ = ["kind_of", "namespace"]

_SCALARS = {int: whole, float: number, str: text, bool: flag, Any: anything}
_LISTS = (list, tuple, set, frozenset, collections.abc.Sequence, collections.abc.Iterable, collections.abc.Collection)
_MAPPINGS = (dict, collections.abc.Mapping, collections.abc.MutableMapping)


def namespace(module: str) -> dict[str, Any]:
    """Names that an annotation may use: the module's own where it is imported, and those of typing."""
    names = {name: getattr(collections.abc, name) for name in collections.abc.__all__} | {"Path": Path}
    names |= {name: getattr(typing, name) for name in ("Annotated", "Any", "Literal", "Optional", "Union")}
    return names | (vars(sys.modules[module]) if module in sys.modules else {})


def kind_of(annotation: Any, names: dict[str, Any]) -> Kind:
    """The kind of value; a type that only the part's own imports know is checked by the part, and anything here.

    Args:
        annotation: as the signature has it, often text.
        names: what text may refer to, from :func:`namespace`.
    """
    if annotation is inspect.Parameter.empty:
        return anything()
    if isinstance(annotation, str):
        holder = types.SimpleNamespace(__annotations__={"value": annotation})
        try:
            annotation = typing.get_type_hints(holder, globalns=names)["value"]
        except (NameError, TypeError, AttributeError):
            return anything()
    return _kind(annotation)


def _kind(annotation: Any) -> Kind:
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if annotation in _SCALARS:
        return _SCALARS[annotation]()
    if origin in (typing.Union, types.UnionType):
        kinds = [_kind(a) for a in arguments if a is not types.NoneType]
        kind = kinds[0] if len(kinds) == 1 else one_of(*kinds)
        return optional(kind) if types.NoneType in arguments else kind
    if origin is typing.Literal:
        return choice(*arguments)
    if (origin or annotation) in _LISTS:
        return listing(_kind(arguments[0]) if arguments else anything())
    if (origin or annotation) in _MAPPINGS:
        return mapping(text(), _kind(arguments[1]) if arguments else anything())
    if isinstance(annotation, type) and issubclass(annotation, PurePath):
        return text()
    return anything()
