"""What labels are looked at: a run or a file, with its order of review, made once and kept in the run."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from dlx.errors import UserError
from dlx.labelling import Ranking
from dlx.labelling._rank import FILE, with_facts

if TYPE_CHECKING:
    from dlx.desk import Exhibits
    from dlx.predictions import Predictions
    from dlx.run import Run

__all__ = ["Subject", "subject"]

_FOLDS = 5


@dataclass(frozen=True)
class Subject:
    """What labels are looked at.

    Attributes:
        what: how a command names it.
        ranking: its order of review.
        exhibits: makes the examples visible.
        run: None for a file.
        notes: what was assumed.
    """

    what: str
    ranking: Ranking
    exhibits: Exhibits
    run: Run | None
    notes: tuple[str, ...] = ()


def subject(what: Any, task, predictor, images, data, folds: int | None, from_run: bool, quiet: bool) -> Subject:
    """Find what is meant, and rank its labels, or read how they were ranked.

    Args:
        what: a run, its name, or predictions of any framework.
        task: of a foreign table.
        predictor: whose rows.
        images: folder of pictures for a foreign table.
        data: name of the data.
        folds: models of the out-of-fold predictions; None for those the run has, else 5.
        from_run: take the run's own predictions of dev.
        quiet: no progress on stderr.

    Raises:
        UserError: no such run or file, no classes or no probabilities, or data that moved.
    """
    from dlx.diagnosis._sources import case, chosen
    from dlx.pipeline import exhibits
    from dlx.run import Run

    if from_run and folds is not None:
        raise UserError("--from-run trains nothing, --folds does", hint="Give one of them.")
    if folds is not None and folds < 2:
        raise UserError("out-of-fold predictions need at least 2 folds", value=folds, where="--folds")
    if isinstance(what, str) and not _is_file(what):
        from dlx import runs

        run, word = runs.find(what), what
    else:
        run, word = (what, what.id) if isinstance(what, Run) else (None, str(what) if _is_path(what) else "predictions")
    found = case(what if run is None else run, task)
    model = chosen(found.predictions, predictor)
    if run is not None:
        found_ranking, notes = _ranking_of_run(run, found.predictions, model, data, folds, from_run, quiet)
        return Subject(word, found_ranking, exhibits.of_run(run), run, notes)
    table = found.predictions.rows(model)
    held = "meta_fold" in table.columns and table["meta_fold"].notna().any()
    how = "out of fold, as meta_fold says" if held else "the table's predictions of dev"
    kept = table[(table["split"] != "test") & table["meta_fold"].notna()] if held else table[table["split"] == "dev"]
    if kept.empty:
        raise UserError("the table has no row of dev, and no column meta_fold", value=word, where="column split")
    name = data or (Path(word).name.partition(".")[0] or word)
    dev, test = table[table["split"] == "dev"], table[table["split"] == "test"]
    made = _ranking(found.predictions, kept, dev, model, how, 0, name)
    made = with_facts(made, made.table[["id", "content", "raw"]], _plain_test(test))
    return Subject(word, made, exhibits.of_files(found.predictions.table, images), None)


def _is_path(what: Any) -> bool:
    return isinstance(what, (str, os.PathLike))


def _is_file(what: str) -> bool:
    path = Path(what)
    return path.is_file() or path.suffix.lower() in (".csv", ".tsv", ".txt", ".gz", ".parquet", ".pq")


def _plain_test(test: pd.DataFrame) -> pd.DataFrame:
    """Labels of test; nothing that was predicted is read."""
    ids = test["id"].astype(str)
    facts = {name: test[name].astype(object) for name in ("source", "group")}
    return pd.DataFrame({"id": ids, "content": ids, "raw": ids, **facts, "y_true": test["y_true"].astype(str)})


def _ranking(predictions: Predictions, kept: pd.DataFrame, dev, model: str, how: str, folds: int, data: str) -> Ranking:
    from dlx.labelling import ranking

    held = replace(predictions, table=kept.reset_index(drop=True))
    return ranking(held, dev, predictor=model, how=how, folds=folds, data=data)


def _ranking_of_run(
    run: Run, predictions: Predictions, model: str, data: str | None, folds: int | None, from_run: bool, quiet: bool
) -> tuple[Ranking, tuple[str, ...]]:
    """The order of review that the run keeps, or a new one."""
    from dlx.labelling import of_run

    name = data or str(run.read_json("data.json", default={}).get("name") or run.info.get("recipe") or run.id)
    kept = of_run(run)
    asked = 0 if from_run else folds
    if kept is not None and kept.data == name and asked in (None, kept.folds):
        return kept, _caution(kept)
    if predictions.task != "classification":
        rows = predictions.rows(model, "dev")
        _ranking(predictions, rows, rows, model, "", 0, name)  # says what is wrong before any model is trained
    dev = predictions.rows(model, "dev")
    facts, test = _facts(run)
    if from_run:
        made = _ranking(predictions, dev, dev, model, "the run's own predictions of dev", 0, name)
    else:
        from dlx.pipeline.folds import out_of_fold

        k = folds or (kept.folds if kept else 0) or _FOLDS
        found = out_of_fold(run, folds=k, quiet=quiet, resume=folds in (None, kept.folds if kept else None))
        how = f"{k} models, each asked about the fifth it had not seen" if k == 5 else f"out of fold, {k} models"
        made = _ranking(found, found.table, dev, "model", how, k, name)
    made = with_facts(made, facts, test)
    made.write(run.file(FILE))
    return made, _caution(made)


def _caution(found: Ranking) -> tuple[str, ...]:
    if found.folds or (found.table["split"] == "train").any():
        return ()
    return ("Only dev was predicted while held out: train is not looked at. Without --from-run it is.",)


def _facts(run: Run) -> tuple[pd.DataFrame, pd.DataFrame]:
    """(id, content, raw of all examples; the same with source, group and label of test); nothing is predicted."""
    from dlx.pipeline.work import Work
    from dlx.recipe import load as recipe

    work = Work.read(recipe(run.file("recipe.yaml")), strict=False, previous=run)
    examples = work.part("test").examples
    test = examples[["id", "content", "raw", "source", "group"]].assign(y_true=examples["y"].astype(str))
    return work.split.table[["id", "content", "raw"]], test
