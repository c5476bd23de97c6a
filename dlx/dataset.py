"""A data set: one row per example, and the payload that the model reads.

``Dataset`` is what readers return and what splits and tasks take. The examples table is small and always in memory;
the payload (pixels, features) may be read lazily.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from dlx.errors import UserError
from dlx.payloads import Joined, Payload, common_inputs

__all__ = ["COLUMNS", "SPLITS", "Dataset", "combine", "content_hash", "examples_table", "split_name", "unique_ids"]

#: Columns every examples table has; ``meta_*`` columns may follow.
COLUMNS = ("id", "content", "raw", "source", "group", "time", "split", "weight", "path", "y")
#: The parts of a split, in the order of the ladder.
SPLITS = ("train", "train_dev", "dev", "test")
_SPLIT_WORDS = {
    "train": "train",
    "training": "train",
    "train_dev": "train_dev",
    "traindev": "train_dev",
    "dev": "dev",
    "development": "dev",
    "val": "dev",
    "valid": "dev",
    "validation": "dev",
    "test": "test",
    "testing": "test",
}


def split_name(word: object) -> str | None:
    """The part of a split that a word names, or None.

    >>> split_name("Validation"), split_name("train-dev"), split_name("holdout")
    ('dev', 'train_dev', None)
    """
    return _SPLIT_WORDS.get(str(word).strip().lower().replace("-", "_").replace(" ", "_"))


@dataclass(frozen=True)
class Dataset:
    """Examples and their payload, row by row.

    Attributes:
        name: the data set's (recipe's) name.
        examples: one row per example, RangeIndex, columns ``id`` (unique), ``content`` (the user's key, else
            ``raw``: the part of the id before any ``-2``), ``raw`` (BLAKE2b of the raw input, whatever the id: finds
            equal inputs under two keys), ``source``, ``group`` (None where there is none), ``time`` (sortable, or
            None), ``split`` (the user's own, or None), ``weight`` (1.0), ``path`` (the file it came from, or None),
            ``y`` (label as text for classes, float for numbers, a list of 1/0/None for several labels), then
            ``meta_*``.
        payload: raw inputs, same order.
        kind: ``image``, ``table``, ``array``, ``text`` or ``audio``.
        label_names: names of the labels when ``y`` holds lists, else empty.
        set_aside: one row per unreadable example: ``path``, ``reason``.
        notes: what the reader guessed or did, one sentence each, shown to the user.
    """

    name: str
    examples: pd.DataFrame
    payload: Payload
    kind: str
    label_names: tuple[str, ...] = ()
    set_aside: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=["path", "reason"]))
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.examples)

    def subset(self, index: np.ndarray) -> Dataset:
        """The examples at those positions, in that order."""
        index = np.asarray(index)
        return replace(
            self, examples=self.examples.iloc[index].reset_index(drop=True), payload=self.payload.subset(index)
        )

    def digest(self) -> str:
        """BLAKE2b over the sorted (content, label) pairs: the same data in any order has the same digest."""
        lines = sorted(f"{c}\t{y}" for c, y in zip(self.examples["content"], self.examples["y"], strict=True))
        return hashlib.blake2b("\n".join(lines).encode(), digest_size=16).hexdigest()


def content_hash(*parts: bytes) -> str:
    """BLAKE2b (128 bit, hex) of the raw input of one example, before any preprocessing."""
    digest = hashlib.blake2b(digest_size=16)
    for part in parts:
        digest.update(len(part).to_bytes(8, "little"))
        digest.update(part)
    return digest.hexdigest()


def unique_ids(content: Sequence[str]) -> list[str]:
    """Ids from contents: the first stays as it is, repeats get ``-2``, ``-3`` …

    >>> unique_ids(["a", "b", "a"])
    ['a', 'b', 'a-2']
    """
    seen: dict[str, int] = {}
    ids = []
    for key in content:
        seen[key] = seen.get(key, 0) + 1
        ids.append(key if seen[key] == 1 else f"{key}-{seen[key]}")
    return ids


def examples_table(content: Sequence[str], y: Sequence, **columns) -> pd.DataFrame:
    """An examples table from its columns, with the defaults of ``Dataset.examples`` for those not given."""
    n = len(content)
    table = {"id": unique_ids(content), "content": list(content), "raw": list(content), "source": "", "group": None}
    table["time"] = None
    table |= {"split": None, "weight": 1.0, "path": None}
    frame = pd.DataFrame(table, index=range(n))
    frame["y"] = pd.Series(list(y), index=range(n), dtype=object)
    for name, values in columns.items():
        frame[name] = pd.Series(list(values), index=range(n))
    return frame


def combine(name: str, parts: dict[str, Dataset]) -> Dataset:
    """Several sources as one data set; ``source`` is set and ids are made unique over all of them.

    Raises:
        UserError: sources whose inputs or labels do not fit together.
    """
    first = next(iter(parts.values()))
    for source, part in parts.items():
        if common_inputs([first.payload.inputs, part.payload.inputs]) is None or part.kind != first.kind:
            raise UserError(
                "all sources must have the same inputs",
                value={s: [(t.name, t.shape, t.dtype, *t.names) for t in p.payload.inputs] for s, p in parts.items()},
                where=f"data.sources.{source}",
                hint="Give each source the same size:, channels: and range:, or the same features: in the same order.",
            )
        if part.label_names != first.label_names:
            raise UserError(
                "all sources must have the same labels", value=part.label_names, where=f"data.sources.{source}"
            )
    tables = [part.examples.assign(source=source) for source, part in parts.items()]
    examples = pd.concat(tables, ignore_index=True) if len(tables) > 1 else tables[0].reset_index(drop=True)
    examples["id"] = unique_ids(examples["content"])
    examples["y"] = _one_kind_of_label(examples["y"])
    payload = first.payload if len(parts) == 1 else Joined.of([part.payload for part in parts.values()])
    aside = pd.concat([part.set_aside.assign(source=source) for source, part in parts.items()], ignore_index=True)
    notes = tuple(
        f"{source}: {note}" if len(parts) > 1 else note for source, part in parts.items() for note in part.notes
    )
    return Dataset(name, examples, payload, first.kind, first.label_names, aside, notes)


def _one_kind_of_label(y: pd.Series) -> pd.Series:
    """Where one source has numbers with a fraction and another only whole ones (read as text), all become numbers."""
    is_number = y.map(lambda value: isinstance(value, float))
    if not is_number.any() or is_number.all():
        return y
    try:
        return y.map(float).astype(object)
    except (TypeError, ValueError) as error:
        raise UserError("labels of all sources must be classes, or numbers in all", value=str(error)) from error
