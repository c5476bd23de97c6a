"""A model of MLflow's registry found by its name: the dlx run that it is, or its .keras file."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlx.errors import UserError
from dlx.files import replacing
from dlx.places import cache_folder
from dlx.tracking.fetch import fetch
from dlx.tracking.store import public_uri, store_uri, trouble

if TYPE_CHECKING:
    from mlflow import MlflowClient

__all__ = ["registered"]


def registered(client: MlflowClient, uri: str, *, root: str | Path | None = None) -> dict[str, Any]:
    """What stands behind ``models:/NAME@ALIAS`` or ``models:/NAME/VERSION``, brought here.

    Args:
        client: MLflow's client.
        uri: the model.
        root: the runs folder.

    Returns:
        ``from``: ``run:ID`` of a dlx run, or the path of a .keras file; ``asked``: name and version.

    Raises:
        UserError: no such model, alias or version, or one that is no Keras model.
        UnreachableError: MLflow does not answer.
    """
    import mlflow.exceptions

    name, _, alias = uri.removeprefix("models:/").partition("@")
    with trouble(store_uri()):
        try:
            if alias:
                version = client.get_model_version_by_alias(name, alias)
            else:
                name, _, number = name.rpartition("/")
                version = client.get_model_version(name, number)
        except mlflow.exceptions.MlflowException as error:
            if error.error_code not in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
                raise
            raise _unknown(client, uri, name) from error
        asked = f"models:/{version.name}/{version.version}"
        tags = client.get_run(version.run_id).data.tags if version.run_id else {}
        if "dlx.run_id" in tags:
            return {"from": f"run:{fetch(client, tags['dlx.run_id'], root=root).id}", "asked": asked}
        return {"from": str(_file(asked)), "asked": asked}


def _unknown(client: MlflowClient, uri: str, name: str) -> UserError:
    known = {model.name: model for model in client.search_registered_models(max_results=50)}
    where = public_uri(store_uri())
    if name in known:
        aliases = ", ".join(f"@{alias}" for alias in known[name].aliases) or "none"
        return UserError("the model has no such alias or version", value=uri, where=where, hint=f"Aliases: {aliases}.")
    hint = f"There are: {', '.join(known)}." if known else "Nothing is registered there."
    return UserError("no such model in the registry", value=uri, where=where, hint=hint)


def _file(asked: str) -> Path:
    """The .keras file of a model that another program registered, kept by store, name and version."""
    from mlflow.artifacts import download_artifacts

    key = hashlib.blake2b(f"{public_uri(store_uri())}\n{asked}".encode(), digest_size=12).hexdigest()
    kept = cache_folder("models") / f"{key}.keras"
    if kept.exists():
        return kept
    kept.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        download_artifacts(artifact_uri=asked, dst_path=scratch, tracking_uri=store_uri())
        found = sorted(Path(scratch).rglob("*.keras"))
        if not found:
            hint = "Log it with mlflow.keras.log_model in Keras 3, or give its .keras file: -s transfer.from=FILE."
            raise UserError("this registered model holds no .keras file", value=asked, hint=hint)
        with replacing(kept) as temporary:
            shutil.copyfile(found[0], temporary)
    return kept
