"""Where named recipes and cards are: in the working directory first, then those that came with dlx."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Literal

from dlx.errors import UserError, unknown

__all__ = [
    "Kind",
    "annotations_folder",
    "cache_folder",
    "data_folder",
    "data_name",
    "find",
    "names",
    "read_text",
    "shipped",
]

Kind = Literal["recipes", "datasets"]
_WORDS = {"recipes": "recipe", "datasets": "card"}


def shipped(kind: Kind) -> Path:
    """Folder of the recipes or cards that come with dlx: inside the wheel, else beside the package in a checkout."""
    package = Path(__file__).parent
    inside = package / "_shipped" / kind
    return inside if inside.is_dir() else package.parent / kind


def names(kind: Kind) -> dict[str, Path]:
    """Every recipe or card that can be named, sorted; the working directory's win over those that came with dlx."""
    found = {file.stem: file for folder in (shipped(kind), Path(kind)) for file in folder.glob("*.yaml")}
    return dict(sorted(found.items()))


def find(kind: Kind, name: str | os.PathLike, *, where: str | None = None) -> Path:
    """The file of that name: an existing path, else ``./recipes/NAME.yaml``, else the one that came with dlx.

    Args:
        kind: ``recipes`` or ``datasets``.
        name: a name without ``.yaml``, or a path.
        where: what asks for it, for the message.

    Raises:
        UserError: there is none; the nearest name is given.
    """
    path = Path(name)
    if path.is_file():
        return path
    if path.suffix in (".yaml", ".yml") or len(path.parts) > 1:
        hint = "It is a folder: `dlx init` writes a recipe for it." if path.is_dir() else None
        if not hint and path.stem in names(kind):
            hint = f"Did you mean {path.stem!r}, without folder and ending?"
        raise UserError(f"no such {_WORDS[kind]} file", value=str(name), where=where, hint=hint)
    known = names(kind)
    if str(name) not in known:
        raise unknown(_WORDS[kind], str(name), known, where=where)
    return known[str(name)]


def read_text(path: Path) -> str:
    """The text of a YAML file.

    Raises:
        UserError: it cannot be opened or is no UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = "it is no UTF-8 text" if isinstance(error, UnicodeDecodeError) else error.strerror
        raise UserError(f"cannot read the file: {reason}", where=str(path)) from error


def data_folder() -> Path:
    """The folder in which a card's ``files`` are looked for: ``DLX_DATA``, else ``data`` in the working directory."""
    return Path(os.environ.get("DLX_DATA") or "data").expanduser().absolute()


def cache_folder(name: str) -> Path:
    """Where what can be computed again is kept: ``DLX_CACHE``, else ``dlx`` in the user's cache folder (XDG).

    Args:
        name: the folder below it.

    Raises:
        OSError: this user has no home folder.
    """
    given, cache = os.environ.get("DLX_CACHE"), os.environ.get("XDG_CACHE_HOME")
    try:
        if given:
            return Path(given).expanduser().absolute() / name
        # the standard says: absolute, or it does not count
        return (Path(cache) if cache and os.path.isabs(cache) else Path.home() / ".cache") / "dlx" / name
    except RuntimeError as error:
        raise OSError(str(error)) from error


def annotations_folder(name: str, root: str | Path | None = None) -> Path:
    """Where what people say about this data is kept: below ``root``, else below ``./annotations``."""
    return Path(root or "annotations") / data_name(name)


def data_name(name: str) -> str:
    """A name of data as the name of a folder."""
    return re.sub(r"[^\w.-]+", "-", name).strip("-.")[:80] or "data"
