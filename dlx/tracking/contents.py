"""What of a run goes into MLflow, read from its folder: parameters, metrics, tags, files. No MLflow is needed here.

MLflow's limits (version 3): names hold letters, digits and ``_ - . / : space``, at most 250 characters; a parameter's
value at most 6,000, a tag's 8,000; infinity would be stored as 1.797e308 and ruin every chart.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from dlx import yaml12
from dlx.looks import looks
from dlx.run import Run

__all__ = ["Point", "end_time", "epochs", "files", "measures", "milliseconds", "params", "recipe", "tags", "title"]

_KEY, _PARAM, _TAG = 250, 6_000, 8_000
#: Slices beyond this many stay in scores.parquet only: hundreds of classes would bury the page.
_SLICES = 60
#: Not copied: the model goes in as an MLflow model, checkpoints and locks serve this machine only.
_STAY = {"model.keras", "checkpoint.npz", "mlflow.json", "mlflow.log"}

#: A table in MLflow's form, which its page shows as one where the tag ``mlflow.loggedArtifacts`` names it.
TABLE = "error_analysis_table.json"


class Point(NamedTuple):
    """One value of one metric: ``timestamp`` in milliseconds since 1970, ``step`` is the epoch."""

    key: str
    value: float
    timestamp: int
    step: int


def metric_name(text: str) -> str:
    """A name that MLflow accepts: other characters become ``_``, ``=`` becomes ``:``.

    >>> metric_name("dev_error.class=a@b")
    'dev_error.class:a_b'
    """
    name = re.sub(r"[^\w./:\- ]", "_", text.replace("=", ":"))
    name = re.sub(r"/+", "/", name).strip("/ ")  # MLflow reads it as a path, which has to be in its plainest form
    return re.sub(r"(^|/)\.+(?=/|$)", r"\1_", name)[:_KEY] or "_"


def milliseconds(time: Any, default: int = 0) -> int:
    """Milliseconds since 1970 from an ISO 8601 text or a number of seconds."""
    if isinstance(time, int | float) and math.isfinite(time):
        return round(time * 1000)
    if isinstance(time, str):
        return round(datetime.fromisoformat(time).timestamp() * 1000)
    return default


def start_time(run: Run) -> int:
    return milliseconds(run.info.get("started"))


def end_time(run: Run) -> int:
    """When the run ended; of one that was killed, when it last said anything."""
    ended = run.info.get("finished")
    if ended:
        return milliseconds(ended)
    history = run.read_lines("history.jsonl")
    return milliseconds(history[-1].get("time"), start_time(run)) if history else start_time(run)


def recipe(run: Run) -> dict[str, Any]:
    """The resolved recipe as plain data; empty if the run has none."""
    if not run.has("recipe.yaml"):
        return {}
    return yaml12.parse(run.read_text("recipe.yaml"), where=str(run.file("recipe.yaml"))).data or {}


def params(run: Run) -> dict[str, str]:
    """The resolved recipe, flattened: ``model.filters`` → ``[16, 32, 64]``, with what the run adds to it."""
    flat: dict[str, str] = {}
    for key, value in _leaves(recipe(run), ""):
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
        flat[_free(metric_name(key), flat)] = text if len(text) <= _PARAM else text[: _PARAM - 2] + " …"
    for key, value in run.read_json("search.json", default={}).get("settings", {}).items():
        flat.setdefault(f"tune.{key}", str(value))
    for key in ("device", "seed"):
        if run.info.get(key) is not None:
            flat.setdefault(f"run.{key}", str(run.info[key])[:_PARAM])
    return flat


def _leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and value:
        for key, child in value.items():
            yield from _leaves(child, f"{path}.{key}" if path else str(key))
    else:
        yield path, value


def _free(name: str, taken: dict[str, Any]) -> str:
    """Two keys that become one name after cleaning stay apart."""
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name[: _KEY - 4]}-{number}"
    return free


def epochs(records: list[dict[str, Any]], run: Run) -> tuple[list[Point], str]:
    """The points of some lines of ``history.jsonl``, and where values were not finite (empty when all were)."""
    points, wrong = [], ""
    started = start_time(run)
    for number, record in enumerate(records):
        step = int(record.get("epoch", number))
        time = milliseconds(record.get("time"), started + 1000 * step)
        shown = {f"timing/{k}" if k == "seconds" else k: v for k, v in record.items() if k not in {"epoch", "time"}}
        for key, value in _leaves(shown, ""):
            if not isinstance(value, int | float) or isinstance(value, bool):
                continue
            if math.isfinite(value):
                points.append(Point(metric_name(key), float(value), time, step))
            else:
                wrong = wrong or f"{key} is {value} at epoch {step}"
    return points, wrong


def measures(run: Run) -> list[Point]:
    """Scores, rungs and gaps of a finished run, at step 0.

    MLflow's page makes a section of what stands before a slash: the model's own scores (``dev_error``) stand beside the
    learning curves, everything else (``intervals/``, ``ladder/``, ``baseline/``, ``slices/``) in sections below.
    """
    time = end_time(run)
    points: dict[str, Point] = {}
    for key, value in [*_scores(run), *_ladder(run), *_foretold(run), *_search(run), *_sharing(run)]:
        if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
            name = metric_name(key)
            points.setdefault(name, Point(name, float(value), time, 0))
    return [*points.values(), *_curve(run, time)]


def _curve(run: Run, time: int) -> Iterator[Point]:
    """The learning curve of ``dlx curve``: the step is the number of training examples."""
    for size in run.read_json("curve.json", default={}).get("sizes") or []:
        for name, value in (("curve/dev_error", size["error"]), ("curve/train_error", size.get("train_error"))):
            if value is not None:
                yield Point(name, float(value), time, int(size["n"]))


def _foretold(run: Run) -> Iterator[tuple[str, Any]]:
    found = run.read_json("curve.json", default={})
    for there in found.get("ahead") or []:
        for part in ("error", "low", "high"):
            yield f"curve/times_{there['factor']:g}.{part}", there[part]
    yield "curve/p_gain", (found.get("gain") or {}).get("p")


def _sharing(run: Run) -> Iterator[tuple[str, Any]]:
    """One network for all tasks against one for each, of ``dlx multitask``."""
    found = run.read_json("multitask.json", default={})
    for row in [*found.get("tasks", []), *([found["whole"]] if found else [])]:
        for key, value in (("shared", row["shared"]), ("separate", row["separate"])):
            yield f"multitask/{row['name']}.{key}", value
        for key in ("difference", "low", "high"):
            yield f"multitask/{row['name']}.{key}", row["pair"][key]


def title(run: Run) -> str:
    """What MLflow calls the run: trials by their number, so that a search's page can be read."""
    trial = run.info.get("trial")
    return run.name if trial is None or run.name != run.id else f"trial {trial}"


