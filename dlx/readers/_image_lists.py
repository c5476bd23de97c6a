"""Which image files there are, and what each is called: folders, or list files with paths and labels."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from dlx.dataset import split_name
from dlx.errors import UserError, unknown
from dlx.readers import _labels
from dlx.readers._files import existing

__all__ = ["EXTENSIONS", "Listing", "divided", "files_below", "from_folders", "from_list"]

#: pictures that Pillow alone does not open: said, lest a phone's photos are missed without a word
_UNREAD = (".avif", ".cr2", ".dcm", ".dng", ".heic", ".heif", ".jp2", ".nef", ".svg")
EXTENSIONS = (".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp")


@dataclass(frozen=True)
class Listing:
    """Image files in a fixed order.

    Attributes:
        table: columns ``path`` (absolute or relative to the working directory), ``y`` (text, or a list of several
            labels), ``split`` (or None), and the other columns of a list file.
        notes: what was guessed.
        label_names: names of the labels, where there are several.
    """

    table: pd.DataFrame
    notes: tuple[str, ...]
    label_names: tuple[str, ...] = ()


def divided(folder: Path) -> dict[str, str]:
    """Subfolders that name a part of a split, folder name → part; empty unless train and another are there."""
    parts = {entry.name: split_name(entry.name) for entry in sorted(folder.iterdir()) if entry.is_dir()}
    parts = {name: part for name, part in parts.items() if part}
    return parts if "train" in parts.values() and len(set(parts.values())) > 1 else {}


def from_folders(folder: Path, level: int | Mapping[str, int]) -> Listing:
    """One class per folder; a folder divided in train, val and test keeps that split.

    Args:
        folder: where the class folders are, or the folders of the split with class folders in each.
        level: which folder below names the class: 1 the first, -1 the one that holds the file. Or label name → level,
            for several labels; a label is unknown where the folders do not go so deep.

    Raises:
        UserError: no image, images without a class folder, or a single class.
    """
    if isinstance(level, Mapping):
        _check_levels(level)
    parts = divided(folder)
    notes = []
    if parts:
        others = sorted(e.name for e in folder.iterdir() if e.is_dir() and e.name not in parts)
        notes.append(f"the folder is divided already: {', '.join(f'{n} → {p}' for n, p in parts.items())}")
        if others:
            notes.append(f"folders beside that split were left out: {', '.join(others[:5])}")
    rows, unclassed, depths, empty, unread = [], [], set(), [], set()
    for root, part in [(folder / name, part) for name, part in parts.items()] or [(folder, None)]:
        files = [file for file in sorted(root.rglob("*")) if not file.name.startswith(".")]
        unread |= {ending for file in files if (ending := file.suffix.lower()) in _UNREAD}
        files = [file for file in files if file.suffix.lower() in EXTENSIONS]
        known = {file.relative_to(root).parts[0] for file in files}
        empty += [e.name for e in sorted(root.iterdir()) if e.is_dir() and e.name[0] != "." and e.name not in known]
        for file in files:
            above = file.relative_to(root).parts[:-1]
            if not above:
                unclassed.append(file.name)
                continue
            depths.add(len(above))
            rows.append((str(file), _label(above, level, file), part))
    if not rows:
        raise _no_images(folder, unclassed)
    if empty:
        notes.append(f"folders without an image are no classes: {', '.join(empty[:5])}")
    if unread:
        notes.append(f"pictures that end in {', '.join(sorted(unread))} are not read: save them as .jpg or .png")
    if unclassed:
        notes.append(f"{len(unclassed)} images outside a class folder were left out, first {unclassed[0]!r}")
    if level == 1 and depths != {1}:
        notes.append("classes are the first folder level; level: -1 takes the folder that holds the file")
    table = pd.DataFrame(rows, columns=["path", "y", "split"]).astype(object)
    if isinstance(level, Mapping):
        return Listing(table, tuple(notes), tuple(map(str, level)))
    if table["y"].nunique() < 2:
        raise UserError(
            "one class only", value=table["y"].iloc[0], where=str(folder), hint="Put each class in a folder."
        )
    return Listing(table, tuple(notes))


def from_list(
    folder: Path,
    lists: str | Sequence[str] | dict[str, str],
    *,
    image: str | int | None,
    label: str | int | Sequence[str | int] | Mapping[str, str | int] | None,
    extra: Sequence[str | int],
) -> Listing:
    """Paths and labels from list files.

    Args:
        folder: what the paths in the lists are relative to.
        lists: one list file, several, or split → list file. Several files named train.txt, val.csv … keep that split.
        image, label: column of the path and of the label, by name, or by number from 1; guessed and said when None.
            Several labels are a list of columns, or label name → column.
        extra: further columns that are wanted (group, meta).

    Raises:
        UserError: a missing file or column, or a list without rows.
    """
    if isinstance(lists, dict):
        named = {str(part): str(file) for part, file in lists.items()}
        for part in named:
            if split_name(part) is None:
                raise unknown("part of a split", part, ("train", "train_dev", "dev", "test"), where="list")
        files = [(file, split_name(part)) for part, file in named.items()]
    else:
        files = [
            (str(file), split_name(Path(str(file)).stem)) for file in ([lists] if isinstance(lists, str) else lists)
        ]
        if {part for _, part in files} in ({"train"}, {None}) or len(files) == 1:
            files = [(file, None) for file, _ in files]
    tables, notes = [], []
    named_labels = _named(label)
    for name, part in files:
        file = existing(folder / name if (folder / name).exists() else name)
        table = _rows(file)
        path_column = _path_column(table, folder, image, file)
        if named_labels:
            labels = {f"\t{each}": table[_column(table, column, file)] for each, column in named_labels.items()}
            label_column = ", ".join(named_labels)
        else:
            label_column = _column(table, label, file) if label is not None else _next_to(table, path_column, file)
            labels = {"y": table[label_column]}
        if not notes and (image is None or label is None) and len(table.columns) > 2:
            notes.append(f"in {file.name} column {path_column!r} is the path, column {label_column!r} the label")
        wanted = {"path": table[path_column].map(lambda p: str(_inside(folder, p))), "split": part, **labels}
        wanted |= {str(c): table[_column(table, c, file)] for c in extra}
        tables.append(pd.DataFrame(wanted))
    if any(part for _, part in files):
        notes.insert(0, f"the lists are divided already: {', '.join(f'{n} → {p}' for n, p in files)}")
    made = pd.concat(tables, ignore_index=True).astype(object)
    if named_labels:  # over all files, for a column holds classes or yes and no in all of them
        columns = {each: made.pop(f"\t{each}").to_numpy(object) for each in named_labels}
        made["y"] = pd.Series(_labels.several(columns, where=", ".join(file for file, _ in files)), index=made.index)
    return Listing(made, tuple(notes), tuple(named_labels))


def _named(label: str | int | Sequence[str | int] | Mapping[str, str | int] | None) -> dict[str, str | int]:
    """Label name → column, where there are several labels."""
    if isinstance(label, Mapping):
        return {str(name): column for name, column in label.items()}
    return {str(column): column for column in label} if isinstance(label, (list, tuple)) else {}


def files_below(root: Path) -> list[Path]:
    """Image files in a folder and the folders in it, in a fixed order."""
    return sorted(f for f in root.rglob("*") if f.suffix.lower() in EXTENSIONS and not f.name.startswith("."))


def _inside(folder: Path, path: str) -> Path:
    """The file that a list names; many lists write a path inside the folder with a slash in front."""
    return folder / path.lstrip("/") if path.startswith("/") and not Path(path).exists() else folder / path


def _check_levels(level: Mapping[str, int]) -> None:
    for name, depth in level.items():
        if isinstance(depth, bool) or not isinstance(depth, int) or depth == 0:
            raise UserError(
                "a level is a whole number, from 1 down or from -1 up", value=depth, where=f"level, {name!r}"
            )


def _label(above: tuple[str, ...], level: int | Mapping[str, int], file: Path) -> str | list[str | None]:
    if not isinstance(level, Mapping):
        return above[0] if level == 1 else _at(above, level, file)
    places = [depth - 1 if depth > 0 else depth for depth in level.values()]
    return [above[place] if -len(above) <= place < len(above) else None for place in places]


def _at(above: tuple[str, ...], level: int, file: Path) -> str:
    try:
        return above[level - 1 if level > 0 else level]
    except IndexError as error:
        raise UserError(f"there is no folder at level {level} above the file", value=str(file)) from error


def _no_images(folder: Path, unclassed: list[str]) -> UserError:
    if unclassed:
        return UserError(
            f"{len(unclassed)} images, but no folder per class",
            where=str(folder),
            hint="Put each class in a folder of its own, or give list: a file with paths and labels.",
        )
    return UserError("no image in the folder", where=str(folder), hint=f"Looked for: {' '.join(EXTENSIONS)}.")


def _rows(file: Path) -> pd.DataFrame:
    try:
        lines = [line for line in file.read_text(encoding="utf-8-sig").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"cannot read the list: {error}", value=str(file)) from error
    if not lines:
        raise UserError("the list has no rows", value=str(file))
    sep = next((s for s in (",", "\t", ";") if s in lines[0]), " ")
    rows = [[cell.strip() for cell in row] for row in csv.reader(lines, delimiter=sep, skipinitialspace=True)]
    header = Path(rows[0][0]).suffix.lower() not in EXTENSIONS and not any(
        Path(cell).suffix.lower() in EXTENSIONS for cell in rows[0]
    )
    names = rows.pop(0) if header else [str(i + 1) for i in range(len(rows[0]))]
    for number, row in enumerate(rows):
        if len(row) != len(names):
            raise UserError(
                f"every row of the list needs {len(names)} columns",
                value=row,
                where=f"{file}, row {number + 1}",
                hint="Quote paths that hold the separator.",
            )
    if not rows:
        raise UserError("the list has no rows", value=str(file))
    return pd.DataFrame(rows, columns=names, dtype=object)


def _column(table: pd.DataFrame, wanted: str | int, file: Path) -> str:
    if isinstance(wanted, int) and 1 <= wanted <= len(table.columns):
        return table.columns[wanted - 1]
    if str(wanted) not in table.columns:
        raise unknown("column", str(wanted), table.columns, where=str(file))
    return str(wanted)


def _path_column(table: pd.DataFrame, folder: Path, wanted: str | int | None, file: Path) -> str:
    if wanted is not None:
        return _column(table, wanted, file)
    for column in table.columns:
        if any(Path(cell).suffix.lower() in EXTENSIONS for cell in table[column].head(20)):
            return column
    raise UserError("no column of the list holds image paths", value=list(table.iloc[0]), where=str(file))


def _next_to(table: pd.DataFrame, path_column: str, file: Path) -> str:
    for word in ("label", "class", "target", "y", "category"):
        for column in table.columns:
            if column.lower() == word:
                return column
    others = [c for c in table.columns if c != path_column]
    if not others:
        raise UserError("the list has paths but no labels", where=str(file), hint="Add a column with the label.")
    return others[0]
