"""What there is to name in a recipe or on the command line: recipes, cards and parts; nothing of it is imported."""

from __future__ import annotations

import inspect
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from dlx import parts, places
from dlx.errors import UserError, nearest, unknown

__all__ = ["Entry", "Shown", "catalogue", "show"]

FAMILIES = ("recipes", "cards", *parts.FAMILIES)


@dataclass(frozen=True)
class Entry:
    """One thing that can be named.

    Attributes:
        family: ``recipes``, ``cards`` or a part family.
        name: what it is called.
        summary: one line.
        file: where it is written.
    """

    family: str
    name: str
    summary: str
    file: str

    def to_dict(self) -> dict[str, str]:
        return asdict(self)


@dataclass(frozen=True)
class Shown:
    """What ``dlx show`` prints.

    Attributes:
        entry: what it is.
        text: its file (recipes, cards) or signature and documentation (parts).
        data: the same as plain data.
        also: other things of that name, as ``family/name``.
    """

    entry: Entry
    text: str
    data: dict[str, Any]
    also: tuple[str, ...] = ()


def catalogue(family: str | None = None) -> tuple[Entry, ...]:
    """All recipes, cards and parts, or those of one family.

    Raises:
        UserError: no such family.
    """
    if family is not None and family not in FAMILIES:
        raise unknown("family", family, FAMILIES)
    return tuple(entry for one in FAMILIES if family in (None, one) for entry in _entries(one))


def _entries(family: str) -> list[Entry]:
    if family == "recipes":
        return [Entry(family, name, _first_comment(file), str(file)) for name, file in places.names("recipes").items()]
    if family == "cards":
        return [Entry(family, name, _title(file), str(file)) for name, file in places.names("datasets").items()]
    found = [parts.find(family, name) for name in parts.names(family)]
    return [Entry(family, part.name, part.summary, part.module) for part in found]


def _first_comment(file: Path) -> str:
    """What a recipe teaches: the first sentence of its comments on top, without the command that runs it."""
    text = re.match(r"(?:[ \t]*(?:#[^\n]*)?\n)*", places.read_text(file))[0]
    lines = [line.strip().lstrip("#").strip() for line in text.splitlines()]
    spoken = " ".join(line for line in lines if line and not re.match(r"(\w+=\S+ +)*dlx \w", line))
    return re.split(r"(?<=[.!?])\s", spoken, maxsplit=1)[0]


def _title(file: Path) -> str:
    found = re.search(r"^title:\s*(.+?)\s*$", places.read_text(file), flags=re.MULTILINE)
    return found[1].strip("'\"") if found else ""


def show(name: str) -> Shown:
    """One recipe, card or part.

    Args:
        name: a recipe's name or path, else a card's, else a part's; ``cards/digits`` or ``builders/mlp`` says which.

    Raises:
        UserError: nothing is called that; the nearest name is given.
    """
    family, _, rest = name.partition("/")
    if family in FAMILIES and rest and not Path(name).is_file():
        matching = [entry for entry in _entries(family) if entry.name == rest]
        if not matching:
            raise unknown(family[:-1], rest, [entry.name for entry in _entries(family)])
    elif Path(name).is_file():
        matching = [Entry("recipes", Path(name).stem, _first_comment(Path(name)), name)]
    else:
        everything = catalogue()
        matching = [entry for entry in everything if entry.name == name]
        if not matching:
            known = list(dict.fromkeys(entry.name for entry in everything))
            close = next((one for one in known if name in one), None) or nearest(name, known)
            hint = f"Did you mean {close!r}?" if close else "`dlx list` shows all there is."
            raise UserError("no recipe, card or part is called that", value=name, hint=hint)
    entry, *others = matching
    text, data = _file(entry) if entry.family in ("recipes", "cards") else _signature(entry)
    return Shown(entry, text, data, tuple(f"{other.family}/{other.name}" for other in others))


def _file(entry: Entry) -> tuple[str, dict[str, Any]]:
    from dlx import yaml12

    text = places.read_text(Path(entry.file))
    return text, entry.to_dict() | {"content": yaml12.parse(text, where=entry.file).data}


def _signature(entry: Entry) -> tuple[str, dict[str, Any]]:
    parameters = parts.signature(entry.family, entry.name)
    lines, arguments = [], {}
    for argument, parameter in parameters.items():
        kind = "" if parameter.annotation is inspect.Parameter.empty else str(parameter.annotation)
        needed = parameter.default is inspect.Parameter.empty
        arguments[argument] = {"type": kind, "default": None if needed else parameter.default, "required": needed}
        lines.append(f"  {argument}: {kind or 'anything'}" + (" (needed)" if needed else f" = {parameter.default!r}"))
    document = parts.document(entry.family, entry.name)
    text = f"{entry.family[:-1]} {entry.name}\n\n{document}\n\nArguments in a recipe:\n" + (
        "\n".join(lines) or "  none"
    )
    return text + "\n", entry.to_dict() | {"arguments": arguments, "documentation": document}
