"""Bring a run that is only in MLflow (trained on another machine) into the runs folder."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlx.errors import UserError
from dlx.files import disk_errors
from dlx.run import Run, now
from dlx.runs import runs_folder
from dlx.tracking.contents import files
from dlx.tracking.send import digest, search
from dlx.tracking.store import public_uri, store_uri, trouble

if TYPE_CHECKING:
    from mlflow import MlflowClient

__all__ = ["fetch"]


def fetch(client: MlflowClient, name: str, *, root: str | Path | None = None) -> Run:
    """Download a run's files and model; the folder appears in one step when all of it is there.

    Args:
        client: MLflow's client.
        name: the run's id, the beginning of one, or the name it was given.
        root: the runs folder; default ``DLX_RUNS`` or ``./runs``.

    Raises:
        UserError: MLflow has no such run, several, or one that has not ended.
        UnreachableError: MLflow does not answer.
    """
    with trouble(store_uri()):
        one = _find(client, name)
        run_id, folder = one.data.tags["dlx.run_id"], runs_folder(root)
        if (folder / run_id / "run.json").exists():
            return Run(folder / run_id)
        with disk_errors(folder):
            folder.mkdir(parents=True, exist_ok=True)
            scratch = Path(tempfile.mkdtemp(prefix=".fetch-", dir=folder))
            try:
                scratch.chmod(0o755)
                model_id = _download(client, one, scratch)
                _check(scratch, one)
                _note_origin(Run(scratch), one, model_id)
                os.replace(scratch, folder / run_id)
            finally:
                shutil.rmtree(scratch, ignore_errors=True)
    return Run(folder / run_id)


def _note_origin(run: Run, one: Any, model_id: str | None) -> None:
    """``mlflow.json`` as if it had been sent from here, so that ``dlx sync`` sees nothing to do."""
    place = {"store": public_uri(store_uri()), "experiment_id": one.info.experiment_id, "run_id": one.info.run_id}
    held = {"files": {file: digest(run.file(file)) for file in files(run)}, "complete": True, "sent": now()}
    run.write_json("mlflow.json", place | {"model_id": model_id, "state": run.state()} | held)


def _find(client: MlflowClient, name: str) -> Any:
    safe = name.replace("'", "")
    by_id, by_name = f"tags.`dlx.run_id` = '{safe}'", f"attributes.run_name = '{safe}'"
    for question in (by_id, by_name, f"tags.`dlx.run_id` LIKE '{safe}%'"):
        found = [one for one in search(client, question) if "dlx.run_id" in one.data.tags]
        found = [one for one in found if one.info.lifecycle_stage == "active"]
        names = sorted({one.data.tags["dlx.run_id"] for one in found})
        if len(names) == 1:
            return found[0]
        if names:
            hint = f"Say which: {', '.join(names[-5:])}."
            raise UserError(f"{len(names)} runs in MLflow begin like this", value=name, hint=hint)
    raise UserError("no such run, neither here nor in MLflow", value=name, where=public_uri(store_uri()))


def _download(client: MlflowClient, one: Any, folder: Path) -> str | None:
    """Get the files and the model, and return the model's MLflow id."""
    from mlflow.artifacts import download_artifacts

    uri, run_id = store_uri(), one.info.run_id
    for entry in client.list_artifacts(run_id):
        download_artifacts(run_id=run_id, artifact_path=entry.path, dst_path=str(folder), tracking_uri=uri)
    question = f"source_run_id = '{run_id}'"
    for model in client.search_logged_models([one.info.experiment_id], filter_string=question)[:1]:
        with tempfile.TemporaryDirectory() as scratch:
            download_artifacts(artifact_uri=model.model_uri, dst_path=scratch, tracking_uri=uri)
            for file in Path(scratch).rglob("model.keras"):
                shutil.copyfile(file, folder / "model.keras")
        return model.model_id
    return None


def _check(folder: Path, one: Any) -> None:
    if not (folder / "run.json").exists():
        hint = "If it has ended, send the rest from the machine that trained it: `dlx sync`."
        raise UserError("MLflow lacks a part of this run", value=one.info.status, where=one.info.run_name, hint=hint)
