"""Evidence for each check: one that makes it speak, one that keeps it quiet, one that it cannot use."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from dlx.findings import Evidence
from dlx.predictions import read
from dlx.strategy.intervals import mean_rung, rate_rung
from dlx.strategy.ladder import HumanFigure, build

RECIPE: dict[str, Any] = {
    "name": "digits",
    "task": {"name": "classification"},
    "data": {"sources": {"digits": {"reader": "sklearn", "name": "digits"}}, "target": None, "split": "auto"},
    "model": {"builder": "mlp", "units": [64], "dropout": 0.0, "l2": 0.0, "batch_norm": False},
    "train": {"epochs": 30, "learning_rate": 0.001, "class_weight": None, "clip_norm": None},
    "human": {},
    "goal": {"optimize": "error", "target": None},
}
RUN = {"recipe": RECIPE, "command": "dlx train digits"}


def rungs(n: int | None = 10_000, human: Any = None, **errors: float) -> Evidence:
    """A ladder of plain rates."""
    different = errors.pop("different_sources", False)
    figures = () if human is None else human if isinstance(human, tuple) else (HumanFigure("human", human),)
    made = build([rate_rung(k, v, n) for k, v in errors.items()], human=figures, different_sources=different)
    return Evidence(ladder=made, verdict=made.verdict)


def labels(y_true: list, y_pred: list, **columns: Any) -> Evidence:
    """Dev rows of one model, with a ladder so that there is one."""
    frame = {"id": range(len(y_true)), "split": "dev", "y_true": y_true, "y_pred": y_pred, **columns}
    return replace(rungs(train=0.1, dev=0.2), predictions=read(pd.DataFrame(frame)))


def scores(*rows: tuple, **errors: float) -> Evidence:
    """Rows (predictor, metric, slice, value, low, high, n) of the scores on dev."""
    columns = ("predictor", "metric", "slice", "value", "low", "high", "n")
    table = pd.DataFrame(rows, columns=list(columns)).assign(split="dev")
    return replace(rungs(**(errors or {"train": 0.1, "dev": 0.2})), scores=table)


def history(**columns: Any) -> Evidence:
    n = max(len(values) for values in columns.values())
    return Evidence(history=pd.DataFrame({"epoch": range(1, n + 1), **columns}), **RUN)


def health(key: str, *layers: float | None, first: tuple | None = None) -> Evidence:
    """Health of one key by layer, last measured and first measured."""
    last = {"layers": [{"layer": f"dense_{i}", key: value} for i, value in enumerate(layers)]}
    early = {"layers": [{"layer": f"dense_{i}", key: value} for i, value in enumerate(first or layers)]}
    return Evidence(health=last | {"measured": [early, last]}, **RUN)


def grouped(groups: int) -> Evidence:
    rng = np.random.default_rng(0)
    dev = mean_rung("dev", (rng.random(300) < 0.2).astype(float), groups=np.arange(300) % groups)
    made = build([rate_rung("train", 0.1, 1000), dev])
    return Evidence(ladder=made, verdict=made.verdict)


def data(**report: Any) -> Evidence:
    return Evidence(data={"sizes": {"train": 800, "dev": 100, "test": 100}} | report, **RUN)


def _other_source(of: str | None, target: str | None = "phone") -> Evidence:
    figure = HumanFigure("panel", 0.01, of=of)
    return replace(rungs(train=0.05, dev=0.1, human=(figure,)), recipe={"data": {"target": target}})


NOTHING = Evidence()
FALLING = list(np.geomspace(1, 0.01, 20))
SETTLED = [*np.linspace(1, 0.1, 10), *[0.1] * 10]

#: code → (status when it speaks, evidence that makes it speak, that keeps it quiet, that it cannot use)
CASES: dict[str, tuple[str, Evidence, Evidence, Evidence]] = {
    "avoidable_bias": (
        "issue", rungs(human=0.01, train=0.08, dev=0.09), rungs(human=0.01, train=0.012, dev=0.09), rungs(dev=0.1),
    ),
    "variance": (
        "issue", rungs(human=0.01, train=0.02, dev=0.09), rungs(human=0.01, train=0.08, dev=0.081), rungs(dev=0.1),
    ),
    "data_mismatch": (
        "issue",
        rungs(human=0.01, train=0.02, train_dev=0.025, dev=0.1),
        rungs(human=0.01, train=0.08, train_dev=0.081, dev=0.082),
        rungs(human=0.01, train=0.02, dev=0.1),
    ),
    "overfit_to_dev": (
        "issue",
        rungs(human=0.001, train=0.02, dev=0.021, test=0.07),
        rungs(human=0.01, train=0.08, dev=0.081, test=0.082),
        rungs(human=0.01, train=0.02, dev=0.1),
    ),
    "worse_than_baseline": (
        "issue",
        scores(
            ("model", "error", "all", 0.5, 0.4, 0.6, 100),
            ("baseline", "error", "all", 0.45, 0.35, 0.55, 100),
            ("model", "error_minus_baseline", "all", 0.05, -0.02, 0.12, 100),
        ),
        scores(
            ("model", "error", "all", 0.1, 0.05, 0.2, 100),
            ("baseline", "error", "all", 0.45, 0.35, 0.55, 100),
            ("model", "error_minus_baseline", "all", -0.35, -0.45, -0.25, 100),
        ),
        scores(("model", "error", "all", 0.5, 0.4, 0.6, 100)),
    ),
    "human_level_missing": ("tip", rungs(train=0.1, dev=0.2), rungs(human=0.01, train=0.1, dev=0.2), NOTHING),
    "human_figure_for_other_source": ("tip", _other_source("web"), _other_source("phone"), _other_source(None)),
    "beyond_human_level": (
        "tip", rungs(human=0.05, train=0.02, dev=0.1), rungs(human=0.01, train=0.02, dev=0.1),
        rungs(train=0.02, dev=0.1),
    ),
    "need_train_dev": (
        "issue",
        rungs(human=0.0, train=0.01, dev=0.1, different_sources=True),
        rungs(human=0.0, train=0.01, train_dev=0.09, dev=0.1, different_sources=True),
        rungs(dev=0.1),
    ),
    "dev_set_too_small": (
        "issue", rungs(400, human=0.01, train=0.03, train_dev=0.06, dev=0.08),
        rungs(10_000, human=0.01, train=0.03, dev=0.15), rungs(None, train=0.03, dev=0.15),
    ),
    "few_groups": ("tip", grouped(6), grouped(60), rungs(train=0.1, dev=0.2)),
    "duplicates_across_splits": ("issue", data(duplicates_across_splits=3), data(duplicates_across_splits=0), data()),
    "contradictory_labels": ("issue", data(contradictory_labels=20), data(contradictory_labels=0), data()),
    "examples_set_aside": ("issue", data(set_aside=40), data(set_aside=0), data()),
    "missing_values": (
        "tip",
        data(missing_values=700, missing_by_column={"age": 680, "city": 20}),
        data(missing_values=20, missing_by_column={"city": 20}),
        data(),
    ),
    "no_test_set": (
        "tip", Evidence(data={"sizes": {"train": 90, "dev": 10, "test": 0}}, **RUN), data(), NOTHING,
    ),
    "test_looked_at_again": ("issue", Evidence(looks=2), Evidence(looks=1), Evidence(looks=None)),
    "test_differs_from_dev": (
        "issue",
        replace(rungs(train=0.05, dev=0.06, test=0.12), data={"dev_evaluations": 20}),
        replace(rungs(train=0.05, dev=0.06, test=0.062), data={"dev_evaluations": 20}),
        rungs(train=0.05, dev=0.06, test=0.12),
    ),
    "dev_easier_than_train": ("tip", rungs(train=0.2, dev=0.1), rungs(train=0.1, dev=0.2), rungs(dev=0.1)),
    "examples_moved": ("tip", data(moved=5), data(moved=0), data(moved=None)),
    "labels_do_not_match": (
        "issue", labels(["cat", "dog"], ["0", "1"]), labels(["cat", "dog"], ["dog", "dog"]),
        labels([1.5, 2.0], [1.0, 2.5]),
    ),
    "class_never_predicted": (
        "issue", labels(["cat"] * 30 + ["dog"] * 10, ["cat"] * 40), labels(["cat"] * 30 + ["dog"] * 3, ["cat"] * 33),
        labels(["cat"] * 9, ["cat"] * 9),
    ),
    "class_imbalance": (
        "tip", labels(["cat"] * 50 + ["dog"] * 5, ["cat"] * 55), labels(["cat"] * 50 + ["dog"] * 6, ["cat"] * 56),
        labels([1.5, 2.0], [1.0, 2.5]),
    ),
    "weak_slices": (
        "tip",
        scores(
            ("model", "error", "all", 0.1, 0.09, 0.11, 3000),
            ("model", "error", "class=a", 0.05, 0.04, 0.06, 2000),
            ("model", "error", "class=b", 0.2, 0.17, 0.23, 1000),
        ),
        scores(
            ("model", "error", "all", 0.1, 0.09, 0.11, 3000),
            ("model", "error", "class=a", 0.09, 0.08, 0.1, 2900),
            ("model", "error", "class=b", 0.2, 0.1, 0.3, 100),
        ),
        scores(("model", "error", "all", 0.1, 0.09, 0.11, 3000)),
    ),
    "overconfidence": (
        "tip", scores(("model", "overconfidence", "all", 0.1, 0.08, 0.12, 1000)),
        scores(("model", "overconfidence", "all", 0.02, -0.01, 0.05, 1000)), scores(),
    ),
    "systematic_offset": (
        "tip",
        scores(("model", "mean_signed_error", "all", 5.0, 4, 6, 100), ("model", "error", "all", 8.0, 7, 9, 100)),
        scores(("model", "mean_signed_error", "all", 1.0, -1, 3, 100), ("model", "error", "all", 8.0, 7, 9, 100)),
        scores(("model", "error", "all", 8.0, 7, 9, 100)),
    ),
    "loss_diverged": ("issue", history(loss=[1.0, 0.8, 5.0]), history(loss=FALLING), NOTHING),
    "not_converged": ("tip", history(loss=FALLING), history(loss=SETTLED), history(loss=[1.0, 0.5, 0.3])),
    "val_loss_turned_up": (
        "tip",
        history(loss=FALLING, val_loss=[*np.linspace(1, 0.5, 8), *np.linspace(0.5, 0.9, 12)]),
        history(loss=FALLING, val_loss=list(np.linspace(1, 0.5, 20))),
        history(loss=FALLING),
    ),
    "dead_relus": (
        "issue", health("dead_relu_share", 0.1, 0.6), health("dead_relu_share", 0.0, 0.1),
        health("dead_relu_share", None),
    ),
    "exploding_gradients": (
        "issue", health("gradient_norm", 1.0, 1e4), health("gradient_norm", 1.0, 2.0), health("gradient_norm", None),
    ),
    "vanishing_gradients": (
        "issue", health("gradient_norm", 1.0, 1.0, first=(1e-9, 1.0)), health("gradient_norm", 0.1, 1.0),
        health("gradient_norm", 1.0),
    ),
    "update_ratio": (
        "issue", health("update_ratio", 1e-3, 0.5), health("update_ratio", 1e-3, 1e-3), health("update_ratio", None),
    ),
}  # fmt: skip