def _search(run: Run) -> Iterator[tuple[str, Any]]:
    """The score of a trial, or of a search's best; and how many trials there are of each status."""
    info = run.info
    if info.get("metric") and (run.is_search or not run.top_level):
        yield f"dev_{info['metric']}", info.get("score")
    statuses = {record["number"]: record.get("status") for record in run.read_lines("trials.jsonl")}
    for status in sorted({str(status) for status in statuses.values()}):
        yield f"trials/{status}", float(sum(str(other) == status for other in statuses.values()))


def _scores(run: Run) -> Iterator[tuple[str, Any]]:
    if not run.has("scores.parquet"):
        return
    import pandas as pd

    table = pd.read_parquet(run.file("scores.parquet"))
    slices = 0
    for row in table.to_dict("records"):
        owner = "" if row["predictor"] == "model" else f"{row['predictor']}/"
        key = f"{row['split']}_{row['metric']}"
        if row.get("slice", "all") in {"all", "", None}:
            yield f"{owner}{key}", row["value"]
            yield f"intervals/{owner}{key}.low", row.get("low")
            yield f"intervals/{owner}{key}.high", row.get("high")
        elif not owner and slices < _SLICES:
            slices += 1
            yield f"slices/{key}.{row['slice']}", row["value"]


def _ladder(run: Run) -> Iterator[tuple[str, Any]]:
    diagnosis = run.read_json("diagnosis.json", default={})
    for prefix, entries, value in (("rung", diagnosis.get("rungs"), "error"), ("gap", diagnosis.get("gaps"), "value")):
        for entry in entries or []:
            name = f"ladder/{prefix}.{entry['name']}"
            yield name, entry.get(value)
            for part in ("low", "high", "p_largest"):
                yield f"{name}.{part}", entry.get(part)


