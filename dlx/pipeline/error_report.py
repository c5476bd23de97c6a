"""The error analysis of a run kept in the run: table, picture and report, and with them the copy in MLflow."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlx import reporting
from dlx.reports import _errors, _errors_picture
from dlx.run import Run
from dlx.tracking.contents import TABLE

if TYPE_CHECKING:
    from dlx.analysis import ErrorAnalysis

__all__ = ["Recorded", "record"]

CSV, PICTURE = "error_analysis.csv", "error_analysis.svg"


@dataclass(frozen=True)
class Recorded:
    """What was kept.

    Attributes:
        files: the files in the run's folder.
        report: its report, with the chapter on errors.
        tracking: what becomes of the copy in MLflow, in words.
    """

    files: tuple[Path, ...]
    report: Path
    tracking: str


def record(found: ErrorAnalysis) -> Recorded | None:
    """Write the analysis into its run, write the report anew, and bring the copy in MLflow up to date.

    ``error_analysis.json`` is what ``--report --json`` prints, ``error_analysis.csv`` its table of tags, the table
    again in MLflow's form (``columns`` and ``data``; a file is replaced, where ``log_table`` would append), and
    ``error_analysis.svg`` the picture. Where nothing has changed, nothing is written or sent.

    Args:
        found: an analysis with at least one tagged error.

    Returns:
        None where there is no run to keep it in, or nothing is tagged yet.

    Raises:
        DlxError: the disk is full.
        UserError: the run's folder may not be written to.
    """
    run, data = found.run, found.to_dict()
    view = _errors.chapter(data)
    if run is None or view is None:
        return None
    rows = [_flat(row) for row in (*data["tags"], _label_row(data))]
    texts = {
        reporting.ANALYSIS: json.dumps(data, indent=1, ensure_ascii=False, default=str) + "\n",
        CSV: _csv(rows),
        TABLE: json.dumps({"columns": list(rows[0]), "data": [list(row.values()) for row in rows]}, ensure_ascii=False),
        PICTURE: _errors_picture.alone(view),
    }
    changed = [name for name, text in texts.items() if not run.has(name) or run.read_text(name) != text]
    for name in changed:
        run.write_text(name, texts[name])
    files, page = tuple(run.file(name) for name in texts), run.file("report.html")
    if not page.exists() or page.stat().st_mtime_ns < max(file.stat().st_mtime_ns for file in files):
        reporting.report(run)  # also where an earlier call was ended between the two
    return Recorded(files, page, _copied(run, bool(changed)))


def _copied(run: Run, changed: bool) -> str:
    """Send what has changed, if this run is copied at all; nobody waits for it."""
    if not run.has("mlflow.json"):
        return f"not copied; `dlx sync {run.id}` does it"
    if not changed:
        return "unchanged"
    from dlx import tracking

    sent = tracking.follow(run)
    return f"not copied, as DLX_TRACKING says; `dlx sync {run.id}` does it" if sent.process is None else "being copied"


def _label_row(data: dict[str, Any]) -> dict[str, Any]:
    labels = data["labels"]
    names = {"share": "share", "share_low": "share_low", "share_high": "share_high"}
    names |= {"ceiling": "other", "ceiling_low": "other_low", "ceiling_high": "other_high"}
    found = {name: labels.get(source) for name, source in names.items()}
    n = None if found["share"] is None else round(found["share"] * labels["n_checked"])
    return {"tag": "(wrong labels)", "count": n} | found | {"worth": labels.get("worth_relabelling")}


_COLUMNS = (
    "tag", "count", "share", "share_low", "share_high", "ceiling", "ceiling_low", "ceiling_high", "sole_share",
    "p_rank_1", "worth", "kappa", "kappa_low", "kappa_high", "effort", "gain_per_effort",
)  # fmt: skip


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    return {name: row.get(name) for name in _COLUMNS}


def _csv(rows: list[dict[str, Any]]) -> str:
    file = io.StringIO(newline="")
    writer = csv.DictWriter(file, _COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue()
