"""The result of an error analysis: a frozen record with tables inside."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from dlx.strategy.ceilings import Estimate
from dlx.strategy.label_errors import LabelErrors
from dlx.strategy.words import level

if TYPE_CHECKING:
    from dlx.analysis.suggesting import Suggestions
    from dlx.run import Run
    from dlx.tagging.frozen import Sample

__all__ = ["ErrorAnalysis", "Imported"]


@dataclass(frozen=True)
class Imported:
    """What a sheet brought.

    Attributes:
        sheet: the file's name.
        changes: values that were written to the log.
        examples: rows of the sheet, each example once.
        renamed: (old tag, new name).
        conflicts: cells where the sheet and the log differ and the log stayed.
        notes: what was left out or guessed.
    """

    sheet: str
    changes: int
    examples: int
    renamed: tuple[tuple[str, str], ...] = ()
    conflicts: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class ErrorAnalysis:
    """What people found in a sample of errors.

    Attributes:
        sample: the frozen sample.
        sample_path: its file.
        log_path: the log of tags.
        what: how a command names the predictions.
        dev_error: errors over dev examples, with 95 % limits.
        n_tagged: errors of the sample that somebody has reviewed.
        tags: as :func:`dlx.strategy.tag_table.tag_table`, and kappa, kappa_low, kappa_high, kappa_n.
        labels: the label-error line.
        set_wide: label errors over all of dev, where correct examples were checked too.
        untagged: share of the reviewed errors without any tag; None before the first.
        new_tag_chance: that the next error needs a new tag; None before the first.
        overlaps: a, b, count.
        coverage: tag, covered.
        reviewers: who has reviewed errors of the sample.
        self_agreement: (repeats tagged the same way, repeats that were tagged twice); None where there are none.
        imported: what a sheet brought.
        exported: the sheet that was written.
        notes: what else there is to know.
        suggestions: slices, clusters and confusions; None where they were not asked for.
        run: the run, if it is one.
    """

    sample: Sample
    sample_path: Path
    log_path: Path
    what: str
    dev_error: Estimate
    n_tagged: int
    tags: pd.DataFrame
    labels: LabelErrors
    set_wide: Estimate | None = None
    untagged: float | None = None
    new_tag_chance: float | None = None
    overlaps: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=["a", "b", "count"]))
    coverage: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=["tag", "covered"]))
    reviewers: tuple[str, ...] = ()
    self_agreement: tuple[int, int] | None = None
    imported: Imported | None = None
    exported: Path | None = None
    notes: tuple[str, ...] = ()
    suggestions: Suggestions | None = None
    run: Run | None = None

    @property
    def n_errors(self) -> int:
        """All errors of the predictor on dev."""
        return self.sample.n_errors

    def to_dict(self) -> dict[str, Any]:
        """JSON data; rates in 0–1, null where unknown."""
        sample = self.sample
        kinds = sample.table["kind"].value_counts()
        wide = self.set_wide
        return {
            "n_errors": sample.n_errors,
            "n_tagged": self.n_tagged,
            "n_dev": sample.n_dev,
            "dev_error": self.dev_error.share,
            "dev_error_low": self.dev_error.low,
            "dev_error_high": self.dev_error.high,
            "tags": [{key: _plain(value) for key, value in row.items()} for row in self.tags.to_dict("records")],
            "labels": self.labels.to_dict() | {"set_wide": None if wide is None else asdict(wide)},
            "untagged": self.untagged,
            "new_tag_chance": self.new_tag_chance,
            "overlaps": self.overlaps.to_dict("records"),
            "coverage": self.coverage.to_dict("records"),
            "reviewers": list(self.reviewers),
            "self_agreement": None
            if self.self_agreement is None
            else dict(zip(("same", "n"), self.self_agreement, strict=True)),
            "sample": {
                "path": str(self.sample_path),
                "n": int(kinds.get("error", 0)),
                "correct": int(kinds.get("correct", 0)),
                "repeats": int(kinds.get("repeat", 0)),
                "by": sample.by,
                "seed": sample.seed,
                "for_ceilings": sample.for_ceilings,
                "strata": sample.totals,
                "meaning": sample.meaning,
                "threshold": sample.threshold,
                "predictions": sample.predictions,
                "predictor": sample.predictor,
                "split": sample.split,
            },
            "log": str(self.log_path),
            "imported": None if self.imported is None else asdict(self.imported),
            "exported": None if self.exported is None else str(self.exported),
            "notes": list(self.notes),
            "suggestions": None if self.suggestions is None else self.suggestions.to_dict(),
        }

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{escape(row.tag)}</td><td>{row.count_}</td><td>{level(row.share)}</td>"
            f"<td>{'' if pd.isna(row.ceiling) else level(row.ceiling)}</td></tr>"
            for row in self.tags.rename(columns={"count": "count_"}).itertuples()
        )
        head = "<tr><th>tag</th><th>count</th><th>share</th><th>dev error if fixed</th></tr>"
        notes = "".join(f"<li>{escape(note)}</li>" for note in self.notes)
        told = f"{self.n_tagged} of {self.n_errors} errors tagged; dev error {level(self.dev_error.share)}."
        return f"<p>{escape(told)}</p><table>{head}{rows}</table><p>{escape(self.labels.reason)}</p><ul>{notes}</ul>"


def _plain(value: Any) -> Any:
    """NumPy's and pandas' scalars as Python's; NaN as None."""
    if hasattr(value, "item"):
        value = value.item()
    return None if isinstance(value, float) and math.isnan(value) else value
