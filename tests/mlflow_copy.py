"""What MLflow holds of a run, all of it, to compare and to look at; and an empty store, made once and copied."""

from __future__ import annotations

import atexit
import functools
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

#: MLflow and its database library warn of their own future at import and at first use.
QUIET = ["ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning", "ignore::ResourceWarning"]


@functools.cache
def _empty() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="dlx-empty-store-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    code = "from dlx.tracking.store import connect; connect()"
    subprocess.run([sys.executable, "-c", code], cwd=folder, check=True)
    return folder / "mlflow.db"


def make_store(folder: Path) -> Path:
    """An empty store in a folder, as the first run there would make it, without its 3 seconds."""
    return Path(shutil.copy(_empty(), folder / "mlflow.db"))


def client(uri: str | None = None) -> Any:
    from mlflow import MlflowClient

    from dlx.tracking.store import store_uri

    return MlflowClient(tracking_uri=uri or store_uri())


def copies(run_id: str, uri: str | None = None) -> list[Any]:
    """MLflow's runs with this ``dlx.run_id``."""
    from dlx.tracking.send import search

    return search(client(uri), f"tags.`dlx.run_id` = '{run_id}'")


def snapshot(run_id: str, uri: str | None = None) -> dict[str, Any]:
    """Everything that MLflow holds of the one copy of a run."""
    (one,) = copies(run_id, uri)
    asked, mlflow_id = client(uri), one.info.run_id
    info = one.info
    models = asked.search_logged_models([info.experiment_id], filter_string=f"source_run_id = '{mlflow_id}'")
    return {
        "info": (mlflow_id, info.run_name, info.status, info.start_time, info.end_time, info.experiment_id),
        "params": dict(one.data.params),
        "tags": dict(one.data.tags),
        "metrics": {
            key: sorted((m.step, m.timestamp, m.value) for m in asked.get_metric_history(mlflow_id, key))
            for key in one.data.metrics
        },
        "inputs": [(d.dataset.name, d.dataset.digest, d.tags[0].value) for d in one.inputs.dataset_inputs],
        "files": sorted(file.path for file in asked.list_artifacts(mlflow_id)),
        "models": [(model.model_id, str(model.status)) for model in models],
    }


def free_port() -> int:
    """A port on this machine where nobody listens."""
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return trial.getsockname()[1]