def tags(run: Run) -> dict[str, str]:
    """Who made it, from what, and the verdict; ``mlflow.note.content`` is what the run's page shows on top."""
    from dlx.tracking.note import note

    info = run.info
    transfer = info.get("transfer") or {}
    verdict = run.read_json("diagnosis.json", default={}).get("verdict") or {}
    _, wrong = epochs(run.read_lines("history.jsonl"), run)
    found = {
        "dlx.run_id": run.id,
        "dlx.version": info.get("dlx_version"),
        "dlx.state": run.state(),
        "dlx.recipe": info.get("recipe"),
        "dlx.kind": info.get("kind"),
        "dlx.continues": info.get("continues"),
        "dlx.folds": info.get("folds"),
        "dlx.transfer_from": transfer.get("source"),
        "dlx.transfer_run": transfer.get("run"),
        "dlx.transfer_model": transfer.get("registered"),
        "dlx.transfer_depth": transfer.get("depth"),
        "dlx.recipe_hash": info.get("recipe_hash"),
        "dlx.data_digest": info.get("data_digest"),
        "dlx.split_digest": info.get("split_digest"),
        "dlx.command": info.get("command"),
        "dlx.host": info.get("host"),
        "dlx.test_looks": _looks(run),
        "dlx.verdict": verdict.get("status"),
        "dlx.focus": ", ".join(verdict.get("focus") or []),
        "dlx.not_finite": wrong,
        "dlx.error": info.get("error"),
        "dlx.trial": info.get("trial"),
        "dlx.feasible": info.get("feasible"),
        "mlflow.runName": title(run),
        "mlflow.source.name": info.get("command") or "dlx",
        "mlflow.source.type": "LOCAL",
        "mlflow.source.git.commit": (info.get("git_commit") or "").removesuffix("-dirty"),
        "dlx.git_commit": info.get("git_commit"),
        "mlflow.user": info.get("user"),
        "mlflow.note.content": note(run),
        "mlflow.loggedArtifacts": json.dumps([{"path": TABLE, "type": "table"}]) if run.has(TABLE) else None,
    }
    return {key: str(value)[:_TAG] for key, value in found.items() if value not in (None, "")}


def _looks(run: Run) -> int | None:
    """How often the test set that this run was tried on has been looked at, by whichever run."""
    counts: dict[str, int] = {}
    mine = set()
    for look in looks(root=run.path.parent):
        digest = str(look.get("digest"))
        counts[digest] = counts.get(digest, 0) + 1
        if look.get("run") == run.id:
            mine.add(digest)
    return max((counts[digest] for digest in mine), default=None)


def files(run: Run) -> list[str]:
    """The files to copy, as paths inside the run folder; hidden ones, the model and checkpoints stay."""
    found = []
    for path in sorted(run.path.rglob("*")):
        inside = path.relative_to(run.path)
        hidden = any(part.startswith(".") for part in inside.parts)
        if path.is_file() and not hidden and inside.parts[0] not in {*_STAY, "trials"}:
            found.append(inside.as_posix())
    return found
