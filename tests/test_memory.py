"""Free memory: the machine's, or what the limits of control groups leave."""

from __future__ import annotations

from pathlib import Path

import pytest

from dlx import memory

GIB = 2**30


def machine(root: Path, files: dict[str, object]) -> Path:
    for name, text in {"proc/meminfo": "MemTotal: 9 kB\nMemAvailable:    8388608 kB\n", **files}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(f"{text}\n")
    return root


def group(folder: str, limit: object, used: int, inactive: int = 0) -> dict[str, object]:
    """The files of a group of version 2."""
    stat = f"anon 5\ninactive_file {inactive}"
    return {f"{folder}/memory.max": limit, f"{folder}/memory.current": used, f"{folder}/memory.stat": stat}


def test_without_a_limit_it_is_the_machines(tmp_path):
    assert memory.available_memory(machine(tmp_path, {})) == 8 * GIB
    unlimited = {"proc/self/cgroup": "0::/", **group("sys/fs/cgroup", "max", GIB)}
    assert memory.available_memory(machine(tmp_path, unlimited)) == 8 * GIB


def test_a_containers_limit_holds_and_file_cache_counts_as_free(tmp_path):
    files = {"proc/self/cgroup": "0::/", **group("sys/fs/cgroup", 4 * GIB, 3 * GIB, inactive=2 * GIB)}
    assert memory.available_memory(machine(tmp_path, files)) == 3 * GIB


def test_the_lowest_limit_on_the_way_up_holds(tmp_path):
    files = {"proc/self/cgroup": "0::/a/b"}
    files |= group("sys/fs/cgroup/a", 2 * GIB, GIB) | group("sys/fs/cgroup/a/b", "max", GIB)
    assert memory.available_memory(machine(tmp_path, files)) == GIB


@pytest.mark.parametrize("seen_from_inside", [True, False])
def test_version_1(tmp_path, seen_from_inside):
    folder = "sys/fs/cgroup/memory" + ("" if seen_from_inside else "/docker/abc")
    files = {
        "proc/self/cgroup": "5:cpu,cpuacct:/x\n4:memory:/docker/abc\n0::/",
        f"{folder}/memory.limit_in_bytes": 3 * GIB,
        f"{folder}/memory.usage_in_bytes": 2 * GIB,
        f"{folder}/memory.stat": f"cache 7\ntotal_inactive_file {GIB}",
    }
    assert memory.available_memory(machine(tmp_path, files)) == 2 * GIB


def test_a_full_container_has_nothing(tmp_path):
    files = {"proc/self/cgroup": "0::/", **group("sys/fs/cgroup", GIB, 2 * GIB)}
    assert memory.available_memory(machine(tmp_path, files)) == 0


def test_where_linux_tells_nothing_it_is_a_guess(tmp_path):
    assert memory.available_memory(tmp_path) > 0


def test_a_quarter_may_be_used(monkeypatch):
    monkeypatch.setattr(memory, "available_memory", lambda: 1003)
    assert memory.fits_in_memory(250)
    assert not memory.fits_in_memory(251)
