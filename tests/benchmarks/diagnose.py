"""Measures ``dlx diagnose`` on a table of 1,000,000 rows and one of 10,000: seconds, and memory against the table.

Run it with ``python tests/benchmarks/diagnose.py``. Each command runs in a process of its own, in turn with a bare
script that loads pandas and SciPy, reads the same file and averages one column; medians of five stand beside the
budget. The memory of the table is that of the plain DataFrame as pandas reads it; what the process takes is counted
from the point where its libraries are loaded.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

PROGRAM = """
import sys
import dlx.diagnosis, scipy.special, pyarrow.parquet
from dlx.reports import terminal

def peak():
    lines = open("/proc/self/status").read().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))

before = peak()
dlx.diagnosis.diagnose(sys.argv[1], human="0.79%")
print(before, peak())
"""
BARE = """
import sys
import pandas as pd, scipy.special
read = pd.read_csv if sys.argv[1].endswith("csv") else pd.read_parquet
table = read(sys.argv[1])
print((table["y_true"] != table["y_pred"]).mean())
"""


def made(n: int, seed: int = 0) -> pd.DataFrame:
    """Predictions of ten classes: ids, split, source and labels as text."""
    rng = np.random.default_rng(seed)
    classes = np.array([f"class_{i}" for i in range(10)])
    split = rng.choice(["train", "dev", "test"], n, p=[0.8, 0.1, 0.1])
    y = rng.integers(0, 10, n)
    wrong = rng.random(n) < np.where(split == "train", 0.03, 0.08)
    said = np.where(wrong, (y + rng.integers(1, 10, n)) % 10, y)
    ids = [f"image_{i:09d}.jpg" for i in rng.permutation(n)]
    source = rng.choice(["web", "phone"], n)
    return pd.DataFrame({"id": ids, "split": split, "source": source, "y_true": classes[y], "y_pred": classes[said]})


def seconds(file: Path) -> tuple[float, float]:
    """Median wall time of the whole command, and of the bare script."""
    orders = (
        [sys.executable, "-m", "dlx", "diagnose", str(file), "--human", "0.79%", "--json"],
        [sys.executable, "-c", BARE, str(file)],
    )
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(5):
        for order, took in zip(orders, times, strict=True):
            began = time.perf_counter()
            done = subprocess.run(order, check=True, capture_output=True, text=True)
            took.append(time.perf_counter() - began)
            if order is orders[0]:
                assert json.loads(done.stdout)["verdict"]["focus"] == ["variance"]
    return statistics.median(times[0]), statistics.median(times[1])


def memory(file: Path) -> tuple[float, float]:
    """Peak resident MiB with the libraries loaded, and at the end of the diagnosis (Linux)."""
    done = subprocess.run([sys.executable, "-c", PROGRAM, str(file)], check=True, capture_output=True, text=True)
    before, after = map(float, done.stdout.split())
    return before, after


def main() -> None:
    """Print the figures beside their budgets."""
    with tempfile.TemporaryDirectory() as folder:
        large, small, text = (Path(folder) / name for name in ("large.parquet", "small.parquet", "small.csv"))
        table = made(1_000_000)
        size = table.memory_usage(deep=True).sum() / 2**20
        table.to_parquet(large, index=False)
        made(10_000).to_parquet(small, index=False)
        made(10_000).to_csv(text, index=False)
        print(f"{'':24}{'dlx':>8}{'bare':>8}{'budget':>9}{'dlx/budget':>12}{'dlx/bare':>10}")
        for name, file, budget in (
            ("1,000,000 rows, Parquet", large, 3.0),
            ("10,000 rows, Parquet", small, 1.0),
            ("10,000 rows, CSV", text, 1.0),
        ):
            took, bare = seconds(file)
            print(
                f"{name:<24}{took:6.2f} s{bare:6.2f} s{budget:7.1f} s{took / budget:12.2f}{bare and took / bare:10.2f}"
            )
        before, after = memory(large)
        growth = (after - before) / size
        print(
            f"memory on 1,000,000 rows: table {size:.0f} MiB, libraries {before:.0f} MiB, peak {after:.0f} MiB: ",
            end="",
        )
        print(f"{growth:.2f} times the table (budget 3, ratio {growth / 3:.2f})")


if __name__ == "__main__":
    main()
