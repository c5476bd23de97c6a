"""Measures the workbook of 200 errors with a thumbnail in each row: ``dlx analyze-errors … --export e.xlsx``.

Run it with ``python tests/benchmarks/sheet.py``. The whole command runs in a process of its own, in turn with a bare
script that opens the same pictures, makes them small and puts them into a workbook; medians of three stand beside the
budget of three seconds.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

ROWS, BUDGET = 200, 3.0
BARE = """
import io, sys
from pathlib import Path
import pandas
from openpyxl import Workbook
from openpyxl.drawing.image import Image
from PIL import Image as Pictures
book = Workbook()
for number, file in enumerate(sorted(Path(sys.argv[1]).glob("*.[pj]*g")), start=2):
    picture = Pictures.open(file)
    picture.draft("RGB", (128, 128))
    picture.thumbnail((64, 64))
    out = io.BytesIO()
    picture.save(out, "PNG")
    out.seek(0)
    book.active.add_image(Image(out), f"A{number}")
book.save(sys.argv[2])
"""


def pictures(folder: Path, side: int, suffix: str) -> Path:
    """A folder of pictures, each a blurred noise with a form in it, and a table of predictions that are all wrong."""
    folder.mkdir()
    rng = np.random.default_rng(0)
    for i in range(ROWS):
        rough = Image.fromarray(rng.integers(0, 255, (24, 32, 3), dtype=np.uint8))
        rough.resize((side, side * 3 // 4), Image.Resampling.BICUBIC).save(folder / f"{i:03d}.{suffix}")
    names = [f"{i:03d}.{suffix}" for i in range(ROWS)]
    table = pd.DataFrame({"id": names, "split": "dev", "y_true": "cat", "y_pred": "dog"})
    table.to_csv(folder / "predictions.csv", index=False)
    return folder


def seconds(folder: Path) -> tuple[float, float]:
    """Median wall time of the command, and of the bare script."""
    out = folder / "e.xlsx"
    orders = (
        [sys.executable, "-m", "dlx", "analyze-errors", "predictions.csv", "--n", str(ROWS), "--images", ".",
         "--export", out.name],
        [sys.executable, "-c", BARE, ".", "bare.xlsx"],
    )  # fmt: skip
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(3):
        for order, took in zip(orders, times, strict=True):
            began = time.perf_counter()
            subprocess.run(order, check=True, capture_output=True, cwd=folder, env=os.environ)
            took.append(time.perf_counter() - began)
    return statistics.median(times[0]), statistics.median(times[1])


def main() -> None:
    """Print the figures beside the budget."""
    print(f"{'':32}{'dlx':>8}{'bare':>8}{'budget':>9}{'dlx/budget':>12}{'dlx/bare':>10}")
    with tempfile.TemporaryDirectory() as folder:
        for name, side, suffix in (
            ("200 photos of 1,600 × 1,200", 1600, "jpg"),
            ("200 pictures of 28 × 21", 28, "png"),
        ):
            took, bare = seconds(pictures(Path(folder) / str(side), side, suffix))
            print(f"{name:<32}{took:6.2f} s{bare:6.2f} s{BUDGET:7.1f} s{took / BUDGET:12.2f}{took / bare:10.2f}")


if __name__ == "__main__":
    main()
