"""Run folders made by hand, as a training would leave them: a run is just files."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import Any

from dlx import runs

RECIPE = """\
name: digits
task: {name: classification, threshold: null}
data: {dataset: digits, sources: {web: {reader: sklearn, name: digits}}, split: auto}
model: {builder: mlp, units: [16, 32], dropout: 0.2}
train: {epochs: 3, learning_rate: 1e-3, optimizer: adam}
human: {}
"""
DIAGNOSIS = {
    "metric": "error",
    "unit": "",
    "bounded": True,
    "rungs": [
        {"name": "human", "error": 0.01, "low": None, "high": None, "n": None},
        {"name": "train", "error": 0.02, "low": 0.01, "high": 0.03, "n": 400},
        {"name": "dev", "error": 0.1, "low": 0.05, "high": 0.2, "n": 200},
    ],
    "gaps": [
        {"name": "avoidable_bias", "value": 0.01, "low": 0.0, "high": 0.02, "p_largest": 0.03, "flagged": False},
        {"name": "variance", "value": 0.08, "low": 0.03, "high": 0.15, "p_largest": 0.97, "flagged": True},
    ],
    "verdict": {"status": "decided", "focus": ["variance"], "reason": "Variance is the largest gap.", "n_needed": None},
    "actions": [
        {"knob": "model.dropout", "reason": "Drop more.", "command": "dlx train digits -s model.dropout=0.5"},
    ],
}
TARGETS = {
    "task": {"name": "classification"},
    "kind": "image",
    "inputs": [{"name": "image", "shape": [8, 8, 1], "dtype": "float32", "names": []}],
    "targets": {"classes": ["cat", "dog"]},
    "classes": ["cat", "dog"],
}


def begin(root: Path | None = None, recipe: str = "digits", **fields: Any) -> runs.Run:
    """A run that has just started."""
    known = {"recipe_hash": "abc", "data_digest": "d" * 32, "split_digest": "e" * 32, "command": f"dlx train {recipe}"}
    run = runs.create(recipe, root=root, **known | fields)
    run.write_text("recipe.yaml", RECIPE)
    return run


def train(run: runs.Run, epochs: int = 3) -> None:
    """Its epochs; the loss of epoch 2 is not a number, and that of epoch 3 is infinite."""
    for epoch in range(1, epochs + 1):
        value = {2: float("nan"), 3: float("inf")}.get(epoch, 1 / epoch)
        run.append("history.jsonl", {"epoch": epoch, "time": time.time(), "loss": 1 / epoch, "val_loss": value})


def judge(run: runs.Run) -> None:
    """What stands in the folder when the training is over."""
    import pandas as pd

    ids = pd.DataFrame({"id": list("abcdef"), "split": ["train"] * 4 + ["dev"] * 2})
    ids.to_parquet(run.file("split.parquet"), index=False)
    columns = ["predictor", "metric", "split", "slice", "value", "low", "high", "n"]
    scores = [
        ["model", "error", "train", "all", 0.02, 0.01, 0.03, 400.0],
        ["model", "error", "dev", "all", 0.1, 0.05, 0.2, 200.0],
        ["model", "error", "dev", "class=a@b", 0.2, 0.1, 0.3, 50.0],
        ["model", "auc", "dev", "all", float("nan"), None, None, 200.0],
        ["baseline", "error", "dev", "all", 0.5, 0.4, 0.6, 200.0],
    ]
    pd.DataFrame(scores, columns=columns).to_parquet(run.file("scores.parquet"), index=False)
    run.write_json("diagnosis.json", DIAGNOSIS)
    run.write_json("targets.json", TARGETS)
    run.write_text("report.html", "<!doctype html><title>report</title>")
    run.write_bytes("model.keras", b"not a real model")
    run.write_bytes("checkpoint.npz", b"stays here")
    run.write_bytes("predictions.parquet", b"not a real table")


def complete(root: Path | None = None, recipe: str = "digits", **fields: Any) -> runs.Run:
    """A finished run."""
    run = begin(root, recipe, **fields)
    train(run)
    judge(run)
    run.finish()
    return run


def killed(root: Path, body: str = "") -> runs.Run:
    """A run whose process was ended by ``kill -9``."""
    process = elsewhere(root, body + "\nprint(run.path, flush=True); time.sleep(60)")
    assert process.stdout is not None
    path = Path(process.stdout.readline().strip())
    process.kill()
    process.communicate()
    return runs.Run(path)


def elsewhere(root: Path, body: str) -> subprocess.Popen:
    """A process that begins a run in ``root`` and goes on with ``body``."""
    code = f"import sys, time\nsys.path.insert(0, {str(Path(__file__).parent)!r})\nfrom pathlib import Path\n"
    code += f"import fake_runs\nrun = fake_runs.begin(Path({str(root)!r}))\n{textwrap.dedent(body)}"
    return subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
