"""The model in MLflow: its signature, and that ``mlflow models serve`` answers through it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import fake_runs
import mlflow_copy
import numpy as np
import pandas as pd
import pytest

from dlx import predicting, tracking
from dlx.tracking.model import requirements, signature

pytestmark = [pytest.mark.filterwarnings(rule) for rule in mlflow_copy.QUIET]

TABLE = {
    "task": {"name": "classification"},
    "kind": "table",
    "inputs": [
        {"name": "numbers", "shape": [2], "dtype": "float32", "names": ["age", "fare"]},
        {"name": "categories", "shape": [1], "dtype": "string", "names": ["port"]},
    ],
    "targets": {"classes": ["no", "yes"], "threshold": 0.5},
    "classes": ["no", "yes"],
}


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("DLX_RUNS", "DLX_TRACKING", "MLFLOW_TRACKING_URI", "MLFLOW_EXPERIMENT_NAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "path", list(sys.path))  # a model brings its own copy of dlx
    mlflow_copy.make_store(tmp_path)
    return tmp_path


class Echo:
    """Stands in for a trained model and says what reached it."""

    def __init__(self):
        self.seen = None

    def predict(self, inputs):
        self.seen = inputs
        return pd.DataFrame({"prediction": ["cat"] * len(inputs)})


@pytest.fixture
def echo(monkeypatch):
    found = Echo()
    monkeypatch.setattr(predicting, "load", lambda folder: found)
    return found


def logged(description):
    """A run with that ``targets.json``, sent to MLflow; returns the model's address there."""
    run = fake_runs.begin()
    fake_runs.judge(run)
    run.write_json("targets.json", description)
    run.finish()
    tracking.sync()
    return f"{mlflow_copy.client().get_logged_model(run.read_json('mlflow.json')['model_id']).artifact_location}"


def test_a_tables_signature_names_its_columns():
    found = signature(TABLE)
    assert found.inputs.input_names() == ["age", "fare", "port"]
    assert [str(kind) for kind in found.inputs.input_types()] == ["DataType.double"] * 2 + ["DataType.string"]
    assert found.outputs.input_names() == ["prediction", "proba_no", "proba_yes"]


def test_an_images_signature_is_a_tensor():
    found = signature(fake_runs.TARGETS)
    assert found.inputs.input_types() == [np.dtype("float32")]
    assert found.inputs.inputs[0].shape == (-1, 8, 8, 1)


def test_sizes_that_vary_and_several_inputs():
    inputs = [
        {"name": "left", "shape": [None, 3], "dtype": "uint8", "names": []},
        {"name": "right", "shape": [], "dtype": "string", "names": []},
    ]
    found = signature({"inputs": inputs, "task": {"name": "regression"}})
    assert found.inputs.input_names() == ["left", "right"]
    assert [spec.shape for spec in found.inputs.inputs] == [(-1, -1, 3), (-1,)]
    assert found.inputs.input_types()[0] == np.dtype("float32")  # bytes are taken as numbers, or 0.5 would become 0
    assert found.outputs.input_names() == ["prediction"]


def test_requirements_are_pinned_names_without_addresses():
    found = requirements()
    assert all(one.partition("==")[2][:1].isdigit() for one in found)
    assert not any("@" in one or "/" in one or one.startswith("dlx") for one in found)
    assert any(one.startswith("keras==") for one in found)


def test_the_model_is_complete_and_takes_dlx_along(here):
    folder = Path(logged(TABLE))
    assert (folder / "artifacts" / "run" / "model.keras").read_bytes() == b"not a real model"
    assert (folder / "artifacts" / "run" / "targets.json").exists()
    assert (folder / "code" / "dlx" / "predicting.py").exists()
    assert not list(folder.rglob("__pycache__"))
    required = [one.strip().casefold() for one in (folder / "requirements.txt").read_text().splitlines()]
    assert required == [one.casefold() for one in requirements()]


def test_an_image_model_takes_arrays(here, echo):
    import mlflow

    model = mlflow.pyfunc.load_model(logged(fake_runs.TARGETS))
    images = np.zeros((3, 8, 8, 1), "float32")
    assert list(model.predict(images)["prediction"]) == ["cat"] * 3
    assert echo.seen.shape == (3, 8, 8, 1)
    with pytest.raises(mlflow.exceptions.MlflowException, match="shape"):
        model.predict(np.zeros((3, 9, 9, 1), "float32"))


