"""From a recipe's file to a resolved recipe: overrides, card, schema, parts, and all faults in one message."""

from __future__ import annotations

import copy
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import dlx
from dlx import cards
from dlx.errors import UserError, all_faults
from dlx.recipe import _binding, _overrides
from dlx.recipe._cross import cross_faults
from dlx.recipe._draft import Draft, leaves, read, told
from dlx.recipe._faults import Fault, validate
from dlx.recipe._schema import RECIPE, known_keys
from dlx.recipe._transfer import path_in
from dlx.recipe.recipe import Origin, Recipe

__all__ = ["check", "load"]

#: first key of a part's path → its family, and the key that names it
_FAMILIES = {
    "task": ("tasks", "name"),
    "model": ("builders", "builder"),
    "data": ("readers", "reader"),
    "augment": ("augmentations", "name"),
}
_SECTIONS = ("train", "transfer", "model", "data", "task")


def load(recipe: str | os.PathLike | Mapping | Recipe, overrides: Sequence[str] = ()) -> Recipe:
    """Read, check and resolve a recipe; no data is read.

    Args:
        recipe: a path, a name (``./recipes/NAME.yaml``, else one that came with dlx), plain data, or a Recipe.
        overrides: ``key.sub=value`` each, as after ``-s``; the last one wins. Relative data paths in them start at the
            working directory, those of a file at its folder.

    Returns:
        the recipe with every default written out. Loading it again, as data or from its YAML, gives an equal one.

    Raises:
        UserError: all that is wrong, in one message.
    """
    draft = read(recipe)
    draft.overrides, faults = _overrides.apply(draft.data, overrides)
    draft.faults += faults
    for path in draft.overrides:
        draft.origins = {p: o for p, o in draft.origins.items() if p[: len(path)] != path} | {path: "command line"}
    _write_out_shorthands(draft.data)
    _add_card(draft)
    _write_out_shorthands(draft.data)  # those of the card
    _take_out(draft.data, "human")
    _take_out(draft.data["data"] if isinstance(draft.data.get("data"), dict) else {}, "sources")
    values = _resolve(draft)
    if draft.faults:
        raise all_faults(told(draft), where=draft.where)
    return Recipe(values, draft.file, draft.origins)


def check(recipe: str | os.PathLike | Mapping | Recipe, overrides: Sequence[str] = ()) -> Recipe:
    """Find all faults of a recipe without reading data; ``missing_files()`` of the result tells what is still to fetch.

    Args:
        recipe: as in :func:`load`.
        overrides: as in :func:`load`.

    Raises:
        UserError: all that is wrong, in one message.
    """
    return load(recipe, overrides)


def _write_out_shorthands(data: dict) -> None:
    """``task: regression`` → {name: regression}; ``panel: 0.5%`` → {error: 0.5%}; ``augment: [crop]`` as task."""
    if isinstance(data.get("task"), str):
        data["task"] = {"name": data["task"]}
    if isinstance(data.get("augment"), list):
        data["augment"] = [{"name": each} if isinstance(each, str) else each for each in data["augment"]]
    if isinstance(data.get("human"), dict):
        short = {group: {"error": f} for group, f in data["human"].items() if isinstance(f, (str, int, float))}
        data["human"] |= short


def _take_out(holder: dict, key: str) -> None:
    """A source or human group that is null is taken out, so that one from the card can be."""
    if isinstance(holder.get(key), dict):
        holder[key] = {name: value for name, value in holder[key].items() if value is not None}


def _add_card(draft: Draft) -> None:
    """Fill sources and human figures from the card; what the recipe has itself wins, key by key."""
    data = draft.data.setdefault("data", {})
    name = data.get("dataset") if isinstance(data, dict) else None
    if not isinstance(name, str) or ("resolved_by" in draft.data and ("data", "dataset") not in draft.overrides):
        return  # a resolved recipe stands for itself, whatever became of the card
    try:
        draft.card = cards.load(name)
    except UserError as error:
        draft.faults.append(Fault(("data", "dataset"), str(error)))
        return
    for holder, key, path in ((data, "sources", ("data", "sources")), (draft.data, "human", ("human",))):
        own = holder.get(key)
        if own is None or isinstance(own, dict):
            holder[key] = _filled(own or {}, copy.deepcopy(getattr(draft.card, key)), path, draft.origins)


def _filled(own: dict, more: dict, path: tuple, origins: dict[tuple, Origin]) -> dict:
    filled = {}
    for key in {**more, **own}:
        if key not in own:
            filled[key] = more[key]
            origins |= dict.fromkeys(leaves(more[key], (*path, key)), "card")
        elif isinstance(own[key], dict) and isinstance(more.get(key), dict):
            filled[key] = _filled(own[key], more[key], (*path, key), origins)
        else:
            filled[key] = own[key]
    return filled


def _resolve(draft: Draft) -> dict[str, Any]:
    """Every default written out; faults are added to the draft."""
    bound = _bind_parts(draft)
    draft.faults += cross_faults(draft.data, bound, {s: known_keys((s,)) for s in _SECTIONS})
    values, faults = validate(RECIPE, draft.data, known_keys)
    draft.faults += faults
    if draft.faults:
        return {}
    for path, section in bound.items():
        holder = values
        for key in path[:-1]:
            holder = holder[key]
        holder[path[-1]] = section
    for key in ("from", "weights"):
        if (values["transfer"] or {}).get(key):
            folder = Path.cwd() if _origin(draft, "transfer", key) == "command line" else draft.folder
            values["transfer"][key] = path_in(key, values["transfer"][key], folder)
    values["resolved_by"] = values["resolved_by"] or f"dlx {dlx.__version__}"
    return values


def _bind_parts(draft: Draft) -> dict[tuple, dict]:
    data = draft.data.get("data")
    sources = data.get("sources") if isinstance(data, dict) else None
    sections = {("task",): draft.data.get("task"), ("model",): draft.data.get("model")}
    sections |= {("data", "sources", s): v for s, v in sources.items()} if isinstance(sources, dict) else {}
    augment = draft.data.get("augment")
    sections |= {("augment", i): v for i, v in enumerate(augment)} if isinstance(augment, list) else {}
    bound = {}
    for path, section in sections.items():
        family, selector = _FAMILIES[path[0]]
        if isinstance(section, dict) and isinstance(section.get(selector), str):
            bound[path], faults = _binding.bind(family, selector, section, path)
            draft.faults += faults
            if path[0] in ("data", "augment") and not faults:
                bound[path] = _with_absolute_paths(draft, bound[path], path)
            if family == "augmentations" and not faults:
                draft.faults += _binding.out_of_range(family, selector, bound[path], path)
    return bound


def _with_absolute_paths(draft: Draft, section: dict, path: tuple) -> dict:
    folders = {"card": draft.card.folder() if draft.card else draft.folder, "command line": Path.cwd()}
    family, selector = _FAMILIES[path[0]]
    result = dict(section)
    for key, value in section.items():
        if isinstance(value, str) and "://" not in value and _binding.is_path(family, section[selector], key):
            folder = folders.get(_origin(draft, *path, key), draft.folder)
            result[key] = os.path.normpath(folder / Path(value).expanduser())
    return result


def _origin(draft: Draft, *path: str) -> Origin:
    return Recipe({}, origins=draft.origins).origin(*path)
