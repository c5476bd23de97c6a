"""Start-up of the light commands, side by side with a bare Typer program and with Python itself.

    python tests/benchmarks/startup.py

Prints the least wall time of 15 runs (noise of a machine only ever adds), and the ratio to a bare Typer program's.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

RUNS, BUDGET = 15, 0.25
BARE = """
import typer
app = typer.Typer()
@app.command()
def one(x: int = 1): "One."
@app.command()
def two(x: int = 1): "Two."
app()
"""


def seconds(*arguments: str, cwd: str) -> float:
    """Least wall time of the command, in seconds."""
    times = []
    for _ in range(RUNS):
        began = time.perf_counter()
        subprocess.run([sys.executable, *arguments], stdout=subprocess.DEVNULL, cwd=cwd, check=True)
        times.append(time.perf_counter() - began)
    return min(times)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        bare = Path(folder) / "bare.py"
        bare.write_text(BARE, encoding="utf-8")
        base = seconds(str(bare), "--help", cwd=folder)
        rows = [
            ("python -c pass", ["-c", "pass"]),
            ("bare Typer --help", [str(bare), "--help"]),
            ("dlx --version", ["-m", "dlx", "--version"]),
            ("dlx --help", ["-m", "dlx", "--help"]),
            ("dlx list", ["-m", "dlx", "list"]),
            ("dlx check digits", ["-m", "dlx", "check", "digits"]),
            ("dlx check digits-shift", ["-m", "dlx", "check", "digits-shift"]),
            ("dlx train --help", ["-m", "dlx", "train", "--help"]),
        ]
        print(f"{'command':26}{'seconds':>9}{'× bare Typer':>14}   budget {BUDGET} s")
        for name, arguments in rows:
            took = seconds(*arguments, cwd=folder)
            print(f"{name:26}{took:9.3f}{took / base:14.2f}   {'within' if took <= BUDGET else 'ABOVE'}")


if __name__ == "__main__":
    main()
