"""Runs for ensembles, as a training leaves them, without one: recipe, table and facts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

import dlx
from dlx import predictions, runs
from dlx.predictions import Predictions

DIGESTS = {"data_digest": "d" * 32, "split_digest": "e" * 32, "label_overlay": None}


def table(y_true, proba, classes=("cat", "dog"), **columns) -> pd.DataFrame:
    """Dev rows of a classifier that says the most probable class."""
    proba = np.asarray(proba, dtype=float)
    rows = {"id": [f"i{k}" for k in range(len(y_true))], "split": "dev", "y_true": list(y_true)}
    rows["y_pred"] = [classes[k] for k in proba.argmax(axis=1)]
    return pd.DataFrame({**rows, **{f"proba_{c}": proba[:, k] for k, c in enumerate(classes)}, **columns})


def run(frame: pd.DataFrame, *, classes=("cat", "dog"), overrides=(), **info: Any) -> runs.Run:
    """A complete run of the recipe ``digits`` with that table, and no model."""
    recipe = dlx.load_recipe("digits", list(overrides))
    made = runs.create("digits", **DIGESTS | info)
    made.write_text("recipe.yaml", recipe.to_yaml())
    kind = recipe.task["name"]
    read = predictions.read(frame.assign(predictor="model"), kind, classes=classes)
    predictions.write(Predictions(read.table, kind, classes=read.classes), made.predictions)
    made.finish()
    return made
