"""JSON Schema of a recipe, with the knobs of every part, for completion and checking in editors."""

from __future__ import annotations

import copy
import inspect
from typing import Any

from dlx import parts
from dlx.recipe._annotations import kind_of, namespace
from dlx.recipe._binding import plain
from dlx.recipe._kinds import REQUIRED
from dlx.recipe._schema import RECIPE

__all__ = ["json_schema"]

_OWN = {"type": "string", "pattern": r"^[\w.]+:\w+$", "description": "your own part, module:attribute"}


def json_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) that a recipe's file follows.

    Returns:
        names of parts as enums; beside a part's name only the arguments of its signature, with their defaults.
        ``dlx check`` knows more: what several keys must agree on, and files.
    """
    schema = copy.deepcopy(RECIPE.json)
    properties = schema["properties"]
    schema["required"] = [key for key in schema["required"] if key != "name"]  # else the file's name
    task = _part("tasks", "name")
    properties["task"] |= {"anyOf": [task["properties"]["name"], task]}
    for key in ("type", "properties", "required", "additionalProperties"):
        properties["task"].pop(key, None)
    properties["model"] |= _part("builders", "builder")
    augmentation = _part("augmentations", "name")
    properties["augment"]["items"] = {"anyOf": [augmentation["properties"]["name"], augmentation]}
    data = properties["data"]
    data.pop("required")
    data["anyOf"] = [{"required": ["dataset"]}, {"required": ["sources"]}]
    optional_source = {"anyOf": [_part("readers", "reader"), {"type": "null"}]}
    data["properties"]["sources"] |= {"additionalProperties": optional_source}
    metrics = ["error", *(name for name in parts.names("metrics") if name != "error")]
    properties["goal"]["properties"]["optimize"] |= {"anyOf": [{"enum": metrics}, _OWN]}
    figures = properties["human"]["additionalProperties"]
    short = [*figures["properties"]["error"]["anyOf"], {"type": "null"}]
    properties["human"]["additionalProperties"] = {"anyOf": [figures, *short]}
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "dlx recipe"}
    return head | schema


def _part(family: str, key: str) -> dict[str, Any]:
    """A section that names a part: if it is this one, then these are its arguments.

    Sources of a card may be given without their reader: then nothing is known of their arguments.
    """
    names = parts.names(family)
    own = family == "readers"
    branches = [
        {"if": {"properties": {key: {"const": name}}, "required": [key]}, "then": _arguments(family, key, name)}
        for name in names
    ]
    summaries = "; ".join(f"{name}: {parts.find(family, name).summary}" for name in names)
    choice = {"anyOf": [{"enum": names}, _OWN], "description": summaries}
    return {"type": "object", "properties": {key: choice}, "allOf": branches} | ({} if own else {"required": [key]})


def _arguments(family: str, key: str, name: str) -> dict[str, Any]:
    properties: dict[str, Any] = {key: {"const": name}}
    required, known = [], namespace(parts.find(family, name).module)
    open_ended = False
    for argument, parameter in parts.signature(family, name).items():
        if parameter.kind in (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL):
            open_ended = True
            continue
        kind = dict(kind_of(parameter.annotation, known).json)
        if kind == {"type": "string"}:
            kind = {"type": ["string", "number"]}  # a class or column called 1
        if parameter.default is inspect.Parameter.empty:
            required.append(argument)
        elif parameter.default is not REQUIRED:
            kind["default"] = plain(parameter.default)
        properties[argument] = kind
    made = {"properties": properties, "additionalProperties": open_ended}
    return made if family == "readers" or not required else made | {"required": required}
