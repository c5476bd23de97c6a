"""``dlx report``: one HTML page of a run, or of a table of predictions from anywhere."""

from __future__ import annotations

import webbrowser
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlx.errors import UserError
from dlx.files import replacing
from dlx.reports._contents import Contents, analysed
from dlx.run import Run

if TYPE_CHECKING:
    import pandas as pd

    from dlx.diagnosis import Diagnosis
    from dlx.predictions import Predictions

__all__ = ["contents", "report"]

_TABLES = (".csv", ".tsv", ".txt", ".gz", ".parquet")
#: the error analysis that was reported last, kept in the run
ANALYSIS = "error_analysis.json"
#: small pictures of the examples that it names: id → data URI
PICTURES = "error_examples.json"
#: worst errors shown where the run kept none with their pictures
_WORST = 12


def report(
    what: str | Path | Run | pd.DataFrame | Predictions | Diagnosis,
    *,
    out: str | Path | None = None,
    open: bool = False,
    **options: Any,
) -> Path:
    """Write one self-contained HTML page: verdict, ladder, next steps, curves, errors, facts.

    Args:
        what: a run (``last``, its name, an id prefix or its folder), a predictions file or table of any framework, or a
            diagnosis.
        out: the file to write; default ``report.html`` in the run's folder, ``NAME-report.html`` beside a predictions
            file, ``predictions-report.html`` in the working directory for a table in memory.
        open: show it in the web browser.
        options: of :func:`dlx.diagnose`: human, task, metric, target …; with any, a run is diagnosed anew.

    Returns:
        the file that was written.

    Raises:
        UserError: no such run or file, or a table that cannot be read.
        DlxError: the file cannot be written.
    """
    from dlx.reports.html import render

    options = {name: value for name, value in options.items() if value is not None}
    source = _source(what)
    path = Path(out) if out is not None else _place(source)
    if not path.parent.is_dir():
        raise UserError("no such folder to write to", value=str(path.parent), where="--out")
    if isinstance(source, Run) and source.has("curve.json"):
        page = _of_curve(source)
    else:
        page = render(contents(source, **options) if isinstance(source, Run) else _of_table(source, options))
    with replacing(path) as temporary:
        temporary.write_text(page, encoding="utf-8")
    if open:
        webbrowser.open(path.absolute().as_uri())
    return path


def contents(run: Run, **options: Any) -> Contents:
    """What the report of a run shows, read from its folder; what the folder lacks is left out.

    Args:
        run: the run.
        options: of :func:`dlx.diagnose`; with any, or where there is no ``diagnosis.json``, the run is diagnosed anew.

    Raises:
        UserError: the run holds nothing to report on yet.
    """
    from dlx import predictions, yaml12

    text = run.read_text("recipe.yaml") if run.has("recipe.yaml") else ""
    table = predictions.read(run.predictions) if run.predictions.exists() else None
    history = run.read_lines("history.jsonl")
    if table is None and not history:
        run.read_text(run.predictions.name)  # refuses, and says what to do
    diagnosis, scores = _diagnosed(run, table is not None, options)
    targets = run.read_json("targets.json", default={})
    predictor = _predictor(diagnosis, table)
    return Contents(
        diagnosis=diagnosis,
        scores=scores,
        predictions=None if table is None else table.table,
        history=history,
        data=run.read_json("data.json", default={}),
        info=run.info,
        recipe=(yaml12.parse(text, where=str(run.file("recipe.yaml"))).data or {}) if text else {},
        recipe_text=text,
        worst=run.read_json("worst.json", default=[]) or _worst(table, predictor),
        classes=targets.get("classes") or targets.get("label_names") or (table.classes if table is not None else ()),
        title=run.name,
        predictor=predictor,
        errors=_analysed(run),
        pictures=run.read_json(PICTURES, default={}),
        seen=_seen(run),
        sharing=run.read_json("multitask.json", default={}),
    )


def _seen(run: Run) -> dict[str, Any]:
    """What ``dlx look`` kept: an overview, and one file for each layer."""
    units = [run.read_json(f"look/{file.name}") for file in sorted(run.file("look").glob("units-*.json"))]
    overview = run.read_json("look/overview.json", default={})
    return {"overview": overview, "units": units} if overview or units else {}


