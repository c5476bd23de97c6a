"""``dlx init``: look at a user's folder or table, and write a recipe that runs unedited."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlx.errors import UserError
from dlx.files import replacing
from dlx.starting._looking import look
from dlx.starting._writing import recipe

if TYPE_CHECKING:
    from dlx.dataset import Dataset

__all__ = ["Started", "init"]


@dataclass(frozen=True)
class Started:
    """A recipe made by looking at data.

    Attributes:
        name: of the recipe.
        file: where it was written.
        text: the recipe.
        task: the task it was taken for.
        kind: ``image``, ``table`` or ``array``.
        examples: how many could be read.
        notes: what was guessed, one sentence each.
    """

    name: str
    file: Path
    text: str
    task: str
    kind: str
    examples: int
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON."""
        return {**vars(self), "file": str(self.file), "notes": list(self.notes)}

    def _repr_html_(self) -> str:
        import html

        notes = "".join(f"<li>{html.escape(note)}</li>" for note in self.notes)
        return f"<p>{html.escape(str(self.file))}</p><ul>{notes}</ul><pre>{html.escape(self.text)}</pre>"


def init(path: str | Path, *, name: str | None = None, label: str | None = None, force: bool = False) -> Started:
    """Look at data, guess what it is, and write ``<name>.yaml`` in the working directory.

    The data is read and divided once, so that what is written is known to run.

    Args:
        path: a folder of images (one folder per class, perhaps divided in train/val/test, or with list files), a CSV,
            TSV or Parquet table, an ``.npz`` file, or a folder that holds one of these.
        name: of the recipe; the folder's or file's name when not given.
        label: the label column, where it cannot be guessed.
        force: write over a recipe that is there.

    Raises:
        UserError: nothing that can be learned from, one class only, no label to be guessed, or the file exists.
    """
    found = Path(path).expanduser()
    name = _slug(name or found.resolve().stem if found.is_file() else name or found.resolve().name)
    file = Path(f"{name}.yaml")
    if file.exists() and not force:
        raise UserError("the recipe is already there", value=str(file), hint="Choose another --name, or use --force.")
    arguments, said = look(found, label)
    dataset = _read(arguments)
    task, why = _task(dataset, arguments)
    _try_split(dataset)
    text = recipe(name, str(path), dataset, task, arguments)
    _check(text)
    with replacing(file) as partial:
        partial.write_text(text, encoding="utf-8")
    notes = (*said, *(note for note in dataset.notes if note not in said), why)
    if len(dataset.set_aside):
        notes += (f"{len(dataset.set_aside):,} unreadable examples are set aside; dlx data lists them",)
    return Started(name, file, text, task, dataset.kind, len(dataset), notes)


def _slug(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]+", "-", name).strip("-") or "recipe"


def _read(arguments: dict[str, Any]) -> Dataset:
    from dlx import parts

    given = {key: value for key, value in arguments.items() if key != "reader"}
    return parts.load("readers", arguments["reader"])(**given)


def _task(dataset: Dataset, arguments: dict[str, Any]) -> tuple[str, str]:
    """(task, why)."""
    import pandas as pd

    y = dataset.examples["y"]
    if dataset.label_names and any(isinstance(v, str) for row in y for v in row):
        return (
            "multitask",
            f"task multitask: {len(dataset.label_names)} labels per example, each with classes of its own",
        )
    if dataset.label_names:
        return "multilabel", f"task multilabel: {len(dataset.label_names)} labels per example"
    if y.map(type).eq(float).all():
        return "regression", "task regression: labels are numbers with a fraction"
    distinct = y.nunique()
    if pd.to_numeric(y, errors="coerce").notna().all() and (distinct > 100 or distinct * 5 > len(y) > 20):
        return "regression", f"task regression: {distinct:,} different whole numbers as labels"
    if distinct * 2 > len(y) and len(y) > 20:
        column = arguments.get("label", "the label")
        raise UserError(
            f"{distinct:,} different labels among {len(y):,} examples are too many for classes",
            value=f"column {column}" if isinstance(column, str) else None,
            hint="Say which column is the label: --label COLUMN.",
        )
    return "classification", f"task classification: {distinct:,} classes"


def _try_split(dataset: Dataset) -> None:
    from dlx.split import split

    split(dataset, {"split": "auto", "split_by": "hash", "target": None})


def _check(text: str) -> None:
    """A recipe that dlx wrote must load: a fault here is dlx's own."""
    from dlx import yaml12
    from dlx.recipe import load

    load(yaml12.parse(text, where="the new recipe").data)
