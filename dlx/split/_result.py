"""Which example is in which part, and the file in which a run keeps it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from dlx.dataset import SPLITS
from dlx.errors import UserError
from dlx.files import replacing

__all__ = ["COLUMNS", "Split", "completed", "read"]

COLUMNS = ["id", "content", "raw", "group", "source", "split"]


@dataclass(frozen=True)
class Split:
    """Which example is in which part.

    Attributes:
        table: one row per example in the data set's order: id, content, raw, group, source, split (None: left out).
        cuts: where the parts end on the scale of ranks or times (``dlx.split._earlier.cuts``): with the table, all that
            a later run needs so that grown data moves nothing.
        notes: what was decided, one sentence each.
        warnings: what the user should know before trusting the numbers.
        moved: examples that the split it was compared with had elsewhere; None where there was none to compare.
    """

    table: pd.DataFrame
    cuts: dict[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    moved: int | None = None

    @property
    def sizes(self) -> dict[str, int]:
        """Part → number of examples, in the order of the ladder, without empty parts."""
        counts = self.table["split"].value_counts()
        return {part: int(counts[part]) for part in SPLITS if part in counts}

    def index(self, part: str) -> np.ndarray:
        """Positions of the part's examples in the data set."""
        return np.flatnonzero((self.table["split"] == part).to_numpy())

    def digest(self) -> str:
        """BLAKE2b over the sorted (id, part) pairs."""
        lines = sorted(f"{key}\t{part}" for key, part in zip(self.table["id"], self.table["split"], strict=True))
        return hashlib.blake2b("\n".join(lines).encode(), digest_size=16).hexdigest()

    def to_dict(self) -> dict[str, Any]:
        """Sizes, notes, warnings and how many moved; plain JSON."""
        return {
            "sizes": self.sizes,
            "notes": list(self.notes),
            "warnings": list(self.warnings),
            "moved": self.moved,
            "digest": self.digest(),
        }

    def write(self, path: str | Path) -> None:
        """Write as Parquet, whole or not at all; the cuts stand in the schema's metadata (``dlx.cuts``)."""
        import pyarrow
        import pyarrow.parquet

        table = pyarrow.Table.from_pandas(self.table[COLUMNS].astype("str").where(self.table[COLUMNS].notna(), None))
        metadata = {**(table.schema.metadata or {}), b"dlx.cuts": json.dumps(self.cuts).encode()}
        with replacing(path) as partial:
            pyarrow.parquet.write_table(table.replace_schema_metadata(metadata), partial)


def read(path: str | Path) -> Split:
    """A split written by :meth:`Split.write`, with its cuts.

    Raises:
        UserError: the file is missing or no such table.
    """
    import pyarrow
    import pyarrow.parquet

    try:
        table = pyarrow.parquet.read_table(path)
    except (OSError, pyarrow.ArrowException) as error:
        raise UserError(f"cannot read the earlier split: {error}", value=str(path)) from error
    frame = table.to_pandas()
    if not {"content", "split"} <= set(frame.columns):
        raise UserError(
            "an earlier split has the columns content and split", value=list(frame.columns), where=str(path)
        )
    return Split(completed(frame), json.loads((table.schema.metadata or {}).get(b"dlx.cuts", b"{}")))


def completed(table: pd.DataFrame) -> pd.DataFrame:
    """An earlier table with all columns; ``content`` may be missing, then it is the id before its suffix."""
    table = table.copy()
    if "content" not in table:
        table["content"] = table["id"].astype(str).str.replace(r"-\d+$", "", regex=True)
    for column in ("raw", "group", "source"):
        if column not in table:
            table[column] = table["content"] if column == "raw" else None
    return table.astype(object).where(table.notna(), None)
