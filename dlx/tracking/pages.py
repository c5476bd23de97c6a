"""``dlx ui``: MLflow's pages for the runs of this folder, on this machine only."""

from __future__ import annotations

import os
import shlex
import socket
import subprocess
import sys
from dataclasses import asdict, dataclass
from typing import Any

from dlx.errors import DlxError, UserError
from dlx.run import Run
from dlx.runs import all_runs
from dlx.tracking.store import database, older_store, public_uri, store_uri

__all__ = ["Address", "ui", "ui_line"]

_PORT = 5000


@dataclass(frozen=True)
class Address:
    """Where MLflow's pages are.

    Attributes:
        url: the page to open.
        store: the store behind it.
        command: what serves it; None if a server runs elsewhere.
        older_store: what to say about an older store in this folder, if there is one.
    """

    url: str
    store: str
    command: tuple[str, ...] | None = None
    older_store: str | None = None

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    def _repr_html_(self) -> str:
        return f'<a href="{self.url}">{self.url}</a>'


def ui_line(run: Run | None = None) -> str:
    """The exact line to type, or the page to open where a server is running anyway; printed after each run."""
    uri = store_uri()
    page = _page(run)
    if uri.startswith(("http://", "https://")):
        return f"{public_uri(uri).rstrip('/')}{page}"
    given = os.environ.get("MLFLOW_TRACKING_URI")
    order = f"MLFLOW_TRACKING_URI={shlex.quote(public_uri(given))} dlx ui" if given else "dlx ui"
    return f"{order}   then open http://127.0.0.1:{_PORT}{page}"


def ui(port: int = _PORT, *, serve: bool = True, run: Run | None = None, announce: Any = None) -> Address:
    """Serve MLflow's pages on this machine until Ctrl-C; a server named by ``MLFLOW_TRACKING_URI`` is only named.

    Args:
        port: where to serve; if it is taken, the next free one.
        serve: False to say what would be done.
        run: open at this run's page.
        announce: called with the address before serving.

    Raises:
        UserError: there is no store here yet.
        DlxError: the server ended with an error.
    """
    uri = store_uri()
    if uri.startswith(("http://", "https://")):
        address = Address(f"{public_uri(uri).rstrip('/')}{_page(run)}", public_uri(uri))
        if announce:
            announce(address)
        return address
    file = database(uri)
    if file is not None and not file.exists():
        raise UserError("there is no MLflow store here yet", where=str(file), hint="`dlx train digits` makes one.")
    free = _free(port)
    order = (sys.executable, "-m", "mlflow", "ui", "--backend-store-uri", uri, "--host", "127.0.0.1")
    order += ("--port", str(free), "--workers", "1")
    address = Address(f"http://127.0.0.1:{free}{_page(run)}", public_uri(uri), order, older_store())
    if announce:
        announce(address)
    if serve:
        _serve(order)
    return address


def _serve(order: tuple[str, ...]) -> None:
    # without jobs and with one worker: 3 processes and 0.5 GB in place of 10 and 1.5 GB
    quiet = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_DISABLE_TELEMETRY": "true"}
    process = subprocess.Popen(order, stdout=sys.stderr.fileno(), env=quiet | os.environ)
    try:
        code = process.wait()
    except KeyboardInterrupt:
        process.wait()  # it got the same Ctrl-C
        return
    finally:
        if process.poll() is None:
            process.terminate()
    if code:
        raise DlxError("MLflow's server ended with an error", value=code, hint="Its own messages stand above.")


def _free(port: int) -> int:
    for candidate in range(port, port + 50):
        with socket.socket() as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                trial.bind(("127.0.0.1", candidate))
            except OSError:
                continue
            return candidate
    raise UserError("no free port", value=f"{port} to {port + 49}", hint="Name another: dlx ui --port 8080.")


def _page(run: Run | None) -> str:
    """The run's page, else the list that the latest run is in; without ``view`` MLflow opens on chat traces."""
    view = "?workflowType=machine_learning"
    for candidate in [run] if run else reversed(all_runs()):
        record = candidate.read_json("mlflow.json", default={})
        if record.get("run_id") and record.get("store") == public_uri(store_uri()):
            end = f"runs/{record['run_id']}" if run else "runs"
            return f"/#/experiments/{record['experiment_id']}/{end}{view}"
    return f"/#/experiments{view}"
