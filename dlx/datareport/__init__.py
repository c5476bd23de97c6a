"""``dlx data``: what is in the data and its split, and what the dev set can resolve."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from dlx.datareport import _counting
from dlx.dataset import SPLITS, Dataset
from dlx.resolution import Resolution, resolution
from dlx.split import Split

if TYPE_CHECKING:
    from dlx.recipe import Recipe

__all__ = ["DataReport", "data", "report"]


@dataclass(frozen=True)
class DataReport:
    """A data set and its split, in tables.

    Attributes:
        name: the data set's name.
        kind: ``image``, ``table``, ``array`` …
        inputs: (name, shape, dtype) of what the model reads.
        sizes: part → examples.
        class_balance: rows: classes or label names; columns: parts; values: examples (labels: known and positive).
            Empty for numbers, whose ``label_range`` is given instead.
        label_range: part → (least, median, most) for labels that are numbers.
        sources: rows: sources; columns: parts, and ``unused`` where examples are in none.
        groups: part → number of groups; empty where the data has none.
        duplicates_across_splits: one row per raw input that is in several parts: raw, ids, splits.
        contradictory_labels: one row per raw input with several labels: raw, ids, labels.
        duplicates: examples whose raw input another example has, too.
        set_aside: unreadable examples: path, reason.
        missing_values: column → examples without a value.
        hidden_labels: unknown labels where there are several per example.
        moved: examples that the last run of this recipe had in another part; None where there is none.
        resolvable: what the dev set can resolve (statistics 3.6).
        notes: what readers and split guessed or did.
        warnings: what to know before trusting the numbers.
    """

    name: str
    kind: str
    inputs: tuple[tuple[str, tuple, str], ...]
    sizes: dict[str, int]
    class_balance: pd.DataFrame
    label_range: dict[str, tuple[float, float, float]]
    sources: pd.DataFrame
    groups: dict[str, int]
    duplicates_across_splits: pd.DataFrame
    contradictory_labels: pd.DataFrame
    duplicates: int
    set_aside: pd.DataFrame
    missing_values: dict[str, int]
    hidden_labels: int
    moved: int | None
    resolvable: Resolution
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    task: str | None = field(default=None)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON; counts of examples, lists cut after the first 20 entries."""
        across, against = self.duplicates_across_splits, self.contradictory_labels
        return {
            "name": self.name,
            "task": self.task,
            "kind": self.kind,
            "inputs": [{"name": name, "shape": list(shape), "dtype": dtype} for name, shape, dtype in self.inputs],
            "examples": sum(self.sizes.values()),
            "sizes": self.sizes,
            "class_balance": {str(c): _counts(row) for c, row in self.class_balance.iterrows()},
            "label_range": {part: list(values) for part, values in self.label_range.items()},
            "sources": {str(s): _counts(row) for s, row in self.sources.iterrows()},
            "groups": self.groups,
            "duplicates": self.duplicates,
            "duplicates_across_splits": len(across),
            "duplicates_across_splits_first": across.head(_counting.SHOWN).to_dict("records"),
            "contradictory_labels": len(against),
            "contradictory_labels_first": against.head(_counting.SHOWN).to_dict("records"),
            "set_aside": len(self.set_aside),
            "set_aside_first": self.set_aside.head(_counting.SHOWN).to_dict("records"),
            "missing_values": sum(self.missing_values.values()),
            "missing_by_column": self.missing_values,
            "hidden_labels": self.hidden_labels,
            "moved": self.moved,
            "resolvable_difference": self.resolvable.to_dict(),
            "notes": list(self.notes),
            "warnings": list(self.warnings),
        }

    def _repr_html_(self) -> str:
        parts = [f"<h3>{html.escape(self.name)}</h3>", pd.DataFrame([self.sizes], index=["examples"]).to_html()]
        for title, table in (("classes", self.class_balance), ("sources", self.sources)):
            if len(table):
                parts.append(f"<h4>{title}</h4>{table.head(50).to_html()}")
        lines = [*self.warnings, self.resolvable.sentence, *self.notes]
        parts.append("<ul>" + "".join(f"<li>{html.escape(line)}</li>" for line in lines) + "</ul>")
        return "".join(parts)


def data(recipe: str | Path | Recipe, overrides: Sequence[str] = (), *, strict: bool = False) -> DataReport:
    """Read a recipe's data, divide it as training would, and report on both; nothing is written.

    Args:
        recipe: a name, a path or a loaded recipe.
        overrides: ``"data.split={dev: 0.1}"`` …, stronger than the file.
        strict: unreadable examples are an error.

    Raises:
        UserError: recipe or data at fault.
    """
    from dlx import loading
    from dlx.recipe import load

    loaded = load(recipe, overrides) if isinstance(recipe, (str, Path)) or overrides else recipe
    dataset, divided = loading.load_and_split(loaded, strict=strict)
    return report(dataset, divided, task=loaded.task["name"])


def report(dataset: Dataset, split: Split, *, task: str | None = None) -> DataReport:
    """Measure a data set and its split.

    Args:
        dataset: all examples.
        split: of that data set, in its order.
        task: the task's name: whether labels in text are classes or numbers, and what the dev set can resolve.
    """
    examples = dataset.examples.assign(split=split.table["split"].to_numpy())
    numbers = task == "regression" or (task is None and examples["y"].map(type).eq(float).all())
    across = _counting.across(examples)
    against = _counting.against(examples)
    groups = examples.dropna(subset=["group"]).groupby("split")["group"].nunique()
    dev = examples[examples["split"] == "dev"]
    known = _counting.known_labels(dev) if dataset.label_names else len(dev)
    return DataReport(
        name=dataset.name,
        task=task,
        kind=dataset.kind,
        inputs=tuple((t.name, t.shape, t.dtype) for t in dataset.payload.inputs),
        sizes=split.sizes,
        class_balance=pd.DataFrame() if numbers else _counting.balance(examples, dataset.label_names),
        label_range=_counting.ranges(examples) if numbers else {},
        sources=_counting.by_source(examples),
        groups={part: int(groups[part]) for part in SPLITS if part in groups},
        duplicates_across_splits=across,
        contradictory_labels=against,
        duplicates=int(examples["raw"].duplicated(keep=False).sum()),
        set_aside=dataset.set_aside.reset_index(drop=True),
        missing_values=_counting.missing(dataset),
        hidden_labels=sum(v is None for row in examples["y"] for v in row) if dataset.label_names else 0,
        moved=split.moved,
        resolvable=resolution(known, bounded=not numbers, groups=_counting.groups(dev)),
        notes=(*dataset.notes, *split.notes),
        warnings=split.warnings,
    )


def _counts(row: pd.Series) -> dict[str, int]:
    return {str(part): int(n) for part, n in row.items()}
