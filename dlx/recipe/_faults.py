"""One fault of a recipe, and validation with pydantic's errors put in the words of a recipe."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dlx.errors import nearest

if TYPE_CHECKING:
    from dlx.recipe._kinds import Kind

__all__ = ["Fault", "present", "show", "unknown_key", "validate"]

#: pydantic's error type → the rule in words; ``{ctx}`` values come from the error.
_RULES = {
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "finite_number": "a finite number",
    "string_type": "text",
    "bool_type": "true or false",
    "dict_type": "a mapping (key: value)",
    "model_type": "a mapping (key: value)",
    "model_attributes_type": "a mapping (key: value)",
    "list_type": "a list",
    "tuple_type": "a list",
    "sequence_type": "a list",
    "none_required": "null",
    "literal_error": "{expected}",
    "greater_than": "above {gt}",
    "greater_than_equal": "at least {ge}",
    "less_than": "below {lt}",
    "less_than_equal": "at most {le}",
    "too_short": "of at least {min_length} entry",
    "union_tag_invalid": "one of {expected_tags}",
    "union_tag_not_found": "a name, or a mapping with name:",
}


@dataclass(frozen=True)
class Fault:
    """One thing wrong in a recipe.

    Attributes:
        path: keys from the top, ``("train", "epochs")``.
        message: rule and value received, without the place.
    """

    path: tuple
    message: str

    @property
    def key(self) -> str:
        return ".".join(str(part) for part in self.path)


def show(value: Any, limit: int = 80) -> str:
    """A value as it goes into a message, cut when it is long."""
    text = repr(value)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def present(data: Any, location: Iterable) -> tuple[tuple, Any]:
    """The keys of ``location`` that exist in ``data``, and the value they lead to.

    Between them pydantic names the branches of unions; these are left out.
    """
    path: tuple = ()
    for part in location:
        inside = part in data if isinstance(data, Mapping) else isinstance(data, list) and part in range(len(data))
        if inside:
            data = data[part]
            path = (*path, part)
    return path, data


def validate(kind: Kind, data: Any, known: Callable[[tuple], list[str]], path: tuple = ()) -> tuple[Any, list[Fault]]:
    """Validate data.

    Args:
        kind: what it should be.
        data: plain data.
        known: keys of the section at a path, for the nearest name of an unknown one.
        path: where the data stands in the recipe.

    Returns:
        the data with defaults written out, and no faults; or None and the faults.
    """
    from pydantic_core import SchemaValidator, ValidationError

    try:
        return SchemaValidator(kind.core).validate_python(data), []
    except ValidationError as error:
        found = error.errors(include_url=False)
    faults: list[Fault] = []
    rules: dict[tuple, list[str]] = {}
    for one in found:
        place, value = present(data, one["loc"])
        name, context = one["type"], one.get("ctx", {})
        if name == "extra_forbidden":
            faults.append(Fault((*path, *place), unknown_key(place[-1], known((*path, *place[:-1])))))
        elif name == "missing":
            faults.append(Fault((*path, *place, one["loc"][-1]), "is needed and has no default"))
        elif name == "value_error":
            shown = place[-1] if one["loc"][-1:] == ("[key]",) else value
            faults.append(Fault((*path, *place), f"{context['error']} (got {show(shown)})"))
        else:
            shown = {key: f"{limit:g}" if isinstance(limit, float) else limit for key, limit in context.items()}
            rules.setdefault(place, []).append(_RULES[name].format(**shown) if name in _RULES else one["msg"])
    for place, several in rules.items():  # the branches of a union
        value = present(data, place)[1]
        faults.append(Fault((*path, *place), f"must be {' or '.join(dict.fromkeys(several))} (got {show(value)})"))
    return None, faults


def unknown_key(key: str, choices: Iterable[str]) -> str:
    """What to say of a key that a section does not have."""
    choices = list(choices)
    close = nearest(key, choices)
    if close:
        return f"unknown key; did you mean {close!r}?"
    return f"unknown key; known here: {', '.join(choices)}" if choices else "unknown key; nothing may stand here"
