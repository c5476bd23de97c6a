"""The end of a search: the winner's recipe and verdict, the table of trials, and the pictures."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from dlx.errors import DlxError
from dlx.run import Run

if TYPE_CHECKING:
    from dlx.pipeline.search_result import TuneResult

__all__ = ["finish"]


def finish(found: TuneResult) -> TuneResult:
    """Write ``best.yaml``, ``trials.csv``, ``search.html`` and ``summary.json``, and diagnose the best trial.

    Raises:
        DlxError: no trial has a score; the first one's reason is told.
    """
    run = found.run
    if found.trials and not any(trial.score is not None for trial in found.trials) and not found.stopped:
        ends = Counter(trial.status for trial in found.trials)
        told = ", ".join(f"{count} {status}" for status, count in ends.most_common())
        first = found.trials[0].reason or found.trials[0].status
        raise DlxError(
            f"none of {len(found.trials)} trials came to a score ({told}); the first: {first.rstrip('.')}",
            where=run.id,
            hint="Narrow the search: `dlx tune … --dry-run` shows its ranges.",
        )
    best = found.best
    if best is not None:
        trial = Run(run.path / "trials" / str(best.run))
        text = trial.read_text("recipe.yaml")
        run.write_text("best.yaml", f"# dlx train {run.file('best.yaml')}\n# trial {best.number} of {run.id}\n{text}")
        if not trial.has("report.html"):
            from dlx.pipeline import judging

            judging.judge(trial)
    else:
        run.file("best.yaml").unlink(missing_ok=True)
    run.write_text("trials.csv", _table(found))
    _draw(found)
    run.write_json("summary.json", found.to_dict())
    run.update(best=None if best is None else best.run, score=None if best is None else best.score, metric=found.metric)
    return found


def _table(found: TuneResult) -> str:
    """One row per trial, for spreadsheets and for MLflow's page."""
    knobs = [row["path"] for row in found.plan.space]
    columns = ["number", "status", found.metric, "feasible", "stage", "epochs", "seconds", *knobs, "run", "reason"]
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    for trial in found.trials:
        facts: dict[str, Any] = {**vars(trial), found.metric: trial.score} | trial.params
        cells = [facts.get(column) for column in columns]
        writer.writerow([json.dumps(c) if isinstance(c, (list, dict)) else "" if c is None else c for c in cells])
    return text.getvalue()


def _draw(found: TuneResult) -> None:
    from dlx.pipeline import searching
    from dlx.recipe import load
    from dlx.search import pictures

    recipe = load(found.run.file("recipe.yaml"))
    space, metric = searching.space_of(recipe), searching.metric_of(recipe)
    scored = [trial for trial in found.trials if trial.score is not None]
    if not scored:
        return
    options: dict[str, Any] = {
        "greater_is_better": found.greater_is_better,
        "metric": found.metric,
        "percent": metric.bounded and not metric.unit,
    }
    drawings = {
        "parallel": pictures.parallel(space, found.trials, **options),
        "knobs": pictures.sheet(space, found.trials, **options),
        "boxes": pictures.boxes(space, found.stages, found.trials, greater_is_better=found.greater_is_better),
    }
    for name, drawing in drawings.items():
        if drawing is not None:
            found.run.write_text(f"{name}.svg", pictures.standalone(drawing))
    parts = [
        ("All trials", "A line is a trial: red the best, the paler the worse.", [drawings["parallel"]]),
        (
            f"{found.metric} over each knob",
            "Axes are logarithmic where the knob is.",
            pictures.panels(space, found.trials, **options),
        ),
    ]
    if drawings["boxes"] is not None:
        parts.append(("Stages", "The box that each stage searched.", [drawings["boxes"]]))
    found.run.write_text("search.html", pictures.page(f"Search {found.run.id}", parts))
