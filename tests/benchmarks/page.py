"""The tagging page in a real browser: from the command to the first error that can be seen, and from key to next error.

    python tests/benchmarks/page.py [ERRORS]

Targets: 1.5 s for 10,000 errors on the desk, 50 ms from one example to the next. The browser is open beforehand. As the
machine's speed shows in everything, the time of `python -c "import pandas"` stands beside.
"""

from __future__ import annotations

import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import chromium
import numpy as np
import pandas as pd
from chromium import press, screen, until
from PIL import Image

KINDS = 200
NEXT = """
const done = arguments[arguments.length - 1];
const before = document.querySelector('#stage').dataset.example;
const start = performance.now();
dispatchEvent(new KeyboardEvent('keydown', {key: 'j'}));
const look = () => {
  const stage = document.querySelector('#stage');
  if (stage.dataset.example !== before && stage.querySelector('img')?.complete) {
    requestAnimationFrame(() => done(performance.now() - start));
  } else requestAnimationFrame(look);
};
look();
"""


def predictions(folder: Path, n: int) -> None:
    """Wrong answers only beside as many right ones, with probabilities, a text and a picture each."""
    (folder / "photos").mkdir()
    generator = np.random.default_rng(0)
    for i in range(KINDS):
        noise = generator.integers(0, 255, (240, 320, 3), dtype="uint8")
        Image.fromarray(noise).save(folder / "photos" / f"{i}.jpg")
    true = generator.choice(["cat", "dog", "fox"], 2 * n)
    said = np.where(
        np.arange(2 * n) < n, np.roll(["cat", "dog", "fox"], 1)[np.searchsorted(["cat", "dog", "fox"], true)], true
    )
    table = pd.DataFrame({"id": [f"e{i}" for i in range(2 * n)], "split": "dev", "y_true": true, "y_pred": said})
    for name in ("cat", "dog", "fox"):
        table[f"proba_{name}"] = np.where(table["y_pred"] == name, 0.8, 0.1)
    table["meta_path"] = [f"{i % KINDS}.jpg" for i in range(2 * n)]
    table.to_parquet(folder / "preds.parquet")


def serve(folder: Path, n: int) -> tuple[subprocess.Popen, str]:
    words = [sys.executable, "-m", "dlx", "analyze-errors", "preds.parquet", "--images", "photos", "--n", str(n)]
    process = subprocess.Popen(
        [*words, "--no-browser"],
        cwd=folder,
        env=os.environ | {"DLX_CACHE": str(folder / "cache")},
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    for line in process.stderr:
        if found := re.search(r"http://\S+", line):
            return process, found[0]
    raise SystemExit("the command ended without an address")


def opened(browser, folder: Path, n: int) -> tuple[float, float]:
    """Seconds from the command to its address, and to the first picture on the screen."""
    start = time.perf_counter()
    process, url = serve(folder, n)
    address = time.perf_counter() - start
    browser.get(url)
    until(browser, "document.querySelector('#stage img')?.complete")
    shown = time.perf_counter() - start
    steps(browser)
    press(browser, "q")
    browser.get("about:blank")
    process.send_signal(signal.SIGINT)
    process.wait(30)
    process.stderr.close()
    return address, shown


TIMES: list[float] = []


def steps(browser, times: int = 40) -> None:
    browser.set_script_timeout(20)
    for _ in range(times):
        TIMES.append(browser.execute_async_script(NEXT))
        time.sleep(0.25)  # nobody looks for less


def importing() -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import pandas"], check=True)
    return time.perf_counter() - start


def main(n: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        predictions(folder, n)
        browser = chromium.start(folder / "chromium")
        try:
            screen(browser, 1280)
            first = opened(browser, folder, n)
            TIMES.clear()
            later = [opened(browser, folder, n) for _ in range(3)]
        finally:
            browser.quit()
    pandas = min(importing() for _ in range(3))
    address, shown = (statistics.median(values) for values in zip(*later, strict=True))
    print(f"{n:,} errors on the desk; import pandas alone: {pandas:.2f} s")
    print(f"first time (the sample is drawn): address {first[0]:.2f} s, first error seen {first[1]:.2f} s")
    print(f"later:                            address {address:.2f} s, first error seen {shown:.2f} s   (target 1.5 s)")
    median, most = np.percentile(TIMES, [50, 95])
    print(f"next error: median {median:.0f} ms, 95 % {most:.0f} ms   (target 50 ms)")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
