"""A user's own data from init to export: check, data, train, evaluate, predict, and the model in plain Keras."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from command_line import command

import dlx

pytestmark = [
    pytest.mark.tf,
]
SHORT = ["-s", "train.epochs=2"]


@pytest.fixture(autouse=True)
def workplace(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DLX_TRACKING", "off")
    return tmp_path


def digits(n: int = 300) -> tuple[np.ndarray, np.ndarray]:
    from sklearn.datasets import load_digits

    found = load_digits()
    return found.images[:n], found.target[:n]


def write_images(folder: Path, rows: slice) -> None:
    from PIL import Image

    images, labels = digits(500)
    for i, (image, label) in enumerate(zip(images[rows], labels[rows], strict=True)):
        place = folder / str(label)
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray((image * 15.9).astype("uint8")).save(place / f"{rows.start}-{i}.png")


def write_table(path: Path) -> None:
    rng = np.random.default_rng(0)
    n = 240
    frame = pd.DataFrame({"customer_id": [f"C{i:04}" for i in range(n)], "age": rng.normal(40, 10, n).round(1)})
    frame["city"] = rng.choice(["Köln", "Paris", "Rome"], n)
    frame["churn"] = np.where(frame["age"] + rng.normal(0, 3, n) > 40, "yes", "no")
    frame.loc[::9, "age"] = np.nan
    frame.loc[::11, "city"] = None
    frame.to_csv(path, index=False)


def folder_of_classes() -> str:
    write_images(Path("Bücher und Äpfel/digits"), slice(0, 300))
    return "Bücher und Äpfel/digits"


def folder_divided_already() -> str:
    for part, rows in (("train", slice(0, 200)), ("val", slice(200, 300)), ("test", slice(300, 400))):
        write_images(Path("mine", part), rows)
    return "mine"


def csv_table() -> str:
    write_table(Path("people.csv"))
    return "people.csv"


def npz() -> str:
    x, y = digits()
    np.savez("arrays.npz", x=x.astype("float32"), y=y)
    return "arrays.npz"


def document(*arguments: str) -> dict | list:
    """The one JSON document that ``--json`` gives."""
    code, out, err = command(*arguments, "--json")
    assert code == 0, err
    return json.loads(out)


@pytest.mark.parametrize("make", [folder_of_classes, folder_divided_already, csv_table, npz])
def test_a_new_user_s_data_from_init_to_export(make):
    """Each step is the command that a new user types, and the exported model gives the answers of ``dlx predict``."""
    import keras
    import tensorflow as tf

    data = make()
    recipe = document("init", data)["file"]
    assert command("check", recipe)[:2] == (0, f"{Path(recipe).stem}: no faults.\n")
    assert document("data", recipe)["sizes"]["dev"] >= 40
    plan = document("train", recipe, "--dry-run")
    assert plan["seconds"] > 0
    assert not Path("runs").exists()
    trained = document("train", recipe, *SHORT)
    assert [rung["name"] for rung in trained["rungs"] if rung["name"] != "human"] == ["train", "dev"]
    assert document("evaluate", "last")["looks"] == 1
    seen = document("evaluate", "last")
    assert [rung["name"] for rung in seen["rungs"]][-1] == "test"
    assert "look 3 at this test set" in command("evaluate", "last")[2]

    answers = pd.DataFrame(document("predict", "last", data))
    assert command("predict", "last", data, "--out", "answers.csv")[0] == 0
    assert len(pd.read_csv("answers.csv")) == len(answers)
    expected = answers[[c for c in answers if c.startswith("proba_")]].to_numpy()

    document("export", "last", "--out", "model.keras")
    document("export", "last", "--format", "savedmodel", "--out", "served")
    raw = inputs(data)
    kept = keras.saving.load_model("model.keras").predict(raw, verbose=0)
    served = tf.saved_model.load("served")
    said = served.serve({name: tf.constant(values) for name, values in raw.items()}).numpy()
    for found in (np.asarray(kept), said):
        found = np.concatenate([1 - found, found], axis=1) if found.shape[1] == 1 else found
        np.testing.assert_allclose(found, expected, atol=1e-5)


def inputs(data: str) -> dict:
    """What the exported model takes, made without dlx."""
    import tensorflow as tf
    from PIL import Image

    if data.endswith(".csv"):
        frame = pd.read_csv(data, keep_default_na=False, na_values={"age": [""]})
        return {
            "numbers": frame[["age"]].to_numpy("float32"),
            "categories": tf.constant(frame[["city"]].to_numpy().astype(str)),
        }
    if data.endswith(".npz"):
        return {"array": np.load(data)["x"]}
    files = sorted(Path(data).rglob("*.png"))
    return {"image": np.stack([np.asarray(Image.open(file)) for file in files])[..., None]}


def test_the_command_gives_one_document_and_no_colour():
    order = [sys.executable, "-m", "dlx", "train", "digits", *SHORT, "--json"]
    environment = os.environ | {"NO_COLOR": "1", "FORCE_COLOR": ""}
    done = subprocess.run(order, capture_output=True, text=True, env=environment, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert {"run", "path", "rungs", "gaps", "verdict", "findings", "actions"} <= set(found)
    assert "epoch 2/2" in done.stderr
    assert "\x1b" not in done.stderr
    assert "W0000" not in done.stderr  # nothing of TensorFlow's own
    files = {file.name for file in Path(found["path"]).iterdir()}
    assert {"recipe.yaml", "run.json", "split.parquet", "history.jsonl", "checkpoint.npz", "model.keras"} <= files
    assert {"targets.json", "predictions.parquet", "scores.parquet", "diagnosis.json", "report.html"} <= files


def test_what_is_typed_stands_in_the_advice():
    _, out, err = command("train", "digits", *SHORT, "-s", "model.filters=[4, 8]")
    assert "dlx train digits -s train.epochs=2 -s 'model.filters=[4, 8]' -s" in " ".join(out.split())
    assert "epoch 2/2" in err
    run = dlx.list_runs().rows[-1].id
    assert run in out
    assert "report.html" in out
    assert "dlx sync" in out  # DLX_TRACKING is off


def test_the_test_set_stays_closed_until_it_is_asked_for():
    run = dlx.train("digits", ["train.epochs=1", "model.filters=[4]"]).run
    splits = pd.read_parquet(run.predictions)["split"].astype(str)
    assert set(splits) == {"train", "dev"}
    assert not Path("runs/looks.jsonl").exists()
    assert dlx.evaluate(run.id, on="dev").looks == 0
    assert dlx.evaluate(run.id).looks == 1
    again = dlx.train("digits", ["train.epochs=1", "model.filters=[4]", "train.seed=1"]).run
    assert dlx.evaluate(again.id).looks == 2  # the same examples, whichever run looks


def test_every_other_command_that_reads_a_run_gives_one_document():
    run = dlx.train("digits", ["train.epochs=1", "model.filters=[4]"]).run
    assert document("diagnose", run.id)["verdict"]["status"]
    assert document("report", run.id, "--out", "page.html")
    assert document("runs")["runs"][0]["state"] == "complete"
    assert document("runs", "--prune")


def test_a_spreadsheet_of_a_country_with_decimal_commas():
    """Its numbers were 500 different texts, and the number of the row was a feature."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"Record ID": np.arange(100) + 10_000, "Fläche": rng.uniform(20, 200, 100).round(1)})
    frame["price"] = (frame["Fläche"] * 3 + rng.normal(0, 5, 100)).round(2)
    frame.to_csv("houses.csv", sep=";", decimal=",", index=False)
    found = document("init", "houses.csv")
    notes = " ".join(found["notes"])
    assert "decimal comma: Fläche, price" in notes
    assert "'Record ID' was left out" in notes
    assert found["task"] == "regression"
    assert document("train", "houses.yaml", "-s", "train.epochs=1")["metric"] == "mae"
    frame.head(3).drop(columns="price").to_csv("new.csv", sep=";", decimal=",", index=False)
    assert len(document("predict", "last", "new.csv")) == 3
