"""``dlx doctor``: whether this machine and its set-up can do what dlx needs, and the remedy where not."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit
from urllib.request import getproxies

from dlx import places
from dlx.memory import available_memory

__all__ = ["Condition", "doctor"]

Status = Literal["ok", "warn", "fail"]
_WATCHED = ("tensorflow", "keras", "keras-tuner", "tensorboard", "mlflow", "numpy", "pandas", "pyarrow", "scipy")
_WATCHED += ("scikit-learn", "pydantic", "typer", "ruamel.yaml", "pillow")
_GIB = 1024**3
_DEVICES = """
import json, tensorflow as tf
found = [(d.device_type, tf.config.experimental.get_device_details(d).get("device_name", d.name))
         for d in tf.config.list_physical_devices()]
print("\\n" + json.dumps(found))
"""


@dataclass(frozen=True)
class Condition:
    """One thing looked at.

    Attributes:
        name: what was looked at.
        status: ``ok``, ``warn`` (works, with a drawback) or ``fail`` (dlx cannot work so).
        value: what was found.
        remedy: what to do; empty when all is well.
    """

    name: str
    status: Status
    value: str
    remedy: str = ""

    def to_dict(self) -> dict[str, str]:
        return asdict(self)


def doctor(*, devices: bool = True) -> tuple[Condition, ...]:
    """Look at Python, versions against the tested ones, devices, memory, disk, runs, MLflow and data folders.

    Args:
        devices: start TensorFlow, in a process of its own, and ask which devices it sees (about 5 s).
    """
    looked = [_python(), *_versions()]
    if devices:
        looked.append(_devices())
    return (*looked, _memory(), _disk(), _runs(), _store(), _telemetry(), _data())


def _python() -> Condition:
    version = ".".join(map(str, sys.version_info[:3]))
    if (3, 11) <= sys.version_info < (3, 14):
        return Condition("Python", "ok", version)
    return Condition("Python", "fail", version, "Install dlx with Python 3.11, 3.12 or 3.13.")


def tested_versions() -> dict[str, str]:
    """Package → version with which dlx was tested, from ``constraints.txt``."""
    package = Path(__file__).parent
    files = (package / "_shipped" / "constraints.txt", package.parent / "constraints.txt")
    text = next((file.read_text(encoding="utf-8") for file in files if file.is_file()), "")
    return {name.lower(): version for name, version in re.findall(r"^([\w.-]+)==([^\s;]+)", text, flags=re.MULTILINE)}


def _versions() -> list[Condition]:
    tested, looked = tested_versions(), []
    for package in _WATCHED:
        wanted = tested.get(package)
        try:
            version = metadata.version(package)
        except metadata.PackageNotFoundError:
            pinned = f"'{package}=={wanted}'" if wanted else package
            looked.append(Condition(package, "fail", "not installed", f"{sys.executable} -m pip install {pinned}"))
            continue
        if wanted in (None, version):
            looked.append(Condition(package, "ok", version))
        else:
            remedy = f"Tested with {wanted}. If something fails: {sys.executable} -m pip install '{package}=={wanted}'"
            looked.append(Condition(package, "warn", version, remedy))
    return looked


def _devices() -> Condition:
    quiet = {"TF_CPP_MIN_LOG_LEVEL": "3"} | dict(os.environ)
    try:
        order = [sys.executable, "-c", _DEVICES]
        done = subprocess.run(order, capture_output=True, text=True, timeout=120, check=False, env=quiet)
    except subprocess.TimeoutExpired:
        return Condition("devices", "fail", "TensorFlow did not start within two minutes", "Is the machine very busy?")
    if done.returncode:
        why = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        remedy = f"{sys.executable} -m pip install --force-reinstall tensorflow"
        return Condition("devices", "fail", f"TensorFlow does not start: {why}", remedy)
    found = json.loads(done.stdout.strip().splitlines()[-1])
    accelerators = [name for kind, name in found if kind != "CPU"]
    if accelerators:
        return Condition("devices", "ok", ", ".join(accelerators))
    value = f"CPU, {os.cpu_count()} cores"
    if shutil.which("nvidia-smi"):
        remedy = f"An NVIDIA GPU may be here that TensorFlow does not see: {sys.executable} -m pip install "
        return Condition("devices", "warn", value, remedy + "'tensorflow[and-cuda]'")
    return Condition("devices", "ok", value)


def _memory() -> Condition:
    free = available_memory()
    value = f"{free / _GIB:.1f} GiB available"
    if free < 2 * _GIB:
        return Condition("memory", "warn", value, "TensorFlow and MLflow need about 2 GiB: close other programs.")
    return Condition("memory", "ok", value)


def _disk() -> Condition:
    free = shutil.disk_usage(Path.cwd()).free
    value = f"{free / _GIB:.1f} GiB free in {Path.cwd()}"
    if free < 0.2 * _GIB:
        return Condition("disk", "fail", value, "Make room; `dlx runs --prune` removes old runs.")
    if free < 2 * _GIB:
        return Condition("disk", "warn", value, "Make room soon; `dlx runs --prune` removes old runs.")
    return Condition("disk", "ok", value)


def _runs() -> Condition:
    folder = Path(os.environ.get("DLX_RUNS") or "runs").absolute()
    beginning = next(path for path in (folder, *folder.parents) if path.exists())
    if not beginning.is_dir() or not os.access(beginning, os.W_OK):
        return Condition("runs", "fail", f"{folder} cannot be written", "Set DLX_RUNS to a folder of your own.")
    count = sum(1 for path in folder.glob("*/run.json")) if folder.exists() else 0
    return Condition("runs", "ok", f"{count} in {folder}")


def _store() -> Condition:
    from dlx.tracking import store

    uri = store.store_uri()
    shown = store.public_uri(uri)
    if older := store.older_store():
        return Condition("MLflow", "warn", shown, older)
    if not _answers(uri):
        remedy = "Runs are kept all the same; `dlx sync` sends them later."
        return Condition("MLflow", "warn", f"{shown} does not answer", remedy)
    file = store.database(uri)
    return Condition("MLflow", "ok", shown + (" (made by the first run)" if file and not file.exists() else ""))


def _answers(uri: str) -> bool:
    """Whether something listens at a server's address; a file always answers, and a proxy answers for others."""
    parts = urlsplit(uri)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.scheme in getproxies():
        return True
    try:
        socket.create_connection((parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)), 3).close()
    except OSError:
        return False
    return True


def _telemetry() -> Condition:
    value = os.environ.get("MLFLOW_DISABLE_TELEMETRY", "true").lower()
    if value in ("true", "1"):
        return Condition("telemetry", "ok", "MLflow's usage telemetry is off in dlx; dlx itself sends none")
    remedy = "unset MLFLOW_DISABLE_TELEMETRY, or set it to true"
    return Condition("telemetry", "warn", "MLflow's usage telemetry is on, by MLFLOW_DISABLE_TELEMETRY", remedy)


def _data() -> Condition:
    folder, named = places.data_folder(), "DLX_DATA" in os.environ
    if folder.is_dir():
        return Condition("DLX_DATA", "ok", str(folder) + ("" if named else " (not set; the folder data is taken)"))
    if named:
        return Condition("DLX_DATA", "warn", f"{folder} does not exist", "Set DLX_DATA to the folder of fetched data.")
    return Condition("DLX_DATA", "ok", "not set; only cards with files to fetch need it")
