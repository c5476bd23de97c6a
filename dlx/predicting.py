"""A trained run answers for raw inputs: tables, images, arrays; what MLflow serves and ``dlx predict`` prints."""

from __future__ import annotations

import json
import re
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dlx import device, parts
from dlx.errors import UserError, nearest
from dlx.files import replacing
from dlx.payloads import Arrays, TensorSpec

if TYPE_CHECKING:
    import keras

__all__ = ["Predictor", "describe", "load", "load_model", "payload_from_frame"]


@dataclass(frozen=True)
class Predictor:
    """A finished model with all that is needed to feed it and to name its answers.

    Attributes:
        model: raw inputs → probabilities or the target's unit.
        description: what stands in ``targets.json``: task, targets, inputs, kind, reading.
    """

    model: keras.Model
    description: dict[str, Any]

    @property
    def inputs(self) -> tuple[TensorSpec, ...]:
        return tuple(tensor_spec(t) for t in self.description["inputs"])

    @property
    def task(self):
        """The task, made from the recipe's arguments."""
        arguments = dict(self.description["task"])
        return parts.load("tasks", arguments.pop("name"))(**arguments)

    def predict(self, inputs: pd.DataFrame | np.ndarray | dict[str, np.ndarray]) -> pd.DataFrame:
        """Answers, one row per input row: ``prediction`` and, where there are any, ``proba_<class>``.

        Args:
            inputs: a DataFrame with the raw columns, an array (n, \\*shape), or arrays by input name. Images are uint8
                in 0–255 or float in 0–1, as the model's input says.

        Raises:
            UserError: a missing column, text in a numeric column, another shape.
        """
        if isinstance(inputs, pd.DataFrame):
            payload = payload_from_frame(inputs, self.inputs)
        else:
            payload = self._payload_from_arrays(inputs)
        raw = self.raw(payload)
        return pd.DataFrame(self.task.answers(raw, self.description["targets"]))

    def raw(self, payload) -> np.ndarray:
        """The finished model's outputs for a payload."""
        from dlx.training.batches import inputs_only, scoring_batch

        if not len(payload):
            raise UserError("there is nothing to answer for", where="inputs", hint="Give at least one row.")
        with device.memory_errors("out of memory while answering", "Give fewer inputs at a time."):
            return self.model.predict(inputs_only(payload, scoring_batch(payload, 32)), verbose=0)

    def _payload_from_arrays(self, inputs: np.ndarray | dict[str, np.ndarray]) -> Arrays:
        specs = self.inputs
        if not isinstance(inputs, dict):
            if len(specs) != 1:
                raise UserError("this model has several inputs: give arrays by name", value=[s.name for s in specs])
            inputs = {specs[0].name: inputs}
        arrays = {}
        for spec in specs:
            if spec.name not in inputs:
                raise UserError(
                    "an input is missing", value=spec.name, where="inputs", hint=f"Given: {sorted(inputs)}."
                )
            arrays[spec.name] = _fitted(np.asarray(inputs[spec.name]), spec)
        return Arrays(arrays, specs)


