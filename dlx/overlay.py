"""Corrected labels laid over the data: read from ``annotations/<data name>/corrections.jsonl``, never written into it.

A correction goes by content, and so is valid for every copy and every part of the split. The split is made by the
labels that the data came with: a corrected label moves no example.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dlx.errors import UserError, unknown
from dlx.files import lines
from dlx.places import annotations_folder

if TYPE_CHECKING:
    from dlx.dataset import Dataset
    from dlx.run import Run
    from dlx.split import Split

__all__ = ["COPY", "FILE", "Overlay", "apply", "of_run", "read"]

#: Beside the votes it was made of.
FILE = "corrections.jsonl"
#: A run's own copy.
COPY = "labels_overlay.json"


@dataclass(frozen=True)
class Overlay:
    """Corrections, and what they changed in a data set.

    Attributes:
        labels: content → the right label; after :func:`apply` only those that change something.
        path: the file they were read from, as a user would name it.
        changed: part of the split → examples whose label changed; ``left out`` for those in none.
        strangers: corrections that name no example of the data.
    """

    labels: Mapping[str, str]
    path: str
    changed: Mapping[str, int] = field(default_factory=dict)
    strangers: int = 0

    def digest(self) -> str:
        """BLAKE2b over the sorted (content, label) pairs: the same corrections have the same digest."""
        pairs = sorted(f"{content}\t{label}" for content, label in self.labels.items())
        return hashlib.blake2b("\n".join(pairs).encode(), digest_size=16).hexdigest()

    def sentence(self) -> str:
        """What happened, in one line."""
        total = sum(self.changed.values())
        parts = ", ".join(f"{n:,} {part.replace('_', '-')}" for part, n in self.changed.items())
        told = f"{total:,} label{'' if total == 1 else 's'} corrected by {self.path}: {parts}."
        return told + (f" {self.strangers:,} corrections name no example of this data." if self.strangers else "")

    def to_dict(self) -> dict[str, Any]:
        """JSON data, for :data:`COPY`."""
        return {
            "path": self.path,
            "digest": self.digest(),
            "changed": dict(self.changed),
            "labels": dict(sorted(self.labels.items())),
        }


def read(name: str, root: str | Path | None = None) -> Overlay | None:
    """The corrections of the data of that name; None where there are none.

    Raises:
        UserError: a line that is no correction, or two for one content that differ.
    """
    path = annotations_folder(name, root) / FILE
    if not path.is_file():
        return None
    if len(lines(path)) != sum(1 for line in path.read_bytes().split(b"\n") if line.strip()):
        raise UserError(
            "a line of this file is no JSON", where=str(path), hint="`dlx labels RUN --apply` writes it anew."
        )
    labels: dict[str, str] = {}
    for number, record in enumerate(lines(path), start=1):
        content, label = record.get("content"), record.get("label")
        if not (isinstance(content, str) and isinstance(label, str) and content and label):
            raise UserError("a correction has a content and a label", value=record, where=f"{path}, line {number}")
        if labels.setdefault(content, label) != label:
            raise UserError(
                "two corrections of one example differ",
                value=[labels[content], label],
                where=f"{path}, line {number}",
                hint=f"Keep one line of {content!r}.",
            )
    return Overlay(labels, str(path)) if labels else None


def of_run(run: Run) -> Overlay | None:
    """What a run was trained with, from its own copy."""
    kept = run.read_json(COPY, default={})
    return Overlay(kept["labels"], kept["path"], kept["changed"]) if kept else None


def apply(
    overlay: Overlay | None, data: Dataset, split: Split, *, task: str | None = None
) -> tuple[Dataset, Overlay | None]:
    """The data with the right labels, in every part alike.

    Args:
        overlay: corrections, or None.
        data: with the labels it came with, which the split was made by.
        split: for counting what changed where.
        task: what the labels are taken for; whole numbers look like classes.

    Returns:
        the data, and the overlay with what it changed; None where it changed nothing.

    Raises:
        UserError: a label that is none of the data's classes, or data whose labels are no classes.
    """
    if overlay is None:
        return data, None
    content, given = data.examples["content"], data.examples["y"]
    right = content.map(overlay.labels)
    named = right.notna().to_numpy()
    strangers = len(overlay.labels) - content[named].nunique()
    if not named.any():
        return data, None
    if data.label_names or not given.map(type).eq(str).all() or task not in (None, "classification"):
        raise UserError(
            "corrections are of classes, and these labels are none",
            where=overlay.path,
            hint="Leave them out: -s data.corrections=false",
        )
    classes = set(given)
    for label in dict.fromkeys(right[named]):
        if label not in classes:
            raise unknown("label", label, classes, where=overlay.path)
    changed = named & (right != given).to_numpy()
    if not changed.any():
        return data, None
    y = given.to_numpy(object).copy()
    y[changed] = right[changed].to_numpy(object)
    part = split.table["split"].to_numpy(object)[changed]
    counts = {name: int(np.sum(part == name)) for name in ("train", "train_dev", "dev", "test")}
    counts["left out"] = int(changed.sum()) - sum(counts.values())
    used = {str(c): overlay.labels[c] for c in content[changed]}
    told = replace(
        overlay, labels=used, changed={name: n for name, n in counts.items() if n}, strangers=max(strangers, 0)
    )
    return replace(data, examples=data.examples.assign(y=y)), told