def _analysed(source: Run | Path) -> dict[str, Any]:
    """The error analysis: as the run keeps it, or anew where tags in the working directory are newer; else empty."""
    from dlx import analysis

    kept = source.file(ANALYSIS) if isinstance(source, Run) else None
    if kept is not None and kept.exists() and not analysis.newer(source, kept):
        return source.read_json(ANALYSIS)
    found = analysis.existing(source)
    if found is not None:
        return found.to_dict()
    return source.read_json(ANALYSIS, default={}) if isinstance(source, Run) else {}


def _diagnosed(run: Run, complete: bool, options: Mapping[str, Any]) -> tuple[dict[str, Any], pd.DataFrame | None]:
    """The diagnosis as JSON data and the scores, stored or made anew; without predictions a verdict that says so."""
    if not complete:
        return {"verdict": {"status": None, "focus": [], "reason": f"There are no predictions. {run.advice()}"}}, None
    stored = run.read_json("diagnosis.json", default={})
    if stored and not options and not _people_said_more(run, stored):
        import pandas as pd

        scores = pd.read_parquet(run.file("scores.parquet")) if run.has("scores.parquet") else None
        return stored, scores
    from dlx.diagnosis import diagnose

    made = diagnose(run, **options)
    return made.to_dict(), made.scores


def _people_said_more(run: Run, stored: Mapping[str, Any]) -> bool:
    """Whether votes of people (``dlx human``) came in since the diagnosis was stored."""
    from dlx.diagnosis import votes_of
    from dlx.humans import digest

    log = votes_of(run)
    return log.exists() and digest(log) != (stored.get("annotations") or {}).get("digest")


def _of_curve(run: Run) -> str:
    """The page of a learning curve (``dlx curve``)."""
    from dlx.reports._learning_curve import page
    from dlx.strategy.learning_curve import LearningCurve

    return page(LearningCurve.from_dict(run.read_json("curve.json")), run.name)


def _of_table(source: Any, options: Mapping[str, Any]) -> Contents:
    """What the report of a foreign table shows: all but what only a run knows."""
    from dlx.diagnosis import Diagnosis, diagnose

    made = source if isinstance(source, Diagnosis) and not options else diagnose(source, **options)
    diagnosis = made.to_dict()
    table = made.predictions
    predictor = _predictor(diagnosis, table)
    return Contents(
        diagnosis=diagnosis,
        scores=made.scores,
        predictions=table.table,
        worst=_worst(table, predictor),
        classes=table.classes,
        title=source.name if isinstance(source, Path) else "predictions",
        predictor=predictor,
        errors=_analysed(source) if isinstance(source, Path) else {},
    )


def _source(what: Any) -> Any:
    """A run, a path to a table, or the table itself."""
    if not isinstance(what, (str, Path)):
        return what
    path = Path(what)
    if path.is_file() or path.suffix.lower() in _TABLES:
        return path
    from dlx import runs

    return runs.find(what)


def _place(source: Any) -> Path:
    if isinstance(source, Run):
        return source.file("report.html")
    if isinstance(source, Path):
        return source.with_name(f"{source.name.partition('.')[0]}-report.html")
    return Path("predictions-report.html")


def _predictor(diagnosis: Mapping[str, Any], table: Predictions | None) -> str:
    """Whose rows are shown: the one diagnosed, else the model, else the first that is neither baseline nor human."""
    named = diagnosis.get("predictor")
    if named or table is None or "model" in table.predictors:
        return named or "model"
    return next((p for p in table.predictors if p != "baseline" and not p.startswith("human:")), "model")


def _worst(table: Predictions | None, predictor: str) -> Sequence[dict[str, Any]]:
    """The rows with the largest error, and among these the largest loss, with the user's own columns."""
    rows, _ = analysed(None if table is None else table.table, predictor)
    if rows is None:
        return []
    keys = [name for name in ("error", "loss") if name in rows]
    rows = rows[rows["error"] > 0].sort_values(keys, ascending=False, kind="stable").head(_WORST)
    own = [name for name in rows if name.startswith("meta_")]
    return [
        {
            "id": row["id"],
            "source": row["source"] if isinstance(row["source"], str) else None,
            "y_true": row["y_true"],
            "y_pred": row["y_pred"],
            "error": float(row["error"]),
            "loss": float(row["loss"]) if "loss" in row else None,
            "kind": "row",
            "row": {name.removeprefix("meta_"): row[name] for name in own},
        }
        for row in rows.to_dict("records")
    ]