def test_a_table_model_takes_numbers_missing_values_and_text(here, echo):
    import mlflow

    model = mlflow.pyfunc.load_model(logged(TABLE))
    frame = pd.DataFrame({"port": ["S", None], "age": [20.0, 30.0], "fare": [7.5, np.nan], "more": [1, 2]})
    assert len(model.predict(frame)) == 2
    assert list(echo.seen["age"]) == [20, 30]
    assert echo.seen["fare"].isna().tolist() == [False, True]
    with pytest.raises(mlflow.exceptions.MlflowException, match="port"):
        model.predict(frame.drop(columns="port"))


def keras_run(description, payload):
    """A run with a real model: dlx's own preprocessing and one layer."""
    import keras

    from dlx import preprocess

    keras.utils.set_random_seed(0)
    before, _ = preprocess.fit(payload, "standardize")
    flat = keras.layers.Flatten()(before(before.input))
    outputs = keras.layers.Dense(len(description["classes"]), activation="softmax")(flat)
    model = keras.Model(before.input, outputs)
    run = fake_runs.begin()
    fake_runs.judge(run)
    predicting.save(model, run.path, description)
    run.finish()
    return run


def image_run():
    from dlx.payloads import Arrays, TensorSpec

    images = np.random.default_rng(0).random((20, 8, 8, 1), "float32")
    payload = Arrays({"image": images}, (TensorSpec("image", (8, 8, 1)),))
    description = fake_runs.TARGETS | {"targets": {"classes": ["cat", "dog"], "threshold": 0.5}}
    return keras_run(description, payload), images


def table_run():
    from dlx.payloads import Arrays, TensorSpec

    numbers = np.random.default_rng(0).random((20, 2), "float32")
    ports = np.array([["S"], ["C"]] * 10, object)
    specs = TensorSpec("numbers", (2,), "float32", ("age", "fare")), TensorSpec("categories", (1,), "string", ("port",))
    return keras_run(TABLE, Arrays({"numbers": numbers, "categories": ports}, specs))


def serve(here, run):
    """``mlflow models serve`` on the run's logged model; returns the process and its address."""
    tracking.sync()
    port = mlflow_copy.free_port()
    order = [sys.executable, "-m", "mlflow", "models", "serve", "--env-manager", "local", "--host", "127.0.0.1"]
    order += ["-m", f"models:/{run.read_json('mlflow.json')['model_id']}", "--port", str(port), "--workers", "1"]
    # MLflow calls uvicorn by its bare name: as in an activated environment
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    with Path(here / "serve.log").open("wb") as log:
        process = subprocess.Popen(
            order, stdout=log, stderr=log, env=os.environ | {"PATH": path}, start_new_session=True
        )
    return process, f"http://127.0.0.1:{port}"


def ask(address, body):
    request = urllib.request.Request(f"{address}/invocations", json.dumps(body).encode())
    request.add_header("Content-Type", "application/json")
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.loads(answer.read())["predictions"]


def stop(process):
    if process.poll() is None:
        os.killpg(process.pid, 15)  # the group was made for it: MLflow starts the server as its child
    process.wait()


def wait_for(process, address):
    end = time.monotonic() + 120
    while time.monotonic() < end:
        assert process.poll() is None, "the server ended"
        try:
            urllib.request.urlopen(f"{address}/ping", timeout=5).close()
            return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.5)
    raise AssertionError("the server does not answer")


@pytest.mark.slow
@pytest.mark.tf
def test_mlflow_serves_an_image_recipe(here):
    run, images = image_run()
    expected = predicting.load(run.path).predict(images[:3])
    process, address = serve(here, run)
    try:
        wait_for(process, address)
        rows = ask(address, {"inputs": images[:3].tolist()})
        assert [row["prediction"] for row in rows] == list(expected["prediction"])
        assert np.allclose([row["proba_cat"] for row in rows], expected["proba_cat"], atol=1e-6)
    finally:
        stop(process)


@pytest.mark.slow
@pytest.mark.tf
def test_mlflow_serves_a_table_with_numbers_and_text(here):
    run = table_run()
    records = [{"age": 20, "fare": 7.5, "port": "S"}, {"age": 30, "fare": None, "port": "never seen"}]
    expected = predicting.load(run.path).predict(pd.DataFrame(records))
    process, address = serve(here, run)
    try:
        wait_for(process, address)
        rows = ask(address, {"dataframe_records": records})
        assert [row["prediction"] for row in rows] == list(expected["prediction"])
        assert np.allclose([row["proba_yes"] for row in rows], expected["proba_yes"], atol=1e-6)
        split = {"columns": ["port", "fare", "age"], "data": [["S", 7.5, 20]]}
        assert ask(address, {"dataframe_split": split})[0] == rows[0]
    finally:
        stop(process)
