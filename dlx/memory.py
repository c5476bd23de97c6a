"""How much memory is free, so that what does not fit is left on disk."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

__all__ = ["available_memory", "fits_in_memory"]

#: (limit, used, reclaimable line of memory.stat) by version of control groups
_FILES = {
    1: ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
    2: ("memory.max", "memory.current", "inactive_file"),
}


def available_memory(root: Path = Path("/")) -> int:
    """Bytes that can be used now without swapping: what the machine has free, or what a container's limit leaves.

    Args:
        root: where ``proc`` and ``sys`` are.
    """
    return min([_machine(root), *_groups(root)])


def fits_in_memory(nbytes: int) -> bool:
    """Whether raw inputs of that size are held in memory: they may take a quarter of what is free."""
    return nbytes <= available_memory() // 4


def _machine(root: Path) -> int:
    for line in _text(root / "proc/meminfo").splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    try:  # macOS tells only how much there is
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
    except (AttributeError, OSError, ValueError):  # Windows
        return 4 * 2**30


def _groups(root: Path) -> Iterator[int]:
    """What each control group of this process leaves: its own, and all those above it, for the lowest limit holds."""
    for line in _text(root / "proc/self/cgroup").splitlines():
        _, controllers, path = line.split(":", 2)
        if "memory" in controllers.split(","):
            version, top = 1, root / "sys/fs/cgroup/memory"
        elif not controllers:
            version, top = 2, root / "sys/fs/cgroup"
        else:
            continue
        # inside a container the path may be the host's, and only the top of the tree is there
        names = [part for part in path.split("/") if part not in ("", "..")]
        for depth in range(len(names) + 1):
            left = _left(top.joinpath(*names[:depth]), version)
            if left is not None:
                yield left


def _left(group: Path, version: int) -> int | None:
    """Limit − used, where the cache of files that can be dropped at once does not count as used (Linux counts it)."""
    limit, used, reclaimable = _FILES[version]
    limit, used = _text(group / limit).strip(), _text(group / used).strip()
    if not (limit.isdigit() and used.isdigit()):  # no such group, or "max": no limit
        return None
    stat = dict(line.split(maxsplit=1) for line in _text(group / "memory.stat").splitlines())
    return max(int(limit) - max(int(used) - int(stat.get(reclaimable, 0)), 0), 0)


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="ascii")
    except (OSError, ValueError):
        return ""
