"""``dlx init``: look at a user's folder or table, and write a recipe that runs unedited."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlx.errors import UserError
from dlx.files import replacing

if TYPE_CHECKING:
    from dlx.dataset import Dataset

__all__ = ["Started", "init"]

_TABLES, _ARRAYS = (".csv", ".tsv", ".parquet", ".pq"), (".npz",)
_LISTS = (".txt", ".csv", ".tsv", ".lst")


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
    arguments, said = _look(found, label)
    dataset = _read(arguments)
    task, why = _task(dataset, arguments)
    _try_split(dataset)
    text = _recipe(name, str(path), dataset, task, arguments)
    _check(text)
    with replacing(file) as partial:
        partial.write_text(text, encoding="utf-8")
    notes = (*said, *(note for note in dataset.notes if note not in said), why)
    if len(dataset.set_aside):
        notes += (f"{len(dataset.set_aside):,} unreadable examples are set aside; dlx data lists them",)
    return Started(name, file, text, task, dataset.kind, len(dataset), notes)


def _slug(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]+", "-", name).strip("-") or "recipe"


def _look(path: Path, label: str | None) -> tuple[dict[str, Any], list[str]]:
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


def _read(arguments: dict[str, Any]) -> Dataset:
    from dlx import parts

    given = {key: value for key, value in arguments.items() if key != "reader"}
    return parts.load("readers", arguments["reader"])(**given)


def _task(dataset: Dataset, arguments: dict[str, Any]) -> tuple[str, str]:
    """(task, why)."""
    import pandas as pd

    y = dataset.examples["y"]
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


def _recipe(name: str, asked: str, dataset: Dataset, task: str, arguments: dict[str, Any]) -> str:
    """The recipe's text: at most 40 lines, each knob with its trade-off."""
    lines = [
        f"# dlx train {name}.yaml",
        "#",
        f"# Written by dlx init from {asked}. Change what was guessed wrongly; dlx check {name}.yaml finds faults.",
        f"name: {name}",
        f"task: {task}",
        "data:",
        "  sources:",
        f"    {name}:",
        *_argument_lines(arguments),
        "  split: auto                    # the data's own split where it has one, else sizes from the amount of data",
        "  normalize: standardize         # fitted on train, saved in the model",
        *_model_lines(dataset),
        "train:",
        f"  epochs: {_epochs(dataset)}".ljust(33) + "# longer: less bias",
        "  batch_size: 64                 # smaller: more steps per epoch, noisier, slower",
        "  optimizer: adam",
        "  learning_rate: 1e-3            # the first knob to tune, on a log scale",
        "# How well people do this, the mark to measure bias against; put in your own figure:",
        f"# human: {{panel: {{error: {'1%' if task != 'regression' else '0.5'}, source: who measured it}}}}",
    ]
    return "\n".join(lines) + "\n"


def _argument_lines(arguments: dict[str, Any]) -> list[str]:
    why: dict[str, Callable[[Any], str]] = {
        "label": lambda _: "what is predicted",
        "id": lambda _: "your own key: a row keeps its part of the split by it",
        "group": lambda _: "rows of one group stay in one part",
        "split": lambda _: "your own split is kept",
        "time": lambda _: "used by split_by: time",
        "drop": lambda _: "too many different texts to be categories",
        "names": lambda _: "the file has no header; rename at will",
    }
    lines = []
    for key, value in arguments.items():
        text = f"      {key}: {_yaml(value)}"
        lines.append(f"{text:<32} # {why[key](value)}" if key in why else text)
    return lines


def _model_lines(dataset: Dataset) -> list[str]:
    shape = dataset.payload.inputs[0].shape
    if dataset.kind == "image":
        filters = [16, 32, 64] if min(shape[:2]) >= 48 else [16, 32] if min(shape[:2]) >= 8 else [16]
        return [
            "model:",
            "  builder: convnet",
            f"  filters: {filters}".ljust(33) + "# more channels or blocks: less bias, more time",
            "  units: [64]                    # dense layers after the blocks",
            "  dropout: 0.0                   # 0.2–0.5 against variance only",
            "  l2: 0.0                        # 1e-4 … 1e-2, against variance",
        ]
    return [
        "model:",
        "  builder: mlp",
        "  units: [64, 64]                # more or wider layers: less bias; fewer: less variance",
        "  dropout: 0.0                   # 0.2–0.5 against variance only",
        "  l2: 1e-4                       # stronger: less variance, more bias",
    ]


def _epochs(dataset: Dataset) -> int:
    if dataset.kind == "image":
        return 20
    return 100 if len(dataset) < 5_000 else 30


def _yaml(value: Any) -> str:
    """A value in YAML's flow style; text that could be read as something else is quoted, as JSON does."""
    if isinstance(value, str):
        plain = re.fullmatch(r"[A-Za-z_/.][\w/.+-]*(?: [\w/.+-]+)*", value, re.ASCII)
        words = ("true", "false", "null", "yes", "no", "on", "off")
        return value if plain and value.lower() not in words else json.dumps(value, ensure_ascii=False)
    if isinstance(value, list):
        return "[" + ", ".join(json.dumps(v, ensure_ascii=False) if "," in str(v) else _yaml(v) for v in value) + "]"
    return json.dumps(value)
