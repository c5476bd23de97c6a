"""Run folders: the truth that every command reads. A run is just files; nothing here knows Keras or MLflow."""

from __future__ import annotations

import os
import re
import secrets
import subprocess
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dlx.environment import describe
from dlx.errors import UserError, nearest
from dlx.files import disk_errors
from dlx.looks import looks, record_look
from dlx.run import Run, now, process

__all__ = ["Run", "all_runs", "create", "find", "looks", "now", "record_look", "runs_folder"]

#: Letters of the random end of a run's name: no vowels (no words by chance), no l (it looks like 1).
_LETTERS = "bcdfghjkmnpqrstvwxz"
_ID = re.compile(r"-\d{8}-\d{6}-[a-z]{4}$")


def runs_folder(root: str | Path | None = None) -> Path:
    """Where runs live: ``root``, else ``DLX_RUNS``, else ``./runs``; absolute."""
    return Path(root or os.environ.get("DLX_RUNS") or "runs").absolute()


def create(recipe_name: str, *, root: str | Path | None = None, **fields: Any) -> Run:
    """Make the folder of a new run, with its ``run.json``: call it only when recipe and data are known to be good.

    The name is ``<recipe>-<UTC yyyymmdd-hhmmss>-<4 letters>`` and is never given twice.

    Args:
        recipe_name: what the recipe is called; characters that a file name or a URL cannot hold become ``-``.
        root: the runs folder; default ``DLX_RUNS`` or ``./runs``. For a trial, ``parent.path / "trials"``.
        fields: what else ``run.json`` holds: recipe_hash, data_digest, split_digest, device, seed, command, parent …
    """
    folder = runs_folder(root)
    stem = re.sub(r"[^A-Za-z0-9_.-]+", "-", recipe_name).strip("-.")[:60] or "run"
    with disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        while True:
            started = datetime.now(UTC)
            letters = "".join(secrets.choice(_LETTERS) for _ in range(4))
            path = folder / f"{stem}-{started:%Y%m%d-%H%M%S}-{letters}"
            try:
                path.mkdir()
            except FileExistsError:
                continue  # another process drew the same letters in the same second
            break
    run = Run(path)
    start = {
        "id": run.id,
        "recipe": recipe_name,
        "started": started.isoformat(timespec="microseconds"),
        "finished": None,
    }
    try:
        run.write_json("run.json", start | {"status": "running"} | process() | describe() | fields, durable=True)
    except BaseException:
        run.discard()
        raise
    return run


def all_runs(root: str | Path | None = None, *, trials: bool = False) -> list[Run]:
    """The runs in the runs folder, in the order they were started; trials of searches only when asked for."""
    folder = runs_folder(root)
    patterns = ["*/run.json", "*/trials/*/run.json"] if trials else ["*/run.json"]
    files = [file for pattern in patterns for file in folder.glob(pattern)]
    found = [Run(file.parent) for file in files if not file.parent.name.startswith(".")]
    return sorted((run for run in found if trials or run.top_level), key=_started)


def _started(run: Run) -> tuple[str, str]:
    return str(run.info.get("started", "")), run.id


def find(name: str | Path | Run = "last", *, root: str | Path | None = None) -> Run:
    """The run of that name: ``last``, a path, an id, a name given with ``dlx runs --rename``, or how one id begins.

    ``last`` is the latest *started* top-level run with a complete predictions table; newer ones without are named on
    stderr. A run that is only in MLflow (trained on another machine) is fetched by its id.

    Raises:
        UserError: there is none, or several; the nearest are named.
    """
    if isinstance(name, Run):
        return name
    if (Path(name) / "run.json").is_file():
        return Run(Path(name).absolute())
    word = str(name)
    if word == "last":
        return _last(all_runs(root), runs_folder(root))
    runs = all_runs(root, trials=True)
    exact = [run for run in runs if word in {run.id, run.name}]
    found = exact or [run for run in runs if run.id.startswith(word)]
    if len(found) == 1:
        return found[0]
    if found:
        raise UserError(f"{len(found)} runs begin like this", value=word, hint=f"Say which: {_some(found)}.")
    return _fetched(word, root) or _unknown(word, runs, root)


def _last(runs: list[Run], folder: Path) -> Run:
    newer: list[Run] = []
    for run in reversed([run for run in runs if run.info.get("kind") != "curve"]):
        if run.predictions.exists():
            for other in reversed(newer):
                print(f"Newer, without predictions: {other.id} ({other.state()}).", file=sys.stderr)
            return run
        newer.append(run)
    if newer:
        raise UserError("no run has predictions yet", where=str(folder), hint=newer[0].advice())
    raise UserError("there is no run yet", where=str(folder), hint="Train one: `dlx train digits`.")


def _fetched(word: str, root: str | Path | None) -> Run | None:
    """Ask MLflow, in a process of its own: importing it here would cost every command its start."""
    if not (_ID.search(word) or (os.environ.get("MLFLOW_TRACKING_URI") and re.fullmatch(r"[\w.-]{4,}", word))):
        return None
    order = [sys.executable, "-m", "dlx.tracking", "fetch", word, "--root", str(runs_folder(root))]
    answer = subprocess.run(order, stdout=subprocess.PIPE, text=True, check=False)  # its warnings go to our stderr
    path = Path(answer.stdout.strip() or ".")
    return Run(path) if answer.returncode == 0 and (path / "run.json").is_file() else None


def _unknown(word: str, runs: list[Run], root: str | Path | None) -> Run:
    known = [run.id for run in runs] + [run.name for run in runs]
    close = nearest(word, known) or next((run.id for run in reversed(runs) if word in run.id), None)
    latest = f"The latest are: {_some(runs)}." if runs else "There is none yet: `dlx train digits` makes one."
    hint = f"Did you mean {close!r}?" if close else latest
    raise UserError("no such run", value=word, where=str(runs_folder(root)), hint=hint)


def _some(runs: Iterable[Run]) -> str:
    return ", ".join(run.id for run in list(runs)[-5:][::-1])
