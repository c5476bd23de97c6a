"""The result of ``dlx labels``: a frozen record of what was ranked, asked, said and corrected."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from html import escape
from pathlib import Path
from typing import Any

from dlx import overlay
from dlx.labelling._audit import Audit
from dlx.labelling._judge import Judgement
from dlx.labelling._rank import Ranking
from dlx.run import Run
from dlx.strategy.ceilings import Estimate
from dlx.strategy.words import level

__all__ = ["SUMMARY", "Corrected", "LabelErrorReport", "summary", "told_about_labels"]

#: What a run keeps of its latest report.
SUMMARY = "labels.json"

_SHOWN = 20


@dataclass(frozen=True)
class Corrected:
    """The overlay.

    Attributes:
        path: its file, there or not.
        corrections: in the file.
        pending: examples whose majority says another label than their given one, and that the file does not correct so.
        used: corrected labels that the run was trained with.
        current: whether the run was trained with what the file says now; None without a run.
        written: part → examples corrected by this call; None where nothing was applied.
    """

    path: Path
    corrections: int
    pending: int
    used: int
    current: bool | None
    written: dict[str, int] | None = None


@dataclass(frozen=True)
class LabelErrorReport:
    """Labels: suspicious, audited, worth mending, mended.

    Attributes:
        what: how a command names the run or file.
        ranking: the order of review.
        audit: the sample.
        judgement: what the votes say.
        done: person → examples of the sample that they voted on.
        contradictory: contents (by raw input) with several labels: ids, labels.
        overlay: corrections, and what the run used of them.
        steps: (reason, command) of what to do next.
        log: the votes.
        notes: what else there is to know.
        imported: what a sheet brought, in words.
        written: the sheet that was written.
    """

    what: str
    ranking: Ranking
    audit: Audit
    judgement: Judgement
    done: dict[str, int]
    contradictory: tuple[dict[str, Any], ...]
    overlay: Corrected
    steps: tuple[tuple[str, str], ...]
    log: Path
    notes: tuple[str, ...] = ()
    imported: str = ""
    written: Path | None = None

    @property
    def n_flagged(self) -> int:
        """Labels that the order of review holds; not a rate of wrong ones."""
        return int((self.ranking.table["rank"] >= 0).sum())

    def to_dict(self) -> dict[str, Any]:
        """JSON data; rates in 0–1, null where unknown."""
        said = self.judgement
        first = self.ranking.judged[self.ranking.judged["rank"] >= 0].sort_values("rank").head(_SHOWN)
        keys = ["id", "content", "split", "y_true", "y_pred", "confidence"]
        return {
            "what": self.what,
            "data": self.ranking.data,
            "how": self.ranking.how,
            "folds": self.ranking.folds,
            "n_ranked": len(self.ranking.judged),
            "n_flagged": self.n_flagged,
            "n_asked": len(self.audit.order),
            "done": self.done,
            **_limits("rate", said.rate),
            "strata": [asdict(part) for part in said.strata],
            "labels": said.labels.to_dict(),
            "test": None if said.test is None else asdict(said.test),
            "train": said.train.to_dict(),
            "contradictory": list(self.contradictory),
            "open": list(said.open),
            "conflicts": list(said.conflicts),
            "wrong": list(said.wrong),
            "suspicious": first[keys].to_dict("records"),
            "overlay": asdict(self.overlay) | {"path": str(self.overlay.path)},
            "next": [{"reason": reason, "command": command} for reason, command in self.steps],
            "log": str(self.log),
            "notes": list(self.notes),
            "imported": self.imported or None,
            "written": None if self.written is None else str(self.written),
        }

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{escape(s.name)}</td><td>{s.total:,}</td><td>{s.decided}</td><td>{s.wrong}</td></tr>"
            for s in self.judgement.strata
        )
        head = "<tr><th>stratum</th><th>examples</th><th>looked at</th><th>wrong</th></tr>"
        told = [summary(self), self.judgement.labels.reason, self.judgement.train.reason]
        return f"<table>{head}{rows}</table>" + "".join(f"<p>{escape(text)}</p>" for text in told if text)


def _limits(name: str, found: Estimate | None) -> dict[str, float | None]:
    values = (None, None, None) if found is None else (found.share, found.low, found.high)
    return dict(zip((name, f"{name}_low", f"{name}_high"), values, strict=True))


def summary(found: LabelErrorReport) -> str:
    """The rate in one sentence; empty before there is one."""
    rate = found.judgement.rate
    if rate is None:
        return ""
    n = sum(part.decided for part in found.judgement.strata if part.name in ("flagged", "unflagged"))
    total = len(found.ranking.judged)
    return (
        f"{level(rate.share)} of {total:,} labels are wrong [{level(rate.low)}, {level(rate.high)}], "
        f"from {n} that people looked at."
    )


def told_about_labels(run: Run) -> tuple[str, ...]:
    """What a run knows about wrong labels, in sentences for its diagnosis: those corrected, and those found since."""
    told = []
    corrected = overlay.of_run(run)
    if corrected is not None:
        told.append(f"Trained and scored with {corrected.sentence()}")
    known = run.read_json(SUMMARY, default={})
    line = known.get("labels") or {}
    if line.get("due_to_labels") is not None:
        due, n = level(line["due_to_labels"]), line["n_checked"]
        told.append(
            f"Of the dev error, {due} is due to wrong labels (`dlx labels`: {n} misclassified examples were looked at)."
        )
    return tuple(told)
