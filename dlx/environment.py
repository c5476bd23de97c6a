"""What a run was made with: versions, commit, machine. Reads metadata only, imports nothing heavy."""

from __future__ import annotations

import getpass
import os
import platform
import subprocess
import sys
from importlib import metadata
from typing import Any

__all__ = ["describe"]

_PACKAGES = ("tensorflow", "keras", "numpy", "pandas", "scipy", "scikit-learn", "mlflow-skinny", "pillow")


def describe() -> dict[str, Any]:
    """Versions of dlx, Python and the libraries, the git commit of the working directory, the platform."""
    return {
        "dlx_version": _version("dlx"),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "cpus": os.cpu_count(),
        "user": _user(),
        "git_commit": git_commit(),
        "versions": {name: _version(name) for name in _PACKAGES},
        "argv": sys.argv[1:],
    }


def git_commit() -> str | None:
    """The commit of the working directory, ``-dirty`` if tracked files differ from it; None outside a repository."""
    order = ["git", "describe", "--always", "--abbrev=40", "--dirty", "--match", "-"]  # no tag is called "-"
    try:
        answer = subprocess.run(order, capture_output=True, text=True, timeout=5, check=False)
    except (OSError, subprocess.TimeoutExpired):  # no git here, or a slow network disk
        return None
    return answer.stdout.strip() or None if answer.returncode == 0 else None


def _user() -> str | None:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container whose user has no name
        return None


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None
