"""Which labels to look at first: cleanlab's confident learning (Northcutt et al. 2021) on held-out probabilities."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from dlx.errors import DlxError, UserError
from dlx.files import replacing
from dlx.predictions import Predictions
from dlx.run import Run

__all__ = ["FILE", "Ranking", "of_run", "ranking"]

#: In the run's folder.
FILE = "labels.parquet"
_KEY = b"dlx-labels"
COLUMNS = (
    "id",
    "content",
    "raw",
    "split",
    "source",
    "group",
    "y_true",
    "y_pred",
    "confidence",
    "rank",
    "misclassified",
)


@dataclass(frozen=True)
class Ranking:
    """All examples whose labels are in question, with the order of review.

    Attributes:
        table: ``COLUMNS``; rank counts from 0 and is -1 where a label is not flagged; ``y_pred`` and ``confidence``
            (the held-out probability of the given label) are missing for test, of which nothing is predicted.
        classes: of the data.
        n_dev: dev examples of the run, for its dev error.
        how: where the probabilities come from, in words.
        folds: how many models; 0 where the run's own predictions of dev were taken.
        data: name of the data.
    """

    table: pd.DataFrame
    classes: tuple[str, ...]
    n_dev: int
    how: str
    folds: int
    data: str
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def judged(self) -> pd.DataFrame:
        """The examples that were predicted while held out."""
        return self.table[self.table["y_pred"].notna()]

    def digest(self) -> str:
        """Of ids, labels and ranks: the same ranking has the same digest."""
        columns = self.table[["id", "y_true", "rank", "misclassified"]].astype(str).astype(object)
        rows = np.sort(pd.util.hash_pandas_object(columns, index=False, categorize=False).to_numpy())
        return hashlib.blake2b(rows.tobytes(), digest_size=8).hexdigest()

    def write(self, path: Path) -> None:
        """Write it in one step.

        Raises:
            DlxError: the disk is full.
        """
        import pyarrow as pa
        import pyarrow.parquet as pq

        table = pa.Table.from_pandas(self.table, preserve_index=False)
        facts = {k: v for k, v in vars(self).items() if k != "table"}
        table = table.replace_schema_metadata({**(table.schema.metadata or {}), _KEY: json.dumps(facts).encode()})
        with replacing(path) as temporary:
            pq.write_table(table, temporary)


def of_run(run: Run) -> Ranking | None:
    """The ranking that a run keeps; None where it has none.

    Raises:
        DlxError: a file that is none.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = run.file(FILE)
    if not path.exists():
        return None
    try:
        table = pq.read_table(path)
        facts = json.loads(table.schema.metadata[_KEY])
    except (pa.ArrowException, KeyError, TypeError, ValueError) as error:
        raise DlxError(
            "this file is no order of review", where=str(path), hint="Remove it: it is made anew."
        ) from error
    return Ranking(table.to_pandas(), **facts | {"classes": tuple(facts["classes"])})


def ranking(held_out: Predictions, dev: pd.DataFrame, *, predictor: str, how: str, folds: int, data: str) -> Ranking:
    """Rank the labels of examples that were predicted while held out.

    Args:
        held_out: rows with ``proba_<class>``, each from a model that was not trained on it.
        dev: the model's own rows of dev; those with an error are its misclassified examples.
        predictor: whose rows of ``held_out``.
        how: where the probabilities come from, in words.
        folds: number of models, 0 for the run's own dev predictions.
        data: name of the data.

    Raises:
        UserError: no classes, no probabilities, or labels that have no column of them.
    """
    if held_out.task != "classification":
        raise UserError(
            "wrong labels are looked for among classes", value=held_out.task,
            hint="For numbers and several labels, `dlx analyze-errors --by loss` shows the largest errors first.",
        )  # fmt: skip
    classes = held_out.classes
    rows = held_out.rows(predictor).reset_index(drop=True)
    columns = [f"proba_{name}" for name in classes]
    if not classes or not set(columns) <= set(rows) or rows[columns].isna().any().any():
        raise UserError(
            "the order of review needs a probability of every class", value=predictor, where="columns proba_<class>",
            hint="A run has them; to a file add proba_<class>, of models that were not trained on the row.",
        )  # fmt: skip
    known = rows["y_true"].astype(str).isin(classes).to_numpy()
    rows = rows[known].reset_index(drop=True)
    if rows.empty:
        raise UserError("no label is one of the classes that have probabilities", value=list(classes))
    proba = rows[columns].to_numpy(float)
    proba = np.clip(proba, 1e-12, None)
    proba /= proba.sum(axis=1, keepdims=True)
    given = pd.Categorical(rows["y_true"].astype(str), categories=list(classes)).codes.astype(int)
    wrong = set(dev.loc[(dev["error"] > 0).to_numpy(), "id"].astype(str))
    ids = rows["id"].astype(str)
    table = pd.DataFrame(
        {
            "id": ids,
            "content": ids.str.replace(r"-\d+$", "", regex=True).where(_repeats(ids), ids),
            "split": rows["split"].astype(str),
            "source": rows["source"].astype(object),
            "group": rows["group"].astype(object),
            "y_true": rows["y_true"].astype(str),
            "y_pred": np.array(classes, dtype=object)[proba.argmax(axis=1)],
            "confidence": proba[np.arange(len(rows)), given],
            "rank": _flagged(given, proba),
        }
    )
    table["raw"] = table["content"]
    table["misclassified"] = (table["split"] == "dev") & table["id"].isin(wrong)
    return Ranking(table[list(COLUMNS)], tuple(classes), len(dev), how, folds, data)


def with_facts(found: Ranking, facts: pd.DataFrame, test: pd.DataFrame) -> Ranking:
    """The same with contents from the split, and with the labels of test, of which nothing is predicted.

    Args:
        found: the ranking.
        facts: id, content, raw of every example.
        test: id, content, raw, source, group, y_true of test.
    """
    by_id = facts.assign(id=facts["id"].astype(str)).drop_duplicates("id").set_index("id")
    table = found.table.assign(
        content=found.table["id"].map(by_id["content"]).fillna(found.table["content"]).astype(str),
        raw=found.table["id"].map(by_id["raw"]).fillna(found.table["raw"]).astype(str),
    )
    if len(test):
        blank = {"split": "test", "y_pred": None, "confidence": np.nan, "rank": -1, "misclassified": False}
        table = pd.concat([table.astype({"y_pred": object}), test.assign(**blank)[list(COLUMNS)]], ignore_index=True)
    return replace(found, table=table)


def _repeats(ids: pd.Series) -> np.ndarray:
    """Whether the part before ``-2``, ``-3`` … is the id of another row: only then it is a copy of that one."""
    stem = ids.str.replace(r"-\d+$", "", regex=True)
    return ((stem != ids) & stem.isin(set(ids))).to_numpy()


def _flagged(given: np.ndarray, proba: np.ndarray) -> np.ndarray:
    """(n,) place in the order of review; -1 where the label is not flagged."""
    from cleanlab.filter import find_label_issues

    order = find_label_issues(
        given, proba, filter_by="prune_by_noise_rate", return_indices_ranked_by="self_confidence", n_jobs=1
    )
    rank = np.full(len(given), -1)
    rank[np.asarray(order, dtype=int)] = np.arange(len(order))
    return rank
