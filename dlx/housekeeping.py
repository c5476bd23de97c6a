"""The runs as a list, and what people do with them: give a name, write a note, throw old ones away."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from dlx.errors import UserError
from dlx.run import Run
from dlx.runs import all_runs, find, runs_folder

__all__ = ["Pruned", "RunList", "RunRow", "annotate", "list_runs", "prune", "refuse_name", "rename"]


@dataclass(frozen=True)
class RunRow:
    """One run at a glance.

    Attributes:
        id: the folder's name.
        name: what it was renamed to; the id otherwise.
        state: running, complete, failed, interrupted or dead.
        started: ISO 8601, UTC.
        seconds: from start to end; None while it is running and for one that was killed.
        metric: what ``dev`` is measured in.
        dev: the dev rung of the ladder.
        verdict: its status and focus, in words.
        note: what was written with ``dlx runs --note``.
        mlflow: whether MLflow has a complete copy.
        size: bytes on disk.
    """

    id: str
    name: str
    state: str
    started: str
    seconds: float | None
    metric: str
    dev: float | None
    verdict: str
    note: str
    mlflow: bool
    size: int


@dataclass(frozen=True)
class RunList:
    """The runs of a folder, oldest first."""

    folder: str
    rows: tuple[RunRow, ...]

    def to_dict(self) -> dict[str, Any]:
        return {"folder": self.folder, "runs": [asdict(row) for row in self.rows]}

    def _repr_html_(self) -> str:
        from html import escape

        names = ("name", "state", "started", "dev", "verdict", "note")
        head = "".join(f"<th>{name}</th>" for name in names)
        lines = [[escape(str(getattr(row, name) or "")) for name in names] for row in self.rows]
        body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in line) + "</tr>" for line in lines)
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def list_runs(root: str | Path | None = None, *, trials: bool = False) -> RunList:
    """The runs in the runs folder, oldest first; a search's trials only when asked for."""
    return RunList(str(runs_folder(root)), tuple(_row(run) for run in all_runs(root, trials=trials)))


def _row(run: Run) -> RunRow:
    info = run.info
    diagnosis = run.read_json("diagnosis.json", default={})
    verdict = diagnosis.get("verdict") or {}
    dev = next((rung["error"] for rung in diagnosis.get("rungs") or [] if rung["name"] == "dev"), None)
    focus = ", ".join(str(name).replace("_", " ") for name in verdict.get("focus") or [])
    curve = run.read_json("curve.json", default={})
    if curve:
        verdict, focus = {"status": f"more data: {curve['status']}"}, ""
        dev = curve["sizes"][-1]["error"]
    words = ": ".join(part for part in (str(verdict.get("status") or "").replace("_", " "), focus) if part)
    if run.is_search:
        dev, words = info.get("score"), _search_words(run)
        diagnosis = {"metric": info.get("metric")}
    return RunRow(
        id=run.id,
        name=run.name,
        state=run.state(),
        started=str(info.get("started", "")),
        seconds=_seconds(info),
        metric=str(diagnosis.get("metric") or "error"),
        dev=dev,
        verdict=words,
        note=str(info.get("note") or ""),
        mlflow=bool(run.read_json("mlflow.json", default={}).get("complete")),
        size=sum(file.stat().st_size for file in run.path.rglob("*") if file.is_file()),
    )


def _search_words(run: Run) -> str:
    """How far a search got."""
    return f"search of {len({record.get('number') for record in run.read_lines('trials.jsonl')})} trials"


def _seconds(info: dict[str, Any]) -> float | None:
    if not (info.get("started") and info.get("finished")):
        return None
    return (datetime.fromisoformat(info["finished"]) - datetime.fromisoformat(info["started"])).total_seconds()


def rename(run: str | Path | Run, name: str, *, root: str | Path | None = None) -> Run:
    """Give a run a name that every command understands; folder and id stay.

    Raises:
        UserError: the name is taken, or cannot be told from an id, a path or ``last``.
    """
    run = find(run, root=root)
    refuse_name(name, run.id, root=root)
    run.update(name=None if name == run.id else name)
    return run