def load(folder: str | Path) -> Predictor:
    """The predictor of a folder with ``model.keras`` and ``targets.json`` (a run, or an MLflow artifact of one).

    Raises:
        UserError: the files are missing or damaged.
    """
    folder = Path(folder)
    try:
        description = json.loads((folder / "targets.json").read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise UserError("no trained model here", where=str(folder), hint="dlx runs lists the complete ones.") from error
    except ValueError as error:
        raise UserError(
            "the description of the model is damaged", where=str(folder / "targets.json"), hint="Train it again."
        ) from error
    return Predictor(load_model(folder / "model.keras"), description)


def load_model(path: str | Path) -> keras.Model:
    """A Keras model, loaded in safe mode: no code in the file is run.

    Raises:
        UserError: no such file, not a Keras model, or one that holds code.
    """
    path = Path(path)
    if not path.exists():
        raise UserError("no such model file", value=str(path))
    if not zipfile.is_zipfile(path):  # Keras says "file not found" of a damaged one
        hint = "Save it again with model.save('name.keras')."
        raise UserError("not a .keras file, or a damaged one", value=str(path), hint=hint)
    device.start()
    import keras

    try:
        return keras.saving.load_model(path, compile=False, safe_mode=True)
    except (ValueError, TypeError, OSError, KeyError, AttributeError, zipfile.BadZipFile) as error:
        rule, hint = _why_unsafe(str(error))
        raise UserError(rule, where=str(path), hint=hint) from error


def _why_unsafe(reason: str) -> tuple[str, str]:
    """Rule and hint for what Keras says: it advises to switch its safety off, which dlx never does."""
    if "lambda" in reason.lower():
        return (
            "the model holds a lambda layer, which is code, and code in a model file is never run",
            "Replace it by a layer of Keras (Rescaling, Reshape, …) and save the model again.",
        )
    custom = re.search(r"Could not locate (?:class|function) '(\w+)'", reason)
    first = f"no class {custom[1]!r} is known" if custom else reason.strip().partition("\n")[0][:200].rstrip(".")
    return (
        f"the model cannot be loaded safely: {first}",
        "dlx reads whole .keras files of Keras' own layers; a layer of your own is not in the file.",
    )


def describe(
    task: dict[str, Any], targets: dict[str, Any], inputs: tuple[TensorSpec, ...], kind: str, reading: dict[str, Any]
) -> dict[str, Any]:
    """What ``targets.json`` holds; ``reading`` is how the target source was read (size, range, channels)."""
    listed = [{"name": t.name, "shape": list(t.shape), "dtype": t.dtype, "names": list(t.names)} for t in inputs]
    description = {"task": task, "kind": kind, "inputs": listed, "targets": targets, "reading": reading}
    return description | {key: targets[key] for key in ("classes", "label_names") if key in targets}


def tensor_spec(stored: dict[str, Any]) -> TensorSpec:
    """The spec that :func:`describe` wrote."""
    return TensorSpec(stored["name"], tuple(stored["shape"]), stored["dtype"], tuple(stored.get("names", ())))


def payload_from_frame(frame: pd.DataFrame, specs: tuple[TensorSpec, ...]) -> Arrays:
    """Raw table columns as the model's inputs: numbers (NaN where missing) and text ("" where missing).

    Raises:
        UserError: a missing column (the nearest is named), or text in a numeric column (with its row).
    """
    arrays = {}
    for spec in specs:
        if not spec.names:
            raise UserError("this model takes arrays, not a table", value=spec.shape, where=f"input {spec.name!r}")
        for name in spec.names:
            if name not in frame.columns:
                close = nearest(name, map(str, frame.columns))
                hint = f"Is it {close!r}?" if close else f"The model needs: {', '.join(spec.names)}."
                raise UserError("a column is missing", value=name, where="the input table", hint=hint)
        columns = frame[list(spec.names)]
        arrays[spec.name] = _text(columns) if spec.dtype == "string" else _numbers(columns)
    return Arrays(arrays, specs)


def _numbers(columns: pd.DataFrame) -> np.ndarray:
    result = np.empty(columns.shape, "float32")
    for i, name in enumerate(columns):
        values = pd.to_numeric(columns[name], errors="coerce")
        given = columns[name].notna() & (columns[name].astype(str).str.strip() != "")
        wrong = values.isna() & given
        if wrong.any():
            row = int(np.flatnonzero(wrong)[0])
            raise UserError(
                "text in a numeric column",
                value=str(columns[name].iloc[row]),
                where=f"column {name!r}, row {row + 1}",
                hint="Mend it, or leave the cell empty: missing values are imputed.",
            )
        result[:, i] = values
    return result


def _text(columns: pd.DataFrame) -> np.ndarray:
    return columns.astype(object).where(columns.notna(), "").astype(str).to_numpy(object)


def _fitted(values: np.ndarray, spec: TensorSpec) -> np.ndarray:
    if values.ndim == len(spec.shape) and values.shape[-1:] != spec.shape[-1:] and spec.shape[-1] == 1:
        values = values[..., None]  # grey images without a channel axis
    if values.ndim != len(spec.shape) + 1 or any(
        want is not None and got != want for got, want in zip(values.shape[1:], spec.shape, strict=True)
    ):
        raise UserError(
            f"input {spec.name!r} has shape (n, {', '.join(map(str, spec.shape))})", value=values.shape, where="inputs"
        )
    if spec.dtype == "string":
        return values.astype(str).astype(object)
    if values.dtype.kind not in "biuf":
        raise UserError(f"input {spec.name!r} holds numbers", value=str(values.dtype), where="inputs")
    if len(spec.shape) > 1 and values.dtype.kind == "f" and np.isnan(values).any():
        raise UserError(f"input {spec.name!r} holds NaN, and only columns of a table are imputed", where="inputs")
    if spec.dtype == "uint8" and values.dtype != np.uint8:
        if values.size and (values.min() < 0 or values.max() > 255):
            raise UserError("images hold values from 0 to 255", value=[float(values.min()), float(values.max())])
        if values.size and values.dtype.kind == "f" and values.max() <= 1:
            values = np.rint(values * 255)  # a float image in 0–1
    if spec.name == "image" and spec.dtype == "float32" and values.dtype == np.uint8:
        values = values / 255.0
    return values.astype(spec.dtype)


def save(model: keras.Model, folder: Path, description: dict[str, Any]) -> None:
    """``model.keras`` and ``targets.json``, each whole or absent.

    Raises:
        DlxError: the disk is full.
    """
    with replacing(folder / "model.keras") as temporary:
        model.save(temporary)
    with replacing(folder / "targets.json") as temporary:
        temporary.write_text(json.dumps(description, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
