"""Which predictions are analysed and which of their errors are looked at: the frozen sample, or a new one."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from dlx.diagnosis._sources import case, chosen
from dlx.errors import UserError
from dlx.predictions import Predictions
from dlx.run import Run
from dlx.tagging.frozen import COLUMNS, Sample, load, save
from dlx.tagging.log import annotations_folder
from dlx.tagging.names import data_name
from dlx.tagging.sample import draw
from dlx.tagging.wrong import Wrong, wrong

__all__ = [
    "AGAINST",
    "GIVEN",
    "Settings",
    "Subject",
    "frozen",
    "given",
    "of_sheet",
    "read_rows",
    "saved",
    "subject",
]

_FILES = (".csv", ".tsv", ".txt", ".gz", ".parquet", ".pq", ".xlsx")
_N = 100
#: How a sample came about that dlx did not draw.
GIVEN = "given"
#: How it came about where a run is held against an earlier one: old errors as they were sampled there, and new ones.
AGAINST = "against"


@dataclass(frozen=True)
class Settings:
    """How to sample; None where the user has not said."""

    n: int | None = None
    seed: int | None = None
    by: str | None = None
    correct: int | None = None
    repeats: int | None = None
    eyeball: float | None = None
    positive: str | None = None
    threshold: float | None = None
    predictor: str | None = None
    split: str | None = None
    task: str | None = None

    def over(self, old: dict[str, Any]) -> dict[str, Any]:
        """What was said, over an earlier sample's settings, over the defaults."""
        defaults = {"n": _N, "seed": 0, "by": "random", "correct": 0, "repeats": 0, "eyeball": 1.0, "split": "dev"}
        said = {name: value for name, value in vars(self).items() if value is not None}
        return dict.fromkeys(vars(self)) | defaults | {k: v for k, v in old.items() if v is not None} | said


@dataclass(frozen=True)
class Subject:
    """Predictions by name.

    Attributes:
        what: how a command names them.
        source: what is read: a run, a path or a table.
        name: of the sample's file.
        folder: ``annotations/<data name>``.
        run: the run, if it is one.
        stamp: changes when the predictions file does; None for a table in memory.
    """

    what: str
    source: Any
    name: str
    folder: Path
    run: Run | None = None
    stamp: list[int] | None = None

    @property
    def path(self) -> Path:
        """The sample's file."""
        return self.folder / "samples" / f"{data_name(self.name)}.parquet"

    def worst(self) -> list[dict[str, Any]]:
        """The run's worst errors with their pictures, where it kept them."""
        return [] if self.run is None else self.run.read_json("worst.json", default=[])


def subject(what: Any, data: str | None = None, root: str | Path | None = None) -> Subject:
    """Find what is analysed: a file first, then a run of that name; the data's name tells whose tags are used.

    Raises:
        UserError: neither a file nor a run.
    """
    if isinstance(what, (pd.DataFrame, Predictions)):
        return Subject("predictions", what, "predictions", annotations_folder(data or "predictions", root))
    if not isinstance(what, (str, os.PathLike, Run)):
        raise UserError("errors are analysed of a run, a file or a table", value=type(what).__name__)
    path = None if isinstance(what, Run) else Path(what)
    if path is not None and (path.is_file() or path.suffix.lower() in _FILES):
        name = path.name.partition(".")[0] or path.name
        return Subject(str(what), path, name, annotations_folder(data or name, root), stamp=_stamp(path))
    from dlx import runs

    run = runs.find(what if isinstance(what, Run) else str(what))
    told = run.read_json("data.json", default={}).get("name") or run.info.get("recipe") or run.id
    folder = annotations_folder(data or str(told), root)
    word = run.id if isinstance(what, Run) else str(what)
    return Subject(word, run, run.id, folder, run, _stamp(run.predictions))


def _stamp(path: Path) -> list[int] | None:
    if not path.is_file():
        return None
    facts = path.stat()
    return [facts.st_mtime_ns, facts.st_size]


def frozen(about: Subject, asked: Settings) -> tuple[Sample, list[str]]:
    """The sample as it was drawn before, or a new one where there is none or other settings are asked for.

    Returns:
        the sample, on disk, and notes.

    Raises:
        UserError: predictions or settings at fault.
    """
    old = load(about.path) if about.path.exists() else None
    if old is None or (old.by in (GIVEN, AGAINST) and asked != Settings()):
        return _drawn(about, asked.over({})), []
    known = {"n": old.n, "seed": old.seed, "by": old.by, "split": old.split} | old.options
    wanted = asked.over(known)
    if any(wanted[name] != value for name, value in known.items()):
        return _drawn(about, wanted), ["The sample was drawn anew as asked; tags of earlier ones stay in the log."]
    if old.by in (GIVEN, AGAINST) and about.stamp is not None and old.stamp not in (None, about.stamp):
        what = "sheet was read: read it" if old.by == GIVEN else "runs were compared: compare them"
        return old, [f"The predictions have changed since the {what} again for the new numbers."]
    if old.by in (GIVEN, AGAINST) or (about.stamp is not None and old.stamp == about.stamp):
        return old, []
    new = _drawn(about, wanted, keep=old)
    changed = new.digest != old.digest
    return new, ["The predictions have changed: the sample was drawn anew; no tag is lost."] if changed else []


