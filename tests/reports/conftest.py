"""Made-up runs as a report gets them: plain data and tables, of every task."""

from __future__ import annotations

import base64
import io
import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from dlx.reports._contents import Contents

CLASSES = [str(c) for c in range(10)]


def wilson(k: float, n: int) -> tuple[float, float]:
    p, z = k / n, 1.96
    centre, half = p + z * z / (2 * n), z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return (centre - half) / (1 + z * z / n), (centre + half) / (1 + z * z / n)


def rung(name, error, n=None, **more):
    low, high = wilson(error * n, n) if n else (None, None)
    basis = {"basis": "measured" if n else "cited", "source": ""}
    return (
        {
            "name": name,
            "error": error,
            "low": low,
            "high": high,
            "n": n,
            "n_eff": n,
            "groups": None,
            "design_effect": 1.0 if n else None,
        }
        | basis
        | more
    )


def gap(name, value=None, low=None, high=None, p_largest=None, flagged=False):
    return {"name": name, "value": value, "low": low, "high": high, "p_largest": p_largest, "flagged": flagged}


def png(image: np.ndarray) -> str:
    from PIL import Image

    stream = io.BytesIO()
    Image.fromarray((255 * image).astype("uint8")).save(stream, "PNG")
    return "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode()


FINDINGS = [
    {
        "code": "data_mismatch",
        "status": "issue",
        "title": "The model errs 27.1 points more on dev than on train-dev.",
        "evidence": {"gap": 0.271, "low": 0.24, "high": 0.303, "p_largest": 0.9998},
        "next_step": "Look at what differs: `dlx diagnose last` lists the worst classes, then collect more.",
    },
    {
        "code": "dead_relus",
        "status": "tip",
        "title": "14% of the ReLU units in `conv2d_1` are dead.",
        "evidence": {"layer": "conv2d_1", "share": 0.141},
        "next_step": "dlx train digits-shift -s train.learning_rate=3e-4",
    },
    {
        "code": "dev_set_too_small",
        "status": "undecided",
        "title": "The dev set can resolve differences of 3.8 points.",
        "evidence": {"resolvable": 0.038, "n": 898},
        "next_step": "",
    },
    {
        "code": "human_level_missing",
        "status": "passed",
        "title": "A human level is given.",
        "evidence": {},
        "next_step": "",
    },
    {
        "code": "few_groups",
        "status": "not_applicable",
        "title": "The data has no groups.",
        "evidence": {},
        "next_step": "",
    },
]

RECIPE = {
    "name": "digits-shift",
    "task": {"name": "classification"},
    "model": {"builder": "convnet", "filters": [16, 32]},
    "train": {"epochs": 30, "seed": 3, "learning_rate": 1e-3},
    "goal": {"optimize": "error", "target": 0.05},
}
INFO = {
    "id": "digits-shift-20251120-210736-kqzt",
    "recipe": "digits-shift",
    "status": "complete",
    "seed": 3,
    "started": "2025-11-20T21:07:36.123456+00:00",
    "finished": "2025-11-20T21:08:21.523456+00:00",
    "device": "CPU, 2 cores",
    "command": "dlx train digits-shift --seed 3",
    "dlx_version": "0.1.0",
    "python": "3.11.2",
    "git_commit": "7a38c0c1d2",
    "platform": "Linux-6.1-x86_64",
    "cpus": 2,
    "versions": {"tensorflow": "2.21.0", "keras": "3.15.1", "mlflow-skinny": None},
    "data_digest": "5b3c9f0a61d2",
    "split_digest": "aa01bc77",
    "recipe_hash": "91fe02aa",
    "pid": 4711,
}
DATA = {
    "sizes": {"train": 4500, "train_dev": 500, "dev": 898, "test": 899},
    "class_balance": {c: {"train": 388 + 17 * int(c), "dev": 90} for c in CLASSES},
    "sources": {"mnist": {"train": 4500, "train_dev": 500}, "digits": {"dev": 898, "test": 899}},
    "duplicates_across_splits": 0,
    "contradictory_labels": 2,
    "set_aside": 0,
    "missing_values": 0,
    "moved": 0,
    "resolvable_difference": {"sentence": "898 dev examples resolve a difference of 2.1 points (80 % power)"},
    "notes": ["digits: 8×8 images are resized to 28×28"],
    "warnings": ["no test set was asked for"],
}


