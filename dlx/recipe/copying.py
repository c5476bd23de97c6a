"""``dlx new``: a copy of a recipe to change, comments and all."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from dlx import places, yaml12
from dlx.errors import UserError
from dlx.recipe import _values

__all__ = ["new"]


def new(name: str, source: str | os.PathLike, *, folder: str | os.PathLike = ".") -> Path:
    """Copy a recipe to ``NAME.yaml`` with its name changed; comments stay, relative data paths go on being found.

    Args:
        name: of the new recipe.
        source: name or path of the recipe to copy, also one that a run kept.
        folder: where the copy goes.

    Returns:
        the new file.

    Raises:
        UserError: the file exists, the name is none, or there is no such recipe.
    """
    name = name.removesuffix(".yaml")
    try:
        _values.name(name)
    except ValueError as error:
        raise UserError(str(error), value=name, hint="The copy goes into the working directory.") from None
    origin = places.find("recipes", source)
    target = Path(folder) / f"{name}.yaml"
    text = places.read_text(origin)
    data = yaml12.parse(text, where=str(origin)).data
    text = _renamed(text, name, str(target))
    text = _moved(text, data, origin.absolute().parent, target.absolute().parent)
    try:
        with target.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise UserError(
            "a recipe of that name is here already", value=str(target), hint="Choose another name."
        ) from None
    except OSError as error:
        raise UserError(f"cannot write the file: {error.strerror}", where=str(target)) from error
    return target


def _renamed(text: str, name: str, target: str) -> str:
    text = re.sub(r"^resolved_by:.*\n", "", text, flags=re.MULTILINE)  # a hand-written recipe from here on
    text = re.sub(r"^(#.*?\bdlx \w+ )\S+", lambda m: m[1] + target, text, count=1, flags=re.MULTILINE)
    text, changed = re.subn(r"^name:[^#\n]*?(?=\s*(#|$))", f"name: {name}", text, count=1, flags=re.MULTILINE)
    if changed:
        return text
    first_key = re.search(r"^[^#\s]", text, flags=re.MULTILINE)
    at = first_key.start() if first_key else len(text)
    return f"{text[:at]}name: {name}\n{text[at:]}"


def _moved(text: str, data: Any, before: Path, after: Path) -> str:
    """Relative paths of the sources, as seen from the copy."""
    section = data.get("data") if isinstance(data, dict) else None
    sources = section.get("sources") if isinstance(section, dict) else None
    if before == after or not isinstance(sources, dict):
        return text
    paths = {s["path"] for s in sources.values() if isinstance(s, dict) and isinstance(s.get("path"), str)}
    for path in paths:
        if "://" not in path and not Path(path).expanduser().is_absolute():
            moved = Path(os.path.relpath(before / path, after)).as_posix()
            text = re.sub(
                rf"(\bpath:\s*['\"]?){re.escape(path)}(?=['\"]?\s*(?:[,}}#]|$))",
                lambda m, p=moved: m[1] + p,
                text,
                flags=re.MULTILINE,
            )
    return text
