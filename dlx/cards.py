"""Cards: what is known of a data set (sources, licence, human level with its reference, files to fetch)."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from dlx import places, yaml12
from dlx.errors import UserError, all_faults, nearest

__all__ = ["Card", "load"]


@dataclass(frozen=True)
class Card:
    """One data set, as ``datasets/NAME.yaml`` tells it.

    Attributes:
        name: the file's name without its ending.
        title: one line.
        kind: ``image``, ``table``, ``array``, ``text`` or ``audio``; None when it is not said.
        sources: source → {reader, …its arguments}; paths are relative to the folder of ``files``.
        licence: under which the data may be used.
        origin: who made it: citation or address.
        human: group → {error, n, n_annotators, source, of}.
        files: [{path, from}]: files the user has to fetch, looked for in the folder that ``DLX_DATA`` names.
        notes: what a user should know before believing a number.
        file: where the card was read.
    """

    name: str
    title: str = ""
    kind: str | None = None
    sources: dict[str, dict[str, Any]] = field(default_factory=dict)
    licence: str = ""
    origin: str = ""
    human: dict[str, Any] = field(default_factory=dict)
    files: list[dict[str, str]] = field(default_factory=list)
    notes: str = ""
    file: Path | None = field(default=None, compare=False)

    def to_dict(self) -> dict[str, Any]:
        """The card as plain data, with the path of its file."""
        data = {f.name: copy.deepcopy(getattr(self, f.name)) for f in fields(self)}
        return data | {"file": str(self.file) if self.file else None}

    def folder(self) -> Path:
        """Where relative paths of the sources start: ``DLX_DATA`` for files to fetch, else the card's own folder."""
        shipped = self.file is None or self.file.parent.absolute() == places.shipped("datasets").absolute()
        return places.data_folder() if self.files or shipped else self.file.parent.absolute()

    def comes_from(self, path: Path) -> str | None:
        """Where a file or folder of the card can be had, or None when the card does not say."""
        for entry in self.files:
            known = places.data_folder() / entry.get("path", "")
            if known == path or known in path.parents or path in known.parents:
                return entry.get("from")
        return None


def load(name: str | Path, *, where: str | None = None) -> Card:
    """Read a card by name (``./datasets`` first, then those that came with dlx) or path.

    Raises:
        UserError: no such card, no YAML, or a key or type that a card does not have; all faults at once.
    """
    file = places.find("datasets", name, where=where)
    data = yaml12.parse(places.read_text(file), where=str(file)).data
    if not isinstance(data, dict):
        raise UserError("a card is a mapping (key: value)", value=data, where=str(file))
    faults = _faults(data)
    if faults:
        raise all_faults(faults, where=str(file))
    values = {"name": file.stem} | {key: value for key, value in data.items() if value is not None}
    return Card(**values, file=file)


def _faults(data: dict) -> list[str]:
    types = {"sources": dict, "human": dict, "files": list}
    known = [f.name for f in fields(Card) if f.name != "file"]
    faults = []
    for key, value in data.items():
        if key not in known:
            close = nearest(key, known)
            faults.append(
                f"{key}: unknown key; " + (f"did you mean {close!r}?" if close else f"known: {', '.join(known)}")
            )
        elif value is not None and not isinstance(value, types.get(key, str)):
            words = {dict: "a mapping (key: value)", list: "a list", str: "text"}
            faults.append(f"{key}: must be {words[types.get(key, str)]} (got {value!r})")
    for number, entry in enumerate(data.get("files") or []):
        if not isinstance(entry, dict) or set(entry) != {"path", "from"}:
            faults.append(f"files.{number}: an entry has path: and from: (got {entry!r})")
    if isinstance(data.get("sources"), dict):
        for source, value in data["sources"].items():
            if not isinstance(value, dict):
                faults.append(f"sources.{source}: must be a mapping with reader: (got {value!r})")
    return faults
