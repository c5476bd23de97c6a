"""``dlx sync``: send what MLflow has not got, fetch what only MLflow has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from dlx.errors import UserError
from dlx.run import Run
from dlx.runs import all_runs, find, runs_folder
from dlx.tracking import contents
from dlx.tracking.following import only_one
from dlx.tracking.store import older_store, public_uri, store_uri

__all__ = ["Sync", "SyncRow", "sync"]


@dataclass(frozen=True)
class SyncRow:
    """What happened to one run.

    Attributes:
        run: its id.
        outcome: ``sent``, ``unchanged``, ``fetched``, or ``skipped``.
        reason: why it was skipped, else empty.
    """

    run: str
    outcome: str
    reason: str = ""


@dataclass(frozen=True)
class Sync:
    """What ``dlx sync`` did: the store and one row per run."""

    store: str
    rows: tuple[SyncRow, ...]
    older_store: str | None = None

    def to_dict(self) -> dict[str, Any]:
        return {"store": self.store, "runs": [asdict(row) for row in self.rows], "older_store": self.older_store}

    def _repr_html_(self) -> str:
        from html import escape

        lines = [(escape(row.run), row.outcome, escape(row.reason)) for row in self.rows]
        cells = "".join(f"<tr><td>{run}</td><td>{outcome}</td><td>{reason}</td></tr>" for run, outcome, reason in lines)
        return f"<table><caption>{escape(self.store)}</caption>{cells}</table>"


def sync(runs: str | Sequence[str] = (), *, all: bool = False, root: str | Path | None = None) -> Sync:
    """Send runs to MLflow, and fetch those that are only there; doing it twice changes nothing.

    Args:
        runs: names; none means all that MLflow has not got as they are now.
        all: look at every run, also those that ``mlflow.json`` calls complete.
        root: the runs folder; default ``DLX_RUNS`` or ``./runs``.

    Raises:
        UnreachableError: MLflow does not answer; nothing is lost.
        UserError: no such run, neither here nor in MLflow.
    """
    names = [runs] if isinstance(runs, str) else list(runs)
    known = all_runs(root, trials=True)
    chosen: list[Run | str] = [_local(name, known, root) for name in names] or [
        run for run in known if all or waits(run)
    ]
    if names:  # a search goes with its trials, a shared network with the separate ones
        chosen += [run for one in list(chosen) if isinstance(one, Run) and one.top_level for run in _trials(one)]
    rows: list[SyncRow] = []
    if chosen:
        from dlx.tracking.store import connect

        client = connect()
        rows = [_one(client, run, root) for run in chosen]
    return Sync(public_uri(store_uri()), tuple(rows), older_store())


def _local(name: str, known: list[Run], root: str | Path | None) -> Run | str:
    """The run of that name if it is here, else the name itself, to be looked for in MLflow."""
    here = name == "last" or (Path(name) / "run.json").is_file() or any(name in {r.id, r.name} for r in known)
    begins = any(run.id.startswith(name) for run in known)
    return find(name, root=root) if here or begins else name


def _trials(search: Run) -> list[Run]:
    return [Run(file.parent) for file in sorted(search.path.glob("trials/*/run.json"))]


def waits(run: Run) -> bool:
    """Whether MLflow may lack something of this run, from ``mlflow.json`` and file times alone."""
    record = run.read_json("mlflow.json", default={})
    if not record.get("complete") or record.get("store") != public_uri(store_uri()) or record["state"] != run.state():
        return True
    sent = datetime.fromisoformat(record["sent"]).timestamp()
    names = contents.files(run)
    changed = any(run.file(name).stat().st_mtime > sent for name in names)
    return changed or set(names) != set(record["files"])


def _one(client: Any, run: Run | str, root: str | Path | None) -> SyncRow:
    from dlx.tracking.fetch import fetch
    from dlx.tracking.send import send

    if isinstance(run, str):
        return SyncRow(fetch(client, run, root=root).id, "fetched")
    if run.state() == "running":
        return SyncRow(run.id, "skipped", "still running")
    with only_one(run) as mine:
        if not mine:
            return SyncRow(run.id, "skipped", "being sent by another process")
        before = run.read_json("mlflow.json", default={})
        try:
            after = send(client, run)
        except UserError as error:  # deleted in MLflow: said, and the others go on
            return SyncRow(run.id, "skipped", str(error))
    same = {**before, "sent": None} == {**after, "sent": None}
    return SyncRow(run.id, "unchanged" if same else "sent")


def waiting(root: str | Path | None = None) -> list[Run]:
    """Runs that ``dlx sync`` would send."""
    return [run for run in all_runs(runs_folder(root), trials=True) if run.state() != "running" and waits(run)]
