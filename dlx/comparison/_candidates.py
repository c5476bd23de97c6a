"""What is compared: runs, files and tables, one candidate for each model in them."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from dlx.diagnosis._sources import Case, case, chosen
from dlx.errors import UserError
from dlx.predictions import Predictions
from dlx.run import Run

__all__ = ["Candidate", "candidates"]

_FILES = (".csv", ".tsv", ".txt", ".gz", ".parquet", ".pq")


@dataclass(frozen=True)
class Candidate:
    """One model.

    Attributes:
        name: what it is called here; no two are called alike.
        predictor: its name in its table.
        case: the table, and the recipe and history of its run.
        info: ``run.json``; empty for a foreign table.
    """

    name: str
    predictor: str
    case: Case = field(repr=False)
    info: dict[str, Any] = field(default_factory=dict, repr=False)

    def rows(self, split: str) -> pd.DataFrame:
        """Its rows of one split."""
        return self.case.predictions.rows(self.predictor, split).reset_index(drop=True)


def candidates(
    tables: Sequence[Any], names: Sequence[str] | None, task: str | None, *, least: int = 2
) -> tuple[Candidate, ...]:
    """Read everything that is compared.

    Args:
        tables: runs, files, DataFrames or ``Predictions``; a table may hold several models.
        names: of the tables; None takes the run's name, or the file's.
        task: as in :func:`dlx.diagnose`.
        least: models that there must be.

    Raises:
        UserError: an unknown run or file, the same one twice, too few models, different tasks.
    """
    if names is not None and len(names) != len(tables):
        raise UserError("there is one name for each table", value=list(names), where="names")
    found = [_of(table, None if names is None else names[i], i, task) for i, table in enumerate(tables)]
    _refuse_repeats(found)
    made = [each for group in _distinct(found) for each in group]
    if len(made) < least:
        raise UserError(
            "a comparison needs two models or more",
            value=[each.name for each in made],
            hint="For example: dlx compare RUN1 RUN2, or a table with a column predictor.",
        )
    tasks = {each.name: each.case.predictions.task for each in made}
    if len(set(tasks.values())) > 1:
        told = ", ".join(f"{name}: {kind}" for name, kind in tasks.items())
        raise UserError(
            f"the tables are of different tasks ({told})", hint="If the labels mislead, say it: --task NAME."
        )
    return tuple(made)


@dataclass(frozen=True)
class _Table:
    """One argument: its name, what to call it when others are called the same, and the models in it."""

    name: str
    longer: str
    identity: str | None
    named: bool
    models: tuple[Candidate, ...]


def _of(table: Any, name: str | None, position: int, task: str | None) -> _Table:
    if isinstance(table, (str, os.PathLike)):
        path = Path(table)
        if not (path.is_file() or path.suffix.lower() in _FILES):
            from dlx import runs

            table = runs.find(str(table))
    found = case(table, task)
    if isinstance(table, Run):
        one = Candidate(name or table.name, chosen(found.predictions, None), found, table.info)
        return _Table(one.name, table.id, str(table.path.resolve()), True, (one,))
    in_memory = isinstance(table, (pd.DataFrame, Predictions))
    own = name or (f"table{position + 1}" if in_memory else Path(table).name.partition(".")[0])
    models = tuple(Candidate(p, p, found) for p in _models(found.predictions))
    if not models:
        raise UserError("the table holds no model", value=list(found.predictions.predictors), where=own)
    identity = None if in_memory else str(Path(table).resolve())
    return _Table(own, own if in_memory else str(table), identity, name is not None, models)


def _models(found: Predictions) -> list[str]:
    return [name for name in found.predictors if name != "baseline" and not name.startswith("human:")]


def _refuse_repeats(found: Sequence[_Table]) -> None:
    seen = Counter(each.identity for each in found if each.identity)
    for each in found:
        if each.identity and seen[each.identity] > 1:
            raise UserError("this is named twice; a model does not differ from itself", value=each.longer)


def _distinct(found: Sequence[_Table]) -> list[list[Candidate]]:
    """One table is named by its models, several by file or run; where that is not enough, by both."""
    names = Counter(each.name for each in found)
    made = []
    for each in found:
        table = each.name if names[each.name] == 1 else each.longer
        if len(found) == 1:
            made.append(list(each.models))
        elif len(each.models) == 1:
            made.append([_renamed(each.models[0], table)])
        else:
            made.append([_renamed(model, f"{table}:{model.name}") for model in each.models])
    return made


def _renamed(model: Candidate, name: str) -> Candidate:
    return Candidate(name, model.predictor, model.case, model.info)
