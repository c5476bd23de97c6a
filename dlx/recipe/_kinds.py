"""Kinds of values in a recipe: what pydantic's core validates, and the same as JSON Schema for editors.

The core alone (``pydantic_core``) loads and builds in 0.03 s; the same sections as ``BaseModel`` classes took 0.14 s,
more than half of what ``dlx check`` may take. Values keep their type: ``"3"`` is no number, as YAML tells them apart.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

__all__ = ["REQUIRED", "Field", "Kind", "Section", "anything", "checked", "choice", "flag", "listing", "mapping"]
__all__ += ["number", "one_of", "optional", "part", "section", "text", "whole"]

REQUIRED: Any = object()


@dataclass(frozen=True)
class Kind:
    """What a value may be.

    Attributes:
        core: schema of pydantic's core.
        json: the same as JSON Schema.
    """

    core: dict[str, Any]
    json: dict[str, Any]


@dataclass(frozen=True)
class Field:
    """One key of a section.

    Attributes:
        kind: what its value may be.
        default: written into the resolved recipe when the key is left out; ``REQUIRED`` for none.
        help: one line, shown by editors.
    """

    kind: Kind
    default: Any = REQUIRED
    help: str = ""


@dataclass(frozen=True)
class Section(Kind):
    """A mapping whose keys are known.

    Attributes:
        fields: its keys.
    """

    fields: dict[str, Field] = field(default_factory=dict)


def whole(*, ge: int | None = None, lt: int | None = None) -> Kind:
    """A whole number."""
    return _limited("int", "integer", ge=ge, lt=lt)


def number(
    *, gt: float | None = None, ge: float | None = None, lt: float | None = None, le: float | None = None
) -> Kind:
    """A finite number."""
    made = _limited("float", "number", gt=gt, ge=ge, lt=lt, le=le)
    return Kind(made.core | {"allow_inf_nan": False}, made.json)


def _limited(core: str, json: str, **limits) -> Kind:
    names = {"gt": "exclusiveMinimum", "ge": "minimum", "lt": "exclusiveMaximum", "le": "maximum"}
    limits = {key: value for key, value in limits.items() if value is not None}
    return Kind({"type": core, "strict": True} | limits, {"type": json} | {names[k]: v for k, v in limits.items()})


def text() -> Kind:
    """Text; a number has to be quoted."""
    return Kind({"type": "str", "strict": True}, {"type": "string"})


def flag() -> Kind:
    """True or false."""
    return Kind({"type": "bool", "strict": True}, {"type": "boolean"})


def anything() -> Kind:
    """Whatever YAML can hold."""
    return Kind({"type": "any"}, {})


def choice(*values: str | int | bool | None) -> Kind:
    """One of these."""
    return Kind({"type": "literal", "expected": list(values)}, {"enum": list(values)})


def optional(kind: Kind) -> Kind:
    """That, or null."""
    return Kind({"type": "nullable", "schema": kind.core}, {"anyOf": [kind.json, {"type": "null"}]})


def one_of(*kinds: Kind) -> Kind:
    """Any of these; the first that fits."""
    core = {"type": "union", "choices": [kind.core for kind in kinds], "mode": "left_to_right"}
    return Kind(core, {"anyOf": [kind.json for kind in kinds]})


def checked(check: Callable[[Any], Any], *json: dict[str, Any]) -> Kind:
    """What the function accepts, as it returns it; its ``ValueError`` is the fault's text."""
    core = {"type": "function-plain", "function": {"type": "no-info", "function": check}}
    return Kind(core, json[0] if len(json) == 1 else {"anyOf": list(json)})


def listing(item: Kind) -> Kind:
    """A list of these."""
    return Kind({"type": "list", "items_schema": item.core, "strict": True}, {"type": "array", "items": item.json})


def mapping(key: Kind, value: Kind, *, at_least: int = 0) -> Kind:
    """A mapping from any key of one kind to values of another."""
    core = {"type": "dict", "keys_schema": key.core, "values_schema": value.core, "strict": True}
    json = {"type": "object", "additionalProperties": value.json}
    if "pattern" in key.json:
        json["propertyNames"] = {"pattern": key.json["pattern"]}
    if at_least:
        core["min_length"] = json["minProperties"] = at_least
    return Kind(core, json)


def section(fields: dict[str, Field], *, after: Callable[[dict], dict] | None = None, any_key: bool = False) -> Section:
    """A mapping with these keys and no others.

    Args:
        fields: its keys.
        after: given the valid section, returns it completed; its ``ValueError`` is the fault's text.
        any_key: other keys are let through: the arguments of a part.
    """
    core: dict[str, Any] = {"type": "typed-dict", "extra_behavior": "allow" if any_key else "forbid", "fields": {}}
    json: dict[str, Any] = {"type": "object", "properties": {}, "additionalProperties": any_key}
    for key, known in fields.items():
        schema, shown = known.kind.core, dict(known.kind.json)
        if known.help:
            shown["description"] = known.help
        if known.default is REQUIRED:
            json.setdefault("required", []).append(key)
        else:
            schema = {"type": "default", "schema": schema, "default": known.default, "copy_default": True}
            schema["validate_default"] = True
            shown["default"] = known.default
        core["fields"][key] = {"type": "typed-dict-field", "schema": schema, "required": known.default is REQUIRED}
        json["properties"][key] = shown
    if after:
        core = {"type": "function-after", "function": {"type": "no-info", "function": after}, "schema": core}
    return Section(core, json, fields)


def part(key: str, family: str) -> Section:
    """A section that names a part; the arguments beside it are bound to the part's signature elsewhere."""
    return section(
        {key: Field(text(), help=f"a name of `dlx list {family}`, or your own, module:attribute")}, any_key=True
    )
