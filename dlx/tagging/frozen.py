"""A sample on disk: ``annotations/<data name>/samples/<predictions>.parquet``, with how it was drawn in its schema."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from dlx.errors import DlxError
from dlx.files import disk_errors, replacing

__all__ = ["Sample", "load", "save"]

_KEY = b"dlx-sample"
#: What stands in the file of each example, as text where it is a label.
COLUMNS = (
    "id",
    "example",
    "kind",
    "stratum",
    "p_inclusion",
    "y_true",
    "y_pred",
    "confidence",
    "loss",
    "error",
    "source",
)


@dataclass(frozen=True)
class Sample:
    """A frozen sample and the facts it was drawn from.

    Attributes:
        table: one row per example to look at, in order; ``COLUMNS`` (those that are known) and ``meta_*``.
        n_errors: all errors of the predictor on dev.
        n_dev: examples on dev.
        totals: stratum → errors in it.
        by: how it was drawn; ``given`` for a table made elsewhere.
        n: errors that were asked for.
        seed: of the ranks.
        predictions: run or file it is of.
        predictor: whose errors they are.
        split: dev, as a rule.
        meaning: what counts as an error, in words.
        threshold: the error above which a row counts.
        classes: labels that a correction may name; empty where any may.
        options: correct, repeats, share, positive.
        stamp: tells whether the predictions file is still the one it was drawn from.
        digest: of the errors it was drawn from.
        task: of the predictions.
    """

    table: pd.DataFrame
    n_errors: int
    n_dev: int
    totals: dict[str, int]
    by: str = "random"
    n: int = 100
    seed: int = 0
    predictions: str = ""
    predictor: str = "model"
    split: str = "dev"
    meaning: str = "misclassified"
    threshold: float = 0.0
    classes: tuple[str, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)
    stamp: list[int] | None = None
    digest: str = ""
    task: str = "classification"

    @property
    def dev_error(self) -> float:
        """N / D."""
        return self.n_errors / self.n_dev

    @property
    def for_ceilings(self) -> bool:
        """Whether it tells something about all errors."""
        return self.by != "loss"

    @property
    def errors(self) -> pd.DataFrame:
        """The errors, each once."""
        return self.table[self.table["kind"] == "error"]


def save(sample: Sample, path: Path) -> None:
    """Write it in one step.

    Raises:
        DlxError: the disk is full.
        UserError: the place may not be written to.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    facts = asdict(sample)
    del facts["table"]
    table = pa.Table.from_pandas(sample.table, preserve_index=False)
    facts_text = json.dumps(facts, ensure_ascii=False, default=str).encode()
    table = table.replace_schema_metadata({**(table.schema.metadata or {}), _KEY: facts_text})
    with replacing(path, durable=True) as temporary:
        pq.write_table(table, temporary)


def load(path: Path) -> Sample:
    """Read it back.

    Raises:
        DlxError: the file is no sample.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(path)
        facts = json.loads(table.schema.metadata[_KEY])
    except (pa.ArrowException, KeyError, TypeError, ValueError) as error:
        raise DlxError(
            "this file is no sample of errors",
            where=str(path),
            hint="Remove it: the same sample is drawn again; no tag is lost.",
        ) from error
    facts["classes"] = tuple(facts["classes"])
    return Sample(table.to_pandas(), **facts)
