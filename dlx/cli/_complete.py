"""Tab completion: names from folders, nothing imported or opened."""

from __future__ import annotations

import os

from dlx import places
from dlx.parts import FAMILIES
from dlx.parts import names as part_names

__all__ = ["families", "named", "recipes", "runs"]


def _starting(names, incomplete: str) -> list[str]:
    return [name for name in names if name.startswith(incomplete)]


def recipes(incomplete: str) -> list[str]:
    """Recipes by name, and YAML files and folders at the path begun."""
    folder, _, _begun = incomplete.rpartition("/")
    try:
        entries = sorted(os.scandir(folder or "."), key=lambda entry: entry.name)
    except OSError:
        entries = []
    files = [f"{folder}/{e.name}" if folder else e.name for e in entries if e.name.endswith((".yaml", ".yml"))]
    names = [] if folder else places.names("recipes")
    return _starting([*names, *files], incomplete)


def families(incomplete: str) -> list[str]:
    """What `dlx list` can list."""
    return _starting([*FAMILIES, "recipes", "cards"], incomplete)


def runs(incomplete: str) -> list[str]:
    """Names of run folders, newest first, and ``last``."""
    folder = os.environ.get("DLX_RUNS") or "runs"
    try:
        found = [entry for entry in os.scandir(folder) if entry.is_dir() and not entry.name.startswith(".")]
    except OSError:
        return _starting(["last"], incomplete)
    found.sort(key=lambda entry: entry.stat().st_mtime, reverse=True)
    return _starting(["last", *(entry.name for entry in found)], incomplete)


def named(incomplete: str) -> list[str]:
    """What `dlx show` can show: recipes, and cards and parts with their family."""
    begun = incomplete.partition("/")[0]
    if begun in ("cards", *FAMILIES) and "/" in incomplete:
        known = places.names("datasets") if begun == "cards" else part_names(begun)
        return _starting([f"{begun}/{name}" for name in known], incomplete)
    return recipes(incomplete) + _starting([f"{family}/" for family in ("cards", *FAMILIES)], incomplete)