def digits_table(n: dict[str, int], wrong: dict[str, float], seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    parts = []
    for split, size in n.items():
        true = rng.integers(0, 10, size)
        miss = rng.random(size) < wrong[split] * np.linspace(0.4, 1.6, 10)[true]
        near = (true + rng.choice([1, 2, 5, 9], size, p=[0.2, 0.1, 0.6, 0.1])) % 10
        pred = np.where(miss, near, true)
        ids = [f"{split}-{i:05d}" for i in range(size)]
        source = "mnist" if split in ("train", "train_dev") else np.where(rng.random(size) < 0.7, "digits", "phone")
        rows = {
            "predictor": "model",
            "id": ids,
            "split": split,
            "source": source,
            "group": None,
            "size": 1.0,
            "weight": 1.0,
        }
        truth = {"y_true": true.astype(str), "y_pred": pred.astype(str), "error": miss.astype(float)}
        parts.append(pd.DataFrame(rows | truth | {"loss": rng.gamma(1, 0.3, size) + 3 * miss}))
    table = pd.concat(parts, ignore_index=True)
    coded = {name: pd.Categorical(table[name]) for name in ("predictor", "split", "source")}
    coded |= {name: pd.Categorical(table[name], categories=CLASSES) for name in ("y_true", "y_pred")}
    return table.assign(**coded)


def digits_scores(table: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for split, part in table.groupby("split", observed=True):
        slices = {"all": part}
        slices |= {f"source={s}": p for s, p in part.groupby("source", observed=True)}
        slices |= {f"class={c}": p for c, p in part.groupby("y_true", observed=True)}
        for name, rows_of in slices.items():
            k, m = rows_of["error"].sum(), len(rows_of)
            rows.append(("model", "error", split, name, k / m, *wilson(k, m), m))
            low, high = wilson(m - k, m)
            rows.append(("model", "accuracy", split, name, 1 - k / m, low, high, m))
        rows.append(("baseline", "error", split, "all", 0.9, *wilson(0.9 * len(part), len(part)), len(part)))
    return pd.DataFrame(rows, columns=["predictor", "metric", "split", "slice", "value", "low", "high", "n"])


def history(epochs: int = 30) -> list[dict]:
    fall = [math.exp(-e / 5) for e in range(epochs)]
    return [
        {
            "epoch": e + 1,
            "loss": 2.2 * f + 0.01,
            "val_loss": 1.4 * f + 1.1 + 0.004 * e,
            "error": 0.8 * f + 0.002,
            "val_error": 0.5 * f + 0.3,
            "learning_rate": 1e-3 * 0.9**e,
        }
        for e, f in enumerate(fall)
    ]


def digits() -> Contents:
    table = digits_table(
        {"train": 4500, "train_dev": 500, "dev": 898}, {"train": 0.004, "train_dev": 0.02, "dev": 0.29}
    )
    rng = np.random.default_rng(1)
    dev = table[(table["split"] == "dev") & (table["error"] > 0)].nlargest(12, "loss")
    worst = [
        {
            "id": r.id,
            "source": r.source,
            "y_true": r.y_true,
            "y_pred": r.y_pred,
            "error": 1.0,
            "loss": r.loss,
            "kind": "image",
            "image": png(rng.random((28, 28))),
            "row": None,
            "text": None,
            "caption": "",
        }
        for r in dev.itertuples()
    ]
    diagnosis = {
        "rungs": [
            rung("human", 0.002, source="LeCun et al. 1995, on MNIST", of="mnist"),
            rung("train", 0.0033, 4500),
            rung("train_dev", 0.02, 500),
            rung("dev", 0.291, 898),
        ],
        "gaps": [
            gap("avoidable_bias", 0.0013, 0.0001, 0.0035, 0.0),
            gap("variance", 0.0167, 0.0079, 0.0329, 0.0),
            gap("data_mismatch", 0.271, 0.240, 0.303, 0.9998, True),
            gap("overfit_to_dev"),
        ],
        "verdict": {
            "status": "decided",
            "focus": ["data_mismatch"],
            "n_needed": None,
            "reason": "Data mismatch is the largest gap (P > 99 %). The human figure has no n: human taken as exact.",
        },
        "findings": FINDINGS,
        "actions": [
            {
                "knob": "error analysis",
                "reason": "Look at dev errors and compare them with train by hand (P6).",
                "command": "dlx report last --open",
            },
            {
                "knob": "data.target_in_train",
                "reason": "Give half of the target data to train (P24).",
                "command": "dlx train digits-shift -s data.target_in_train=0.5",
            },
            {"knob": "data synthesis", "reason": "Make train look like dev: resolution, contrast.", "command": ""},
        ],
        "metric": "error",
        "unit": "",
        "bounded": True,
        "task": "classification",
        "baseline": {"error": 0.9, "low": 0.879, "high": 0.918, "n": 898, "how": "always '1'"},
        "human": [{"group": "cited", "error": 0.002, "source": "LeCun et al. 1995", "basis": "cited"}],
    }
    return Contents(
        diagnosis,
        digits_scores(table),
        table,
        history(),
        DATA,
        INFO,
        RECIPE,
        "name: digits-shift\ntask: {name: classification}\n",
        worst,
        CLASSES,
        "digits-shift-20251120-210736-kqzt",
    )


def diabetes() -> Contents:
    rng = np.random.default_rng(2)
    true = rng.gamma(4, 38, 400)
    pred = 0.6 * true + 60 + rng.normal(0, 38, 400)
    split = np.repeat(["train", "dev"], [310, 90])
    table = pd.DataFrame(
        {
            "predictor": "model",
            "id": [f"p{i}" for i in range(400)],
            "split": split,
            "source": "clinic",
            "y_true": true,
            "y_pred": pred,
            "error": abs(true - pred),
        }
    )
    mean = table.groupby("split")["error"].mean()
    scores = pd.DataFrame(
        [
            ("model", m, s, "all", f * mean[s], f * mean[s] - 4, f * mean[s] + 4, n)
            for m, f in (("mae", 1), ("rmse", 1.24))
            for s, n in (("train", 310), ("dev", 90))
        ],
        columns=["predictor", "metric", "split", "slice", "value", "low", "high", "n"],
    )
    worst = [
        {
            "id": r.id,
            "source": "clinic",
            "y_true": r.y_true,
            "y_pred": r.y_pred,
            "error": r.error,
            "kind": "row",
            "row": {"age": 0.038, "bmi": -0.051, "bp": 1.0, "s1": None, "s2": 12, "s3": 3.25, "s4": 4.0, "sex": "F"},
        }
        for r in table.nlargest(6, "error").itertuples()
    ]
    diagnosis = {
        "rungs": [
            rung("train", 38.2, low=35.0, high=41.4) | {"n": 310},
            rung("dev", 47.9, low=41.0, high=54.8) | {"n": 90},
        ],
        "gaps": [
            gap("avoidable_bias"),
            gap("variance", 9.7, 2.1, 17.3, 1.0, True),
            gap("data_mismatch"),
            gap("overfit_to_dev"),
        ],
        "verdict": {
            "status": "undecided",
            "focus": ["variance"],
            "reason": "Variance may be less than 4.79.",
            "n_needed": 412,
        },
        "findings": [],
        "actions": [],
        "metric": "mae",
        "unit": "mg/dl",
        "bounded": False,
        "task": "regression",
        "baseline": None,
        "human": [],
    }
    return Contents(diagnosis, scores, table, history(12), worst=worst, title="diabetes", info={"id": "diabetes-x"})


def attributes() -> Contents:
    rng = np.random.default_rng(3)
    true = rng.integers(0, 2, (300, 4)).astype(float)
    pred = np.where(rng.random((300, 4)) < [0.02, 0.1, 0.05, 0.2], 1 - true, true)
    hidden = rng.random((300, 4)) < 0.3
    lists = [[None if h else int(v) for v, h in zip(a, b, strict=True)] for a, b in zip(true, hidden, strict=True)]
    table = pd.DataFrame(
        {
            "predictor": "model",
            "id": [str(i) for i in range(300)],
            "split": "dev",
            "source": None,
            "y_true": pd.Series(lists),
            "y_pred": pd.Series(pred.astype(int).tolist()),
            "error": 0.1,
        }
    )
    base = digits()
    worst = [
        {
            "id": "3",
            "y_true": [1, 0, None, 1],
            "y_pred": [0, 0, 1, 1],
            "error": 0.33,
            "loss": 2.0,
            "kind": "text",
            "text": "three",
        }
    ]
    diagnosis = dict(base.diagnosis) | {"task": "multilabel"}
    names = ["even", "closed loop", "prime", "above four"]
    return replace(
        base, diagnosis=diagnosis, predictions=table, scores=None, worst=worst, classes=names, title="attributes"
    )


def foreign() -> Contents:
    """Somebody's table: no recipe, no history, no test set, no train-dev set."""
    table = digits_table({"train": 900, "dev": 400}, {"train": 0.03, "dev": 0.1})
    diagnosis = {
        "rungs": [rung("human", 0.0, basis="assumed"), rung("train", 0.03, 900), rung("dev", 0.1, 400)],
        "gaps": [
            gap("avoidable_bias", 0.03, 0.0207, 0.0432, 0.02, True),
            gap("variance"),
            gap("data_mismatch"),
            gap("overfit_to_dev"),
        ],
        "verdict": {"status": "need_train_dev", "focus": [], "reason": "Train and dev differ.", "n_needed": None},
        "findings": [],
        "actions": [],
        "metric": "error",
        "unit": "",
        "bounded": True,
        "task": "classification",
        "baseline": None,
        "human": [],
    }
    return Contents(diagnosis, digits_scores(table), table, title="predictions.csv")


MADE_UP = {"digits": digits, "diabetes": diabetes, "attributes": attributes, "foreign": foreign}


@pytest.fixture(params=sorted(MADE_UP))
def contents(request) -> Contents:
    """Each of the made-up runs in turn."""
    return MADE_UP[request.param]()


@pytest.fixture
def made_up():
    """The made-up runs by name."""
    return {name: make() for name, make in MADE_UP.items()}