def refuse_name(name: str, own: str | None = None, *, root: str | Path | None = None) -> None:
    """Refuse a name that no run can have.

    Args:
        name: the name.
        own: id of the run that is to have it; None for one that is not there yet.
        root: the runs folder.

    Raises:
        UserError: the name is taken, or cannot be told from an id, a path or ``last``.
    """
    if not re.fullmatch(r"[^\W_][\w. +-]{0,99}", name) or name == "last":
        hint = "Letters, digits, space and . _ + -, at most 100, beginning with a letter or digit; not 'last'."
        raise UserError("this cannot be a run's name", value=name, hint=hint)
    for other in all_runs(root, trials=True):
        if other.id != own and (name == other.name or other.id.startswith(name)):
            raise UserError("the name is taken, or begins another run's id", value=name, where=other.id)


def annotate(run: str | Path | Run, text: str, *, root: str | Path | None = None) -> Run:
    """Write a note on a run, in place of an earlier one; an empty one removes it. A run with a note is never pruned."""
    run = find(run, root=root)
    run.update(note=text.strip() or None)
    return run


@dataclass(frozen=True)
class Pruned:
    """What was removed, or would be.

    Attributes:
        runs: ids.
        size: bytes they take.
        done: False if it was only looked at.
        kept: id → why it stays although it is old or unfinished.
        only_here: those of ``runs`` of which MLflow has no complete copy.
    """

    runs: tuple[str, ...]
    size: int
    done: bool
    kept: dict[str, str]
    only_here: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def prune(
    *, keep: int | None = None, days: float | None = None, yes: bool = False, root: str | Path | None = None
) -> Pruned:
    """Remove runs that failed or were broken off, and if asked older complete ones; without ``yes`` only say which.

    What people named or wrote a note on stays, so does a run that is running, one whose split another recipe uses
    (``split: from:RUN``), and the looks at test sets. MLflow's copies stay too.

    Args:
        keep: of each recipe's complete runs keep this many, the newest; None keeps all.
        days: leave runs alone that were started within this many days.
        yes: remove them.
        root: the runs folder; default ``DLX_RUNS`` or ``./runs``.

    Raises:
        UserError: a negative number.
    """
    if (keep or 0) < 0 or (days or 0) < 0:
        raise UserError("keep and days are 0 or more", value=keep if (keep or 0) < 0 else days)
    runs = all_runs(root)
    used = _used(runs)
    going, kept = [], {}
    for run in _candidates(runs, keep, days):
        info = run.info
        if info.get("name") or info.get("note"):
            kept[run.id] = "it has a name or a note"
        elif run.id in used:
            kept[run.id] = f"{used[run.id]} uses its split"
        else:
            going.append(run)
    rows = [_row(run) for run in going]
    only_here = tuple(row.id for row in rows if not row.mlflow and row.state == "complete")
    if yes:
        for run in going:
            run.discard()
    return Pruned(tuple(row.id for row in rows), sum(row.size for row in rows), yes, kept, only_here)


def _candidates(runs: list[Run], keep: int | None, days: float | None) -> list[Run]:
    by_recipe: dict[str, list[Run]] = defaultdict(list)
    found = []
    for run in runs:
        state = run.state()
        if state == "complete":
            by_recipe[str(run.info.get("recipe"))].append(run)
        elif state != "running":
            found.append(run)
    if keep is not None:
        for group in by_recipe.values():
            found += group[: max(len(group) - keep, 0)]
    if days is not None:
        limit = datetime.now(UTC) - timedelta(days=days)
        found = [run for run in found if datetime.fromisoformat(run.info["started"]) < limit]
    return sorted(found, key=lambda run: str(run.info.get("started")))


def _used(runs: list[Run]) -> dict[str, str]:
    """Runs whose split another run's recipe names: id → the run that does."""
    used = {}
    for run in runs:
        text = run.read_text("recipe.yaml") if run.has("recipe.yaml") else ""
        for name in re.findall(r"split:\s*[\"']?from:([^\s\"',}]+)", text):
            for other in runs:
                if other.id != run.id and (name in {other.id, other.name} or other.id.startswith(name)):
                    used[other.id] = run.id
    return used
