"""Measures the table of ``dlx analyze-errors --report`` for 1,000,000 predictions and 10,000 tags.

Run it with ``python tests/benchmarks/analyze.py``. The whole command runs in a process of its own, in turn with a bare
script that loads pandas and SciPy, reads the same predictions and the same log line by line, and counts; medians of
five stand beside the budget of two seconds.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from diagnose import made

from dlx.analysis import analyze_errors
from dlx.tagging.log import TagLog

TAGS, EXAMPLES, BUDGET = 10_000, 5_000, 2.0
BARE = """
import collections, json, sys
import pandas, scipy.stats
table = pandas.read_parquet(sys.argv[1])
wrong = (table["y_true"] != table["y_pred"]) & (table["split"] == "dev")
print(wrong.sum(), collections.Counter(json.loads(line)["tag"] for line in open(sys.argv[2])))
"""


def tagged(folder: Path) -> Path:
    """A million predictions, a sample of their errors, and a log of 10,000 tags of twelve kinds; the log's file."""
    made(1_000_000).to_parquet(folder / "p.parquet", index=False)
    found = analyze_errors(folder / "p.parquet", n=EXAMPLES, root=folder / "annotations")
    rng = np.random.default_rng(1)
    ids = found.sample.table["id"].tolist()
    kinds = [f"tag {i}" for i in range(12)]
    values = [
        (example, kinds[i], True) for example in ids for i in rng.choice(12, TAGS // EXAMPLES, replace=False).tolist()
    ]
    TagLog(found.log_path).write(values, reviewer="ann", source="page")
    return found.log_path


def main() -> None:
    """Print the figures beside the budget."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        log = tagged(folder)
        orders = (
            [sys.executable, "-m", "dlx", "analyze-errors", "p.parquet", "--report", "--json", "--reviewer", "ann"],
            [sys.executable, "-c", BARE, "p.parquet", str(log)],
        )
        times: tuple[list[float], list[float]] = ([], [])
        for _ in range(5):
            for order, took in zip(orders, times, strict=True):
                began = time.perf_counter()
                done = subprocess.run(order, check=True, capture_output=True, text=True, cwd=folder, env=os.environ)
                took.append(time.perf_counter() - began)
                if order is orders[0]:
                    assert sum(tag["count"] for tag in json.loads(done.stdout)["tags"]) == TAGS
        took, bare = statistics.median(times[0]), statistics.median(times[1])
        print(f"{'':44}{'dlx':>8}{'bare':>8}{'budget':>9}{'dlx/budget':>12}{'dlx/bare':>10}")
        print(f"{'1,000,000 predictions, 10,000 tags':<44}{took:6.2f} s{bare:6.2f} s{BUDGET:7.1f} s", end="")
        print(f"{took / BUDGET:12.2f}{took / bare:10.2f}")


if __name__ == "__main__":
    main()
