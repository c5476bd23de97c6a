"""Which MLflow store, whether it answers, and its creation by one process at a time."""

from __future__ import annotations

import logging
import os
import socket
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit
from urllib.request import pathname2url

from dlx.errors import DlxError, UserError

if TYPE_CHECKING:
    from mlflow import MlflowClient

__all__ = [
    "UnreachableError",
    "as_current",
    "connect",
    "experiment",
    "older_store",
    "public_uri",
    "store_uri",
    "trouble",
]

#: Set before MLflow is imported, unless the user has set them: no usage telemetry, no project scan, no long silence.
_DEFAULTS = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_UV_AUTO_DETECT": "false",  # requirements are given; a uv.lock in the folder is another project's business
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "30",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "GIT_PYTHON_REFRESH": "quiet",
}


class UnreachableError(DlxError):
    """MLflow does not answer. Nothing is lost: the run folder holds everything, ``dlx sync`` sends it later."""


def store_uri() -> str:
    """``MLFLOW_TRACKING_URI``, else ``mlflow.db`` in the working directory, which plain ``mlflow ui`` opens too."""
    given = os.environ.get("MLFLOW_TRACKING_URI")
    return given or f"sqlite:///{pathname2url(str(Path('mlflow.db').absolute()))}"


def public_uri(uri: str) -> str:
    """The address without user and password, fit for files and messages.

    >>> public_uri("https://ann:secret@mlflow.example.org/path")
    'https://mlflow.example.org/path'
    """
    parts = urlsplit(uri)
    return uri.replace(f"{parts.netloc}", parts.netloc.rpartition("@")[2], 1) if "@" in parts.netloc else uri


def database(uri: str) -> Path | None:
    """The file of an SQLite store; None for any other."""
    return Path(unquote(uri.removeprefix("sqlite:///"))) if uri.startswith("sqlite:///") else None


def older_store(folder: str | Path = ".") -> str | None:
    """What to say about a file store that MLflow kept in ``mlruns`` before it had a database; None without one."""
    if os.environ.get("MLFLOW_TRACKING_URI") or not any(Path(folder).glob("mlruns/[0-9]*/meta.yaml")):
        return None
    return (
        "The folder mlruns holds an older MLflow store, and plain `mlflow ui` here opens that one; `dlx ui` opens "
        "mlflow.db, with your dlx runs. `mlflow migrate-filestore` copies the old one into a database."
    )


def connect() -> MlflowClient:
    """A client of the store, which is created if it is a database that does not exist yet.

    Raises:
        UnreachableError: nothing answers at the address, or the database cannot be opened.
    """
    uri = store_uri()
    _knock(uri)
    for name, value in _DEFAULTS.items():
        os.environ.setdefault(name, value)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of MLflow's own dependencies, at import
        import mlflow

        for name in ("mlflow", "alembic"):
            logging.getLogger(name).setLevel(logging.ERROR)
        with trouble(uri), _lock(uri):
            client = mlflow.MlflowClient(tracking_uri=uri)
            client.search_experiments(max_results=1)  # the first question creates the tables
    return client


@contextmanager
def as_current(uri: str) -> Iterator[None]:
    """Let MLflow's functions that take no client use this store, and leave the caller's choice as it was."""
    import mlflow

    before = os.environ.get("MLFLOW_TRACKING_URI")  # MLflow keeps it equal to what was set by function
    mlflow.set_tracking_uri(uri)
    try:
        yield
    finally:
        mlflow.set_tracking_uri(before)


def _knock(uri: str) -> None:
    """Find out within seconds that nobody is there: MLflow itself would try for minutes."""
    parts = urlsplit(uri)
    if parts.scheme not in {"http", "https"} or not parts.hostname or _proxied(parts.scheme, parts.hostname):
        return
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        socket.create_connection((parts.hostname, port), timeout=5).close()
    except OSError as error:
        raise _unreachable(uri, error) from error


def _proxied(scheme: str, host: str) -> bool:
    from urllib.request import getproxies, proxy_bypass

    return scheme in getproxies() and not proxy_bypass(host)


@contextmanager
def trouble(uri: str) -> Iterator[None]:
    """Turn what MLflow, its database or the network raises into :class:`UnreachableError`.

    Raises:
        UnreachableError: with the reason, and how to send the run later.
    """
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except (MlflowException, SQLAlchemyError, OSError) as error:  # requests' errors are OSErrors
        raise _unreachable(uri, error) from error


def _unreachable(uri: str, error: Exception) -> UnreachableError:
    lines = [line.strip() for line in str(error).replace(uri, public_uri(uri)).splitlines() if line.strip()]
    reason = (lines[0] if lines else type(error).__name__)[:300]
    hint = "Nothing is lost: the run folder holds everything, and `dlx sync` sends it later."
    return UnreachableError(f"MLflow cannot be used now: {reason}", where=public_uri(uri), hint=hint)


@contextmanager
def _lock(uri: str) -> Iterator[None]:
    """One process at a time creates tables or experiments: several at once break a fresh SQLite file for good."""
    from filelock import FileLock

    path = database(uri)
    if path is None:
        yield  # a server has its own order
        return
    if not path.parent.is_dir():
        raise UserError("no such folder", value=str(path.parent), where="MLFLOW_TRACKING_URI", hint="Make it first.")
    with FileLock(path.with_name(f".{path.name}.lock")):
        yield


def experiment(client: MlflowClient, name: str) -> str:
    """The id of the experiment: ``MLFLOW_EXPERIMENT_NAME`` if set, else ``name``; created if there is none.

    Raises:
        UserError: it was deleted in MLflow.
    """
    from mlflow.exceptions import MlflowException

    name = os.environ.get("MLFLOW_EXPERIMENT_NAME") or name
    with _lock(store_uri()):
        found = client.get_experiment_by_name(name)
        if found is None:
            try:
                # the kind makes MLflow's page open on runs and charts, not on traces of chat models
                return client.create_experiment(name, tags={"mlflow.experimentKind": "custom_model_development"})
            except MlflowException:
                found = client.get_experiment_by_name(name)  # another machine was a moment faster
                if found is None:
                    raise
    if found.lifecycle_stage == "deleted":
        raise UserError(
            "this MLflow experiment was deleted",
            value=name,
            where=public_uri(store_uri()),
            hint=f"`mlflow experiments restore --experiment-id {found.experiment_id}`, or set MLFLOW_EXPERIMENT_NAME.",
        )
    return found.experiment_id