def _drawn(about: Subject, settings: dict[str, Any], keep: Sample | None = None) -> Sample:
    """Draw and save; ``keep`` stays, with the new stamp, where the errors are still the same."""
    part, found, predictor = read_rows(about, settings)
    bad = wrong(part, found.task, settings["threshold"])
    if keep is not None and keep.digest == _digest(part, bad.rows):
        made = replace(keep, stamp=about.stamp)
        save(made, about.path)
        return made
    if not bad.rows.any():
        raise UserError(
            f"there is no error on {settings['split']} to look at", value=f"{len(part):,} examples", where=about.what
        )
    table, totals = draw(
        part, bad.rows, n=settings["n"], by=settings["by"], seed=settings["seed"], correct=settings["correct"],
        repeats=settings["repeats"], share=settings["eyeball"], positive=settings["positive"],
    )  # fmt: skip
    return saved(about, settings, table, totals, part, bad, found, predictor)


def saved(
    about: Subject, settings: dict[str, Any], table: pd.DataFrame, totals: dict[str, int], part: pd.DataFrame,
    bad: Wrong, found: Predictions, predictor: str,
) -> Sample:  # fmt: skip
    """Write a sample with the facts it was drawn from, and read it back."""
    names = ("correct", "repeats", "eyeball", "positive", "threshold", "predictor", "task", "against")
    options = {name: settings[name] for name in names if name in settings}
    made = Sample(
        _as_text(table), int(bad.rows.sum()), len(part), totals, settings["by"], settings["n"], settings["seed"],
        about.name, predictor, settings["split"], bad.meaning, bad.threshold,
        found.classes if found.task == "classification" else (), options, about.stamp, _digest(part, bad.rows),
        found.task,
    )  # fmt: skip
    save(made, about.path)
    return load(about.path)  # the first look is like all later ones


def of_sheet(about: Subject, asked: Settings, ids: list[str]) -> Sample:
    """The sample of a sheet that dlx did not export: its rows are taken as drawn at random from all errors."""
    settings = asked.over({}) | {"by": GIVEN, "n": len(ids)}
    part, found, predictor = read_rows(about, settings)
    bad = wrong(part, found.task, settings["threshold"])
    place = {name: position for position, name in enumerate(part["id"])}
    chosen_rows = [place[name] for name in ids if name in place]
    is_wrong = bad.rows[chosen_rows]
    n_errors = int(bad.rows.sum())
    if not is_wrong.any():
        raise UserError("no row of this sheet is an error of these predictions", value=ids[0], where=about.what)
    table = part.iloc[chosen_rows].assign(
        kind=np.where(is_wrong, "error", "correct"), stratum=np.where(is_wrong, "errors", "correct"),
        p_inclusion=np.where(is_wrong, is_wrong.sum() / n_errors, (~is_wrong).sum() / max(len(part) - n_errors, 1)),
        example=[part["id"].iloc[i] for i in chosen_rows],
    )  # fmt: skip
    return saved(about, settings, table, {"errors": n_errors}, part, bad, found, predictor)


def read_rows(about: Subject, settings: dict[str, Any]) -> tuple[pd.DataFrame, Predictions, str]:
    """The rows of one predictor and split.

    Raises:
        UserError: no such split or predictor, or predictions at fault.
    """
    found = case(about.source, settings["task"]).predictions
    predictor = chosen(found, settings["predictor"])
    part = found.rows(predictor, settings["split"])
    part = part[(part["size"] > 0).to_numpy()] if len(part) else part  # without any known label nothing can be wrong
    if not len(part):
        there = sorted({str(s) for s in found.rows(predictor)["split"].unique()})
        raise UserError(
            f"there are no rows of {settings['split']}", value=there, where=about.what, hint=f"Say --split {there[0]}."
        )
    return part.reset_index(drop=True), found, predictor


def _digest(part: pd.DataFrame, bad: np.ndarray) -> str:
    hashed = pd.util.hash_array(part["id"].to_numpy(object)[bad], categorize=False)
    return f"{int(hashed.sum(dtype='uint64')):016x}-{int(bad.sum())}-{len(part)}"


def _as_text(table: pd.DataFrame) -> pd.DataFrame:
    """The columns a reviewer sees, labels as text."""
    likely = [c for c in table if c.startswith("proba_")]
    if likely:
        table = table.assign(confidence=table[likely].max(axis=1).astype(float))
    for name in ("y_true", "y_pred"):
        table = table.assign(**{name: [_label(value) for value in table[name]]})
    if "source" in table:
        table = table.assign(source=table["source"].astype(object))
    kept = [c for c in COLUMNS if c in table] + [c for c in table if c.startswith("meta_")]
    return table[kept]


def _label(value: Any) -> str:
    if isinstance(value, (list, tuple, np.ndarray)):
        plain = [None if v is None or v != v else v if isinstance(v, str) else int(v) for v in value]
        return json.dumps(plain, ensure_ascii=False)
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def given(ids: list[str], about: Subject, *, n_errors: int, n_dev: int, columns: dict[str, list[str]]) -> Sample:
    """The sample of a table made elsewhere: its rows are taken as drawn at random from all errors.

    Args:
        ids: of its rows.
        about: how the table is named.
        n_errors: all errors on dev.
        n_dev: examples on dev.
        columns: what else the table says of each row, such as ``y_true``.

    Raises:
        UserError: numbers that cannot be.
    """
    if not 1 <= len(ids) <= n_errors <= n_dev:
        raise UserError(
            "tagged errors ≤ all errors ≤ dev examples must hold",
            value=f"{len(ids)} rows, --n-errors {n_errors}, --n-dev {n_dev}",
            where=about.what,
        )
    table = pd.DataFrame({"id": ids, "example": ids, "kind": "error", "stratum": "errors", **columns})
    table["p_inclusion"] = len(ids) / n_errors
    made = Sample(table, n_errors, n_dev, {"errors": n_errors}, GIVEN, len(ids), predictions=about.name)
    save(made, about.path)
    return made
