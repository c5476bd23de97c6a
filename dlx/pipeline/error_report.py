"""The error analysis of a run kept in the run: table, picture and report, and with them the copy in MLflow."""

from __future__ import annotations

import base64
import csv
import io
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlx import reporting
from dlx.pipeline.copying import copied
from dlx.reports import _errors, _errors_picture
from dlx.run import Run
from dlx.tracking.contents import TABLE

if TYPE_CHECKING:
    from dlx.analysis import ErrorAnalysis
    from dlx.desk import Exhibit

__all__ = ["Recorded", "record"]

#: pixels of the longer side of a small picture
_SIDE = 96
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
        None where there is no run to keep it in, as for a run of somebody else, or nothing is tagged yet.

    Raises:
        DlxError: the disk is full.
    """
    run, data = found.run, found.to_dict()
    view = _errors.chapter(data)
    if run is None or view is None or not os.access(run.path, os.W_OK):
        return None
    rows = [_flat(row) for row in (*data["tags"], _label_row(data))]
    texts = {
        reporting.ANALYSIS: json.dumps(data, indent=1, ensure_ascii=False, default=str) + "\n",
        CSV: _csv(rows),
        TABLE: json.dumps({"columns": list(rows[0]), "data": [_rounded(row) for row in rows]}, ensure_ascii=False),
        PICTURE: _errors_picture.alone(view),
    }
    changed = _pictures(run, data)
    changed += [name for name, text in texts.items() if not run.has(name) or run.read_text(name) != text]
    for name in texts.keys() & set(changed):
        run.write_text(name, texts[name])
    kept = [*texts, *([reporting.PICTURES] if run.has(reporting.PICTURES) else [])]
    files, page = tuple(run.file(name) for name in kept), run.file("report.html")
    if not page.exists() or page.stat().st_mtime_ns < max(file.stat().st_mtime_ns for file in files):
        reporting.report(run)  # also where an earlier call was ended between the two
    return Recorded(files, page, copied(run, bool(changed)))


def _pictures(run: Run, data: dict[str, Any]) -> list[str]:
    """Keep small pictures of the examples that suggestions name; the data are read only where one is new."""
    kind = run.read_json("targets.json", default={"kind": ""}).get("kind")
    items = (data["suggestions"] or {}).get("items") or ()
    wanted = {name: None for item in items if item["kind"] != "confusion" for name in item["examples"]}
    known = run.read_json(reporting.PICTURES, default={"": ""})
    if kind != "image" or wanted.keys() <= known.keys():
        return []
    from dlx.pipeline import exhibits

    shown = exhibits.of_run(run)
    made = {name: known.get(name) or _small(shown.example(name)) for name in wanted}
    made = {name: image for name, image in made.items() if image}  # what cannot be shown now is tried again
    if made == known or not made:
        return []
    run.write_json(reporting.PICTURES, made)
    return [reporting.PICTURES]


def _small(shown: Exhibit) -> str:
    """A data URI, empty where it cannot be shown."""
    if shown.kind != "image":
        return ""
    from PIL import Image

    with Image.open(io.BytesIO(shown.media)) as picture:
        small = picture.convert("RGB") if picture.mode not in ("L", "RGB", "RGBA") else picture.copy()
    small.thumbnail((_SIDE, _SIDE))
    file = io.BytesIO()
    small.save(file, "PNG")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()


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


def _rounded(row: dict[str, Any]) -> list[Any]:
    """Four digits: this copy is for reading, the CSV has all."""
    return [float(f"{value:.4g}") if isinstance(value, float) else value for value in row.values()]


def _csv(rows: list[dict[str, Any]]) -> str:
    file = io.StringIO(newline="")
    writer = csv.DictWriter(file, _COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue()
