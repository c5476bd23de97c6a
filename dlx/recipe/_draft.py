"""A recipe on its way: read, with the place of every value, so that faults can say where they are."""

from __future__ import annotations

import math
import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dlx import cards, places, yaml12
from dlx.errors import UserError
from dlx.recipe._binding import plain
from dlx.recipe._faults import Fault, show
from dlx.recipe.recipe import Origin, Recipe

__all__ = ["Draft", "leaves", "read", "told"]


@dataclass
class Draft:
    """A recipe on its way: the data so far, where each value came from, and what is wrong."""

    data: dict[str, Any]
    where: str
    folder: Path
    file: Path | None = None
    lines: dict[tuple, int] = field(default_factory=dict)
    origins: dict[tuple, Origin] = field(default_factory=dict)
    overrides: dict[tuple, str] = field(default_factory=dict)
    card: cards.Card | None = None
    faults: list[Fault] = field(default_factory=list)


def read(recipe: str | os.PathLike | Mapping | Recipe) -> Draft:
    """The data of a recipe, and the place of every value.

    Raises:
        UserError: no such file, no YAML, or no mapping.
    """
    if isinstance(recipe, Recipe):
        return Draft(
            recipe.to_dict(), f"the recipe {recipe.name}", Path.cwd(), recipe.file, origins=dict(recipe.origins)
        )
    if isinstance(recipe, Mapping):
        data = plain(dict(recipe))
        return Draft(data, "the recipe", Path.cwd(), origins=dict.fromkeys(leaves(data), "file"))
    file = places.find("recipes", recipe)
    where = os.path.relpath(file) if file.absolute().is_relative_to(Path.cwd()) else str(file)
    document = yaml12.parse(places.read_text(file), where=where)
    if not isinstance(document.data, dict):
        hint = "See `dlx show digits`."
        if file.suffix not in (".yaml", ".yml"):
            hint = f"Is it data? `dlx init {shlex.quote(where)}` writes a recipe for it."
        raise UserError("a recipe is a mapping (key: value)", value=document.data, where=where, hint=hint)
    data = {"name": file.stem} | document.data
    origins = dict.fromkeys(leaves(document.data), "file")
    return Draft(data, where, file.absolute().parent, file.absolute(), document.lines, origins)


def leaves(data: Any, path: tuple = ()) -> list[tuple]:
    """Paths of all values that are no mapping themselves."""
    if isinstance(data, dict) and data:
        return [leaf for key, value in data.items() for leaf in leaves(value, (*path, key))]
    return [path]


def _override(draft: Draft, path: tuple) -> str | None:
    """The override that wrote the value at the path, or that made the key itself."""
    wrote = (text for written, text in draft.overrides.items() if path[: len(written)] == written)
    made = (t for w, t in draft.overrides.items() if w[: len(path)] == path and path not in draft.lines)
    return next(wrote, None) or next(made, None)


def told(draft: Draft) -> list[str]:
    """Each fault with its place: the override, the line of the file, or the card; in that order."""
    lines = []
    origin = Recipe({}, origins=draft.origins).origin
    for fault in draft.faults:
        beginnings = (fault.path[:n] for n in range(len(fault.path), 0, -1))
        line = next((draft.lines[p] for p in beginnings if p in draft.lines), 0)
        override = _override(draft, fault.path)
        if fault.path[:1] == ("-s",):
            lines.append((-1, f"-s {show(fault.path[1])}: {fault.message}"))
        elif override is not None:
            lines.append((-1, f"-s {override}: {fault.key}: {fault.message}"))
        elif draft.card and origin(*fault.path) == "card":
            lines.append((math.inf, f"card {draft.card.name}: {fault.key}: {fault.message}"))
        else:
            lines.append((line, (f"line {line}: " if line else "") + f"{fault.key}: {fault.message}"))
    return list(dict.fromkeys(text for _, text in sorted(lines, key=lambda item: item[0])))
