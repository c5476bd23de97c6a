"""The trained model as an MLflow model: code around ``dlx.predicting``, signature from ``targets.json``, no Keras."""

from __future__ import annotations

import os
import shutil
import tempfile
import warnings
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlx.run import Run
from dlx.tracking.store import as_current, store_uri

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.models import ModelSignature

__all__ = ["log_model", "requirements", "signature", "warm_up"]

_NAME = "model"
_PACKAGE = Path(__file__).parents[1]
#: What a process that answers for the model needs. dlx itself travels with it as source: on PyPI the name is another's.
_REQUIREMENTS = ("tensorflow", "keras", "mlflow", "numpy", "pandas", "pyarrow", "pillow", "scipy", "ruamel.yaml")
_FILES = ("model.keras", "targets.json", "recipe.yaml")


def log_model(client: MlflowClient, run: Run, mlflow_run_id: str) -> str | None:
    """Log the run's model once and return its MLflow id; one that is already there stays, a torn one is replaced."""
    if not (run.has("model.keras") and run.has("targets.json")):
        return None
    import mlflow

    for model in _logged(client, mlflow_run_id):
        if str(model.status) == "READY":
            return model.model_id
        client.delete_logged_model(model.model_id)  # its writer was killed half-way
    with tempfile.TemporaryDirectory() as scratch, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # advice on type hints and examples
        folder = Path(scratch) / "run"
        folder.mkdir()
        for name in _FILES:
            if run.has(name):
                _link(run.file(name), folder / name)
        uri = store_uri()
        # nested: the caller's notebook may have a run of its own open
        with as_current(uri), mlflow.start_run(run_id=mlflow_run_id, nested=True, log_system_metrics=False):
            logged = mlflow.pyfunc.log_model(
                name=_NAME,
                python_model=str(_PACKAGE / "serving.py"),
                artifacts={"run": str(folder)},
                code_paths=[_package(Path(scratch))],
                signature=signature(run.read_json("targets.json")),
                pip_requirements=requirements(),
            )
    return logged.model_id


def warm_up() -> None:
    """Have MLflow import and list what saving a model needs (1 s): done while training, it is not waited for later."""
    import mlflow
    import pandas as pd  # noqa: F401  scores and splits are read with it

    with tempfile.TemporaryDirectory() as scratch, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        mlflow.pyfunc.save_model(
            f"{scratch}/model", python_model=str(_PACKAGE / "serving.py"), pip_requirements=requirements()
        )


def _logged(client: MlflowClient, mlflow_run_id: str) -> list[Any]:
    experiment_id = client.get_run(mlflow_run_id).info.experiment_id
    return client.search_logged_models([experiment_id], filter_string=f"source_run_id = '{mlflow_run_id}'")


def _package(scratch: Path) -> str:
    """The dlx that trained the model, as source: it answers the same years later, and where dlx is not installed."""
    ignored = shutil.ignore_patterns("__pycache__", "_shipped", "*.pyc")
    return str(shutil.copytree(_PACKAGE, scratch / "dlx", ignore=ignored))


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # another disk
        shutil.copyfile(source, target)


def requirements() -> list[str]:
    """``name==version`` of what is installed here."""
    found = []
    for name in _REQUIREMENTS:
        try:
            found.append(f"{name}=={metadata.version(name)}")
        except metadata.PackageNotFoundError:  # optional, or under another name
            continue
    return found


def signature(description: dict[str, Any]) -> ModelSignature:
    """What the model takes and gives, from ``targets.json``: columns for a table, tensors for images and arrays.

    Args:
        description: ``inputs`` as a list of ``name, shape, dtype, names``; ``classes`` where there are any.
    """
    import numpy as np
    from mlflow.models import ModelSignature
    from mlflow.types.schema import ColSpec, Schema, TensorSpec

    inputs = description["inputs"]
    if all(given.get("names") for given in inputs):
        kinds = [(name, given["dtype"]) for given in inputs for name in given["names"]]
        columns = [ColSpec("string" if dtype == "string" else "double", name) for name, dtype in kinds]
        return ModelSignature(Schema(columns), _outputs(description))
    tensors = []
    for given in inputs:
        shape = (-1, *(-1 if size is None else size for size in given["shape"]))
        # as uint8 MLflow would cut a picture in 0–1 down to zeros without a word; dlx tells 0–1 from 0–255
        dtype = {"string": str, "uint8": "float32"}.get(given["dtype"], given["dtype"])
        tensors.append(TensorSpec(np.dtype(dtype), shape, given["name"] if len(inputs) > 1 else None))
    return ModelSignature(Schema(tensors), _outputs(description))


def _outputs(description: dict[str, Any]) -> Any:
    from mlflow.types.schema import ColSpec, Schema

    task = description.get("task") or {}
    name = task if isinstance(task, str) else task.get("name")
    if name == "classification" and description.get("classes"):
        chances = [ColSpec("double", f"proba_{label}") for label in description["classes"]]
        return Schema([ColSpec("string", "prediction"), *chances])
    return Schema([ColSpec("double", "prediction")]) if name == "regression" else None
