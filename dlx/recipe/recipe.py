"""A resolved recipe: plain data with every default written out."""

from __future__ import annotations

import copy
import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from dlx import cards, yaml12
from dlx.errors import UserError

__all__ = ["Origin", "Recipe"]

Origin = Literal["command line", "file", "card", "default"]


@dataclass(frozen=True)
class Recipe:
    """What one experiment does. Made by :func:`dlx.recipe.load`; its sections are copies, so nothing changes it.

    Attributes:
        values: the resolved recipe, as in :meth:`to_dict`.
        file: where it was read; None when it came from data.
        origins: path of each value → where it comes from; what is not listed is a default.
    """

    values: dict[str, Any]
    file: Path | None = field(default=None, compare=False)
    origins: dict[tuple, Origin] = field(default_factory=dict, compare=False, repr=False)

    def to_dict(self) -> dict[str, Any]:
        """The resolved recipe as plain data: dict, list, str, int, float, bool and None."""
        return copy.deepcopy(self.values)

    def to_yaml(self) -> str:
        """The resolved recipe as YAML; loading it gives an equal recipe, whatever becomes of card and defaults."""
        return yaml12.dump(self.values)

    def hash(self) -> str:
        """BLAKE2b (64 bit, hex) of all that the run depends on.

        The version that resolved it does not count, nor do sections that are empty, so that a run is still known when
        dlx has learned more of them.
        """
        later = [key for key in ("augment", "transfer") if not self.values[key]]
        counted = {key: value for key, value in self.values.items() if key not in ("resolved_by", *later)}
        text = json.dumps(counted, sort_keys=True, ensure_ascii=False)
        return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()

    def __hash__(self) -> int:
        return int(self.hash(), 16)

    @property
    def name(self) -> str:
        return self.values["name"]

    @property
    def task(self) -> dict[str, Any]:
        return copy.deepcopy(self.values["task"])

    @property
    def data(self) -> dict[str, Any]:
        return copy.deepcopy(self.values["data"])

    @property
    def model(self) -> dict[str, Any]:
        return copy.deepcopy(self.values["model"])

    @property
    def augment(self) -> list[dict[str, Any]]:
        return copy.deepcopy(self.values["augment"])

    @property
    def transfer(self) -> dict[str, Any] | None:
        return copy.deepcopy(self.values["transfer"])

    @property
    def train(self) -> dict[str, Any]:
        return copy.deepcopy(self.values["train"])

    @property
    def human(self) -> dict[str, Any]:
        return copy.deepcopy(self.values["human"])

    @property
    def goal(self) -> dict[str, Any]:
        return copy.deepcopy(self.values["goal"])

    @property
    def search(self) -> dict[str, Any]:
        return copy.deepcopy(self.values["search"])

    def origin(self, *path: str | int) -> Origin:
        """Where the value at that path comes from, e.g. ``recipe.origin("train", "epochs")``."""
        for end in range(len(path), 0, -1):
            if path[:end] in self.origins:
                return self.origins[path[:end]]
        return "default"

    def origin_table(self) -> dict[str, Origin]:
        """Dotted key → where its value comes from; what is not listed is a default."""
        return {".".join(map(str, path)): origin for path, origin in self.origins.items()}

    def missing_files(self) -> list[tuple[str, Path, str | None]]:
        """Data that is not there: key, path, and where it can be had when the card says so. No data is read."""
        card = self.card()
        missing = []
        holders = {f"data.sources.{source}": values for source, values in self.values["data"]["sources"].items()}
        holders |= {f"augment.{i}": values for i, values in enumerate(self.values["augment"])}
        for key, arguments in holders.items():
            path = arguments.get("path")
            if isinstance(path, str) and "://" not in path and not Path(path).exists():
                comes_from = card.comes_from(Path(path)) if card and key.startswith("data") else None
                missing.append((f"{key}.path", Path(path), comes_from))
        return missing

    def require_files(self) -> None:
        """Say at once all data that is missing, and where it can be had.

        Raises:
            UserError: a file or folder of a source is not there.
        """
        missing = self.missing_files()
        if not missing:
            return
        lines = [f"{key}: {path}" + (f", which comes from {origin}" if origin else "") for key, path, origin in missing]
        fetched = any(origin for _, _, origin in missing)
        hint = "Put it there, or name its folder in the environment variable DLX_DATA." if fetched else None
        where = f"the recipe {self.name}"
        if len(lines) == 1:
            raise UserError(f"the data is missing: {lines[0]}", where=None if fetched else where, hint=hint)
        raise UserError("data is missing:\n  - " + "\n  - ".join(lines) + "\n" + (hint or f"  in {where}"))

    def card(self) -> cards.Card | None:
        """The card of the data set, or None when there is none (any more)."""
        name = self.values["data"]["dataset"]
        if name is None:
            return None
        try:
            return cards.load(name)
        except UserError:  # a resolved recipe stands without its card
            return None
