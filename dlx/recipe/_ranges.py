"""Ranges of a search: their form, and whether every value in them may stand at their key."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from dlx import parts
from dlx.errors import UserError, nearest
from dlx.recipe._annotations import kind_of, namespace
from dlx.recipe._faults import Fault, show, validate
from dlx.recipe._kinds import Kind, anything
from dlx.recipe._overrides import split_path
from dlx.recipe._search_range import in_range
from dlx.recipe._train import TRAIN
from dlx.recipe._transfer import TRANSFER

__all__ = ["SECTIONS", "choices", "kind_at", "path_of", "search_faults"]

#: section → where its keys are described: the schema, or the signature of the part that it names
SECTIONS = {"train": TRAIN, "transfer": TRANSFER, "model": ("builders", "builder"), "task": ("tasks", "name")}


def kind_at(sections: Mapping[str, Any], path: tuple) -> Kind:
    """What may stand at a path of a section that is searched; anything where neither schema nor signature says.

    Args:
        sections: these sections of a recipe, with their parts' names.
        path: from the top; whole numbers index lists.
    """
    described = SECTIONS[path[0]]
    if isinstance(described, Kind):
        core = _below(described.core, path[1])
    else:
        family, selector = described
        if path[1] == selector:
            return Kind({"type": "str", "strict": True}, {})
        name = _mapping(sections, path[0]).get(selector)
        parameter = parts.signature(family, name).get(path[1])
        if parameter is None:
            return anything()
        core = kind_of(parameter.annotation, namespace(parts.find(family, name).module)).core
    for key in path[2:]:
        core = _below(core, key)
    return Kind(core, {})


def path_of(sections: Mapping[str, Any], key: str, when: Any = None) -> tuple:
    """The path of a knob; an item that a list has only under a condition is looked for in that list.

    Args:
        sections: of the recipe.
        key: dotted; ``model.units.1`` under ``when: {model.units: [[64, 64]]}`` is the second layer's width.
        when: the knob's condition, as the recipe has it.

    Raises:
        UserError: a list without such a place.
    """
    for other, value in when.items() if isinstance(when, dict) else ():
        if key.startswith(f"{other}.") and isinstance(value, (list, tuple)):
            value = value[0] if value and all(isinstance(v, list) for v in value) else list(value)
            return (*split_path(sections, other), *split_path(value, key[len(other) + 1 :]))
    return split_path(sections, key)


def _below(core: Mapping[str, Any], key: str | int) -> dict[str, Any]:
    """The schema of what stands at a key inside of what a schema describes."""
    kind = core["type"]
    if kind == "typed-dict":
        return core["fields"][key]["schema"] if key in core["fields"] else anything().core
    if kind == "list":
        return core["items_schema"]
    if kind == "dict":
        return core["values_schema"]
    branches = {"union": core.get("choices"), "tagged-union": list((core.get("choices") or {}).values())}.get(kind)
    if isinstance(branches, list):
        found = [below for branch in branches if (below := _below(branch, key)) != anything().core]
        if kind == "tagged-union" and key == "name":
            return {"type": "literal", "expected": list(core["choices"])}
        return found[0] if found else anything().core
    return _below(core["schema"], key) if isinstance(core.get("schema"), dict) else anything().core


def search_faults(data: dict, bound: dict[tuple, dict], defaults: dict[str, list[str]]) -> list[Fault]:
    """What is wrong with ``search:`` beyond the form of its ranges.

    Args:
        data: the recipe, shorthands written out.
        bound: sections of parts with their defaults, by path.
        defaults: section → the keys it has without being written.
    """
    search = _mapping(data, "search")
    sections = {s: bound.get((s,), {}) | _mapping(data, s) for s in SECTIONS}
    known = {s: {*sections[s], *defaults.get(s, ())} - {"resolved_by"} for s in SECTIONS}
    faults, knobs = [], {key: knob for key, knob in search.items() if key != "start"}
    for key, knob in knobs.items():
        path, message = _place(sections, known, str(key), knob.get("when") if isinstance(knob, dict) else None)
        if message:
            faults.append(Fault(("search", key), message))
            continue
        faults += [*_misfits(sections, path, key, knob), *_unread(sections, knobs, key)]
        faults += _conditions(knobs, key, knob)
    return faults + _starts(knobs, search.get("start"))


def _place(sections: dict, known: dict[str, set], key: str, when: Any) -> tuple[tuple, str | None]:
    """The path of a knob, and what is wrong with it."""
    section, _, rest = key.partition(".")
    if section not in SECTIONS:
        close = nearest(section, SECTIONS)
        hint = f"; did you mean '{close}.{rest}'?" if close and rest else ""
        return (), f"searches a key of {', '.join(SECTIONS)}, written like train.epochs{hint}"
    try:
        path = path_of(sections, key, when)
    except UserError as error:
        return (), str(error)
    if len(path) < 2 or path[1] not in known[section]:
        close = nearest(path[1] if len(path) > 1 else "", known[section])
        return (), "the recipe has no key of that name" + (f"; did you mean '{section}.{close}'?" if close else "")
    holder = sections[section].get(path[1])
    if len(path) > 2 and isinstance(holder, (int, float)):
        return (), f"{section}.{path[1]} holds no keys: it is {show(holder)}"
    return path, None


def _misfits(sections: dict, path: tuple, key: str, knob: Any) -> list[Fault]:
    """Values that the key itself would refuse; of a range its two ends, so that all between fit too."""
    try:
        kind = kind_at(sections, path)
    except UserError:  # no such part: said elsewhere
        return []
    if isinstance(knob, list):
        knob = {"values": knob}
    if not isinstance(knob, dict):
        return []  # said of its form
    tried = [((), value) for value in knob.get("values") or []] if isinstance(knob.get("values"), list) else []
    tried += [((end,), knob[end]) for end in ("min", "max") if _number(knob.get(end))]
    if "values" not in knob and len(tried) == 2 and _whole(kind, tried[0][1]) and _number(knob.get("step")):
        tried.append((("step",), knob["step"]))
    faults = []
    for end, value in tried:
        for fault in validate(kind, value, lambda _: [])[1]:
            faults.append(Fault(("search", key, *end), fault.message))
    return faults


def _unread(sections: dict, knobs: dict, key: str) -> list[Fault]:
    """A momentum that the optimizer does not read: every trial would be the same in it."""
    optimizer = sections["train"].get("optimizer", "adam")
    if key != "train.momentum" or "train.optimizer" in knobs or optimizer == "momentum":
        return []
    hint = "set train.optimizer to momentum, or search it too"
    return [Fault(("search", key), f"the optimizer {optimizer} does not read it; {hint}")]


def _whole(kind: Kind, value: Any) -> bool:
    return bool(validate(kind, value + 0.5, lambda _: [])[1]) and not validate(kind, int(value) + 1, lambda _: [])[1]


def _conditions(knobs: dict, key: str, knob: Any) -> list[Fault]:
    when = knob.get("when") if isinstance(knob, dict) else None
    faults = []
    for other, value in when.items() if isinstance(when, dict) else ():
        place = ("search", key, "when", other)
        if other == key or other not in knobs:
            close = nearest(other, [name for name in knobs if name != key])
            hint = f"; did you mean {close!r}?" if close else ""
            faults.append(Fault(place, f"a condition names another knob of search{hint}"))
        elif key in _above(knobs, other, ()):
            faults.append(Fault(place, "two knobs cannot each depend on the other"))
        elif not all(in_range(knobs[other], v) for v in choices(knobs[other], value)):
            faults.append(Fault(place, f"is never so: {other} does not take {show(value)}"))
    return faults


def choices(knob: Any, value: Any) -> tuple:
    """The values of a condition: one, or a list of which any will do, unless the other knob takes that list itself."""
    several = isinstance(value, list) and bool(value) and not in_range(knob, value)
    return tuple(value) if several else (value,)


def _above(knobs: dict, key: str, seen: tuple) -> set[str]:
    """The knobs that one depends on, directly or not."""
    knob = knobs.get(key)
    when = knob.get("when") if isinstance(knob, dict) else None
    found: set[str] = set()
    for other in when if isinstance(when, dict) else ():
        if other not in seen:
            found |= {other} | _above(knobs, other, (*seen, key))
    return found


def _starts(knobs: dict, start: Any) -> list[Fault]:
    faults = []
    for i, point in enumerate(start if isinstance(start, list) else ()):
        for key, value in point.items() if isinstance(point, dict) else ():
            place = ("search", "start", i, key)
            if key not in knobs:
                close = nearest(key, knobs)
                faults.append(Fault(place, "is no knob of search" + (f"; did you mean {close!r}?" if close else "")))
            elif not in_range(knobs[key], value):
                faults.append(Fault(place, f"lies outside of what is searched (got {show(value)})"))
    return faults


def _number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _mapping(data: Any, key: str) -> dict:
    value = data.get(key) if isinstance(data, Mapping) else None
    return value if isinstance(value, dict) else {}
