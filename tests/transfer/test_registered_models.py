"""``transfer.from=models:/NAME@ALIAS``: the dlx run or the .keras file behind a registered model."""

from __future__ import annotations

import pytest
from mlflow_copy import QUIET
from sources import convnet

import dlx
from dlx.errors import UserError

pytestmark = [pytest.mark.tf, pytest.mark.slow, *(pytest.mark.filterwarnings(warning) for warning in QUIET)]
SMALL = ["data.split={train: 100, dev: 200, test: 0}", "train.epochs=2", "train.batch_size=25"]


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DLX_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/mlflow.db")
    monkeypatch.delenv("DLX_TRACKING", raising=False)
    return tmp_path


def test_an_alias_is_the_run_that_it_points_to_and_moves_without_moving_what_was_trained(place):
    import mlflow

    from dlx.tracking import store

    source = dlx.train("digits", ["model={builder: mlp, units: [16]}", "train.epochs=2", "name=source"]).run
    client = store.connect()
    held = client.search_logged_models([e.experiment_id for e in client.search_experiments()])
    client.create_registered_model("digits-model")
    version = client.create_model_version("digits-model", held[0].model_uri, run_id=held[0].source_run_id)
    client.set_registered_model_alias("digits-model", "champion", version.version)

    run = dlx.train("digits", [*SMALL, "transfer.from=models:/digits-model@champion"], track=False).run
    assert run.info["transfer"]["run"] == source.id
    assert run.info["transfer"]["registered"] == "models:/digits-model/1"
    assert f"from: run:{source.id}" in run.read_text("recipe.yaml")

    with pytest.raises(UserError, match=r"no such alias or version.*@champion"):
        dlx.train("digits", [*SMALL, "transfer.from=models:/digits-model@chmpion"], track=False)
    with pytest.raises(UserError, match=r"no such model in the registry.*digits-model"):
        dlx.train("digits", [*SMALL, "transfer.from=models:/digits@champion"], track=False)

    # a model that another program logged: its .keras file is kept by name and version
    mlflow.set_tracking_uri(f"sqlite:///{place}/mlflow.db")
    with mlflow.start_run():
        mlflow.keras.log_model(convnet(8, 1), name="model", registered_model_name="foreign")
    found = dlx.train("digits", [*SMALL, "transfer.from=models:/foreign/1"], track=False).run
    assert found.info["transfer"]["run"] is None
    assert found.info["transfer"]["source"].startswith("the file ")
