"""The result of a comparison: a frozen record."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dlx.comparison._curves import Points, overlaid
from dlx.comparison._judging import Choice
from dlx.comparison._pairs import Pair
from dlx.comparison._preferring import Preference
from dlx.comparison._slices import Slice
from dlx.comparison._words import Words
from dlx.errors import UserError
from dlx.files import replacing
from dlx.goals import Check, Feasible

__all__ = ["Comparison", "Entry"]

_SVG = '<svg xmlns="http://www.w3.org/2000/svg" font-family="system-ui,sans-serif" '


@dataclass(frozen=True)
class Entry:
    """One candidate.

    Attributes:
        name: what it is called.
        value: the metric on the common examples.
        low: lower 95 % limit; None where not known.
        high: upper 95 % limit.
        feasible: whether it keeps all limits.
        checks: each limit.
        run: the run's id; None for a foreign table.
    """

    name: str
    value: float
    low: float | None
    high: float | None
    feasible: Feasible
    checks: tuple[Check, ...] = ()
    run: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """The candidate as JSON data."""
        fields = ("name", "run", "value", "low", "high", "feasible")
        return {name: getattr(self, name) for name in fields} | {"limits": [each.to_dict() for each in self.checks]}


@dataclass(frozen=True)
class Comparison:
    """Which of several models.

    Attributes:
        candidates: in the order they were given.
        pairs: all pairs, each judged.
        choice: what comes out.
        words: metric, unit and how they are written.
        split: whose rows were compared.
        n: examples that all candidates judged.
        omnibus: Cochran's Q where there are three or more; else None.
        slices: the same by source (``source=web``) and by tag of error analysis (``tag=blurry``).
        recipes: key → {candidate: value} where the recipes differ.
        weights: slice → factor that rows were weighted with.
        remarks: what this comparison cannot say, and what was assumed.
        preference: what a person prefers, where that was said.
        curves: what was recorded by epoch (``val_error``, ``val_loss``), and candidate → (epoch, value), where runs
            recorded it.
    """

    candidates: tuple[Entry, ...]
    pairs: tuple[Pair, ...]
    choice: Choice
    words: Words
    split: str
    n: int
    omnibus: Mapping[str, float] | None = None
    slices: tuple[Slice, ...] = ()
    recipes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    weights: Mapping[str, float] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()
    preference: Preference | None = None
    curves: tuple[str, Mapping[str, Points]] = field(default=("", {}), repr=False)

    @property
    def winner(self) -> str | None:
        """The candidate to take; None where none is shown to be better and to keep all limits."""
        return self.choice.winner

    @property
    def feasible(self) -> dict[str, Feasible]:
        """Whether each candidate keeps all limits."""
        return {each.name: each.feasible for each in self.candidates}

    def pair(self, a: str, b: str) -> Pair:
        """The pair of those two, in the order in which it was compared.

        Raises:
            KeyError: no such pair.
        """
        for pair in self.pairs:
            if {pair.a, pair.b} == {a, b}:
                return pair
        raise KeyError((a, b))

    def to_dict(self) -> dict[str, Any]:
        """JSON data: winner, feasible, pairs, reason, verdict, candidates, metric …"""
        return {
            "winner": self.winner,
            "verdict": self.choice.status,
            "reason": self.choice.reason,
            "leader": self.choice.leader,
            "n_needed": self.choice.n_needed,
            "feasible": self.feasible,
            "pairs": [pair.to_dict() for pair in self.pairs],
            "candidates": [each.to_dict() for each in self.candidates],
            "metric": self.words.metric,
            "unit": self.words.unit,
            "bounded": self.words.bounded,
            "greater_is_better": self.words.greater,
            "split": self.split,
            "n": self.n,
            "cochrans_q": None if self.omnibus is None else dict(self.omnibus),
            "slices": [each.to_dict() for each in self.slices],
            "recipes": {key: dict(values) for key, values in self.recipes.items()},
            "weights": dict(self.weights),
            "remarks": list(self.remarks),
            "preference": None if self.preference is None else self.preference.to_dict(),
            "curves": {"measure": self.curves[0], "points": {k: list(v) for k, v in self.curves[1].items()}},
        }

    def _repr_html_(self) -> str:
        from dlx.comparison._page import fragment

        return fragment(self)

    def save(self, path: str | os.PathLike) -> Path:
        """Write one HTML page that needs nothing else: verdict, tables, what differs, learning curves overlaid.

        Args:
            path: the page; ``.svg`` writes the overlaid learning curves alone.

        Raises:
            DlxError: the disk is full.
            UserError: the folder is not there, or may not be written to; no two candidates recorded curves.
        """
        file = Path(path)
        if not file.absolute().parent.is_dir():
            raise UserError("no such folder to write to", value=str(file.parent), where="--out")
        if file.suffix.lower() == ".svg":
            if not self.curves[1]:
                hint = "Runs have them, tables of predictions do not; .html writes a page."
                raise UserError(
                    "there are no two learning curves to overlay", value=str(file), where="--out", hint=hint
                )
            with replacing(file) as temporary:
                drawing = str(overlaid(*self.curves))
                temporary.write_text(drawing.replace("<svg ", _SVG, 1) + "\n", encoding="utf-8")
            return file
        from dlx.comparison._page import page

        with replacing(file) as temporary:
            temporary.write_text(page(self), encoding="utf-8")
        return file
