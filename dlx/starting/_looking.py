"""What stands at a path: a folder of images, lists of them, a table or arrays."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from dlx.errors import UserError

__all__ = ["look"]

_TABLES, _ARRAYS = (".csv", ".tsv", ".parquet", ".pq"), (".npz",)
_LISTS = (".txt", ".csv", ".tsv", ".lst")


def look(path: Path, label: str | None) -> tuple[dict[str, Any], list[str]]:
    """Reader and arguments for what stands at the path, and what was guessed."""
    from dlx.readers._files import existing

    path = existing(path, kind="any")
    if path.is_file():
        return _look_at_file(path, label)
    lists = _list_files(path)
    if lists:
        arguments = {"reader": "images", "path": _written(path), "list": lists if len(lists) > 1 else lists[0]}
        return (arguments | {"label": label} if label else arguments), [f"list files: {', '.join(lists)}"]
    if _any_image(path):
        return {"reader": "images", "path": _written(path)}, ["images, one class per folder"]
    inside = sorted(f for f in path.iterdir() if f.suffix.lower() in (*_TABLES, *_ARRAYS))
    if len(inside) == 1:
        return _look_at_file(inside[0], label)
    if inside:
        names = ", ".join(f.name for f in inside[:10])
        raise UserError("several tables: name one of them", value=names, where=str(path))
    there = sorted(entry.name for entry in path.iterdir())
    raise UserError(
        "the folder is empty" if not there else "nothing here that dlx can read",
        value=", ".join(there[:10]) or None,
        where=str(path),
        hint="It looks for folders of images, .csv, .tsv, .parquet and .npz.",
    )


def _look_at_file(path: Path, label: str | None) -> tuple[dict[str, Any], list[str]]:
    suffix = path.suffix.lower()
    if suffix in _ARRAYS:
        return {"reader": "arrays", "path": _written(path)} | ({"y": label} if label else {}), []
    if suffix in _TABLES:
        return _look_at_table(path, label)
    hint = "It looks at .csv, .tsv, .parquet and .npz files, and folders of images."
    if suffix == ".npy":
        hint = "An .npy file holds no labels: save both with numpy.savez('data.npz', x=x, y=y)."
    raise UserError("dlx cannot tell what to do with this file", value=str(path), hint=hint)


def _look_at_table(path: Path, label: str | None) -> tuple[dict[str, Any], list[str]]:
    """Every role written out, so that the recipe says what was guessed and can be changed."""
    from dlx.readers import _roles, _table

    table = _table.load(path)
    singles = dict.fromkeys(("id", "group", "split", "time", "weight"))
    try:
        roles = _roles.assign(table, label=label, singles=singles)
    except UserError as error:
        if "label" not in error.rule:
            raise
        hint = f"Say it: dlx init {path} --label COLUMN."
        raise UserError(error.rule, value=error.value, where=error.where, hint=hint) from error
    arguments: dict[str, Any] = {"reader": "csv", "path": _written(path), "label": roles.label[0]}
    arguments |= {role: getattr(roles, role) for role in singles if getattr(roles, role)}
    if table.headerless:
        arguments["names"] = [str(column) for column in table.frame.columns]
    used = {*roles.label, *roles.numeric, *roles.categorical, *(getattr(roles, role) for role in singles)}
    left = [str(column) for column in table.frame.columns if str(column) not in used]
    if left:
        arguments["drop"] = left
    return arguments, [*table.notes, *roles.notes]


def _list_files(folder: Path) -> list[str]:
    """Files that list images of the folder with labels; those named by a part of a split first, else the only one."""
    from dlx.dataset import split_name
    from dlx.readers._image_lists import EXTENSIONS

    def lists(file: Path) -> bool:
        with file.open(encoding="utf-8", errors="replace") as stream:
            lines = [line for line in (stream.readline() for _ in range(3)) if line.strip()]
        cells = [cell.strip().strip('"') for line in lines for cell in re.split(r"[,;\t]| (?=\S+$)", line)]
        images = [cell for cell in cells if Path(cell).suffix.lower() in EXTENSIONS]
        return len(cells) > len(lines) and any((folder / image).exists() for image in images)

    files = [f for f in sorted(folder.iterdir()) if f.is_file() and f.suffix.lower() in _LISTS and lists(f)]
    parts = [f for f in files if split_name(f.stem)]
    if "train" in [split_name(f.stem) for f in parts]:
        order = {"train": 0, "train_dev": 1, "dev": 2, "test": 3}
        return [f.name for f in sorted(parts, key=lambda f: order[split_name(f.stem)])]
    return [files[0].name] if len(files) == 1 else []


def _any_image(folder: Path) -> bool:
    from dlx.readers._image_lists import EXTENSIONS

    return any(f.suffix.lower() in EXTENSIONS for f in folder.rglob("*"))


def _written(path: Path) -> str:
    """The path as the recipe holds it: relative to the recipe where it is beneath it, else absolute."""
    absolute = Path(os.path.abspath(path))
    return str(absolute.relative_to(Path.cwd())) if absolute.is_relative_to(Path.cwd()) else str(absolute)
