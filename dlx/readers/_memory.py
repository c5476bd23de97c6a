"""How much memory is free, so that a reader knows whether its data fit."""

from __future__ import annotations

from pathlib import Path

__all__ = ["available"]


def available() -> int:
    """Bytes that can be used now: what the machine has free, or what its container's limit leaves."""
    free = [_machine()]
    cgroup = Path("/sys/fs/cgroup")
    try:
        limit = (cgroup / "memory.max").read_text().strip()
        used = int((cgroup / "memory.current").read_text())
    except (OSError, ValueError):
        limit, used = "max", 0
    if limit.isdigit():
        free.append(max(int(limit) - used, 0))
    return min(free)


def _machine() -> int:
    table = Path("/proc/meminfo")
    for line in table.read_text().splitlines() if table.exists() else []:
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return 8 * 2**30  # not Linux: a usual machine
