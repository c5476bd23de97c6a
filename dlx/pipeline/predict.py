"""``dlx predict`` and ``dlx export``: a trained run answers for new inputs, or leaves as a model file."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlx.errors import UserError
from dlx.files import disk_errors, replacing

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

__all__ = ["export", "predict"]

TABLES = (".csv", ".tsv", ".txt", ".parquet")
ARRAYS = (".npy", ".npz")
OUT = (".csv", ".parquet")
FORMATS = ("keras", "savedmodel")


def predict(
    run: str | Path, inputs: str | Path | pd.DataFrame | np.ndarray, *, out: str | Path | None = None
) -> pd.DataFrame:
    """Answers for new inputs, one row each.

    Args:
        run: a run's name (``last`` too) or path.
        inputs: a table (CSV, Parquet or DataFrame) with the raw feature columns, a folder of images or one image, or
            an array (.npy, .npz or NumPy) of the model's raw inputs.
        out: also write the answers to this CSV or Parquet file.

    Returns:
        ``id`` (file name or row number), ``prediction`` and, where there are any, ``proba_<class>``.

    Raises:
        UserError: inputs that cannot be read or do not fit the model.
    """
    import pandas as pd

    from dlx import predicting, runs

    if out is not None and Path(out).suffix.lower() not in OUT:
        raise UserError("answers are written as .csv or .parquet", value=str(out), where="--out")
    predictor = predicting.load(runs.find(run).path)
    if isinstance(inputs, (str, Path)):
        ids, values = _read(Path(inputs), predictor)
    else:
        ids, values = None, inputs
    answers = predictor.predict(values)
    answers.insert(0, "id", ids if ids is not None else range(1, len(answers) + 1))
    if out is not None:
        out = Path(out)
        with replacing(out) as temporary:
            if out.suffix.lower() == ".parquet":
                answers.to_parquet(temporary, index=False)
            else:
                answers.to_csv(temporary, index=False)
    return pd.DataFrame(answers)


def _read(path: Path, predictor) -> tuple[list[str] | None, Any]:
    description = predictor.description
    reading = description["reading"]
    if not path.exists():
        raise UserError(
            "no such file or folder", value=str(path), hint="Give a table, an array file or a folder of images."
        )
    if description["kind"] == "table" and path.suffix.lower() in TABLES:
        from dlx.readers import _table

        frame = _table.load(str(path), sep=reading.get("sep"), names=reading.get("names")).frame
        key = reading.get("id") or "id"
        return (frame[key].tolist() if key in frame else None), frame
    if path.suffix.lower() in ARRAYS:
        return None, _array(path, predictor, reading)
    if description["kind"] == "image" and (path.is_dir() or path.suffix.lower() not in TABLES):
        return _images(path, predictor)
    takes = {"table": "a CSV or Parquet table", "image": "a folder of images, an image or an array file"}
    raise UserError(
        f"this run takes {takes.get(description['kind'], 'an array file (.npy, .npz)')}",
        value=str(path),
        hint="Its inputs: " + ", ".join(f"{t.name} {t.shape} {t.dtype}" for t in predictor.inputs) + ".",
    )


def _array(path: Path, predictor, reading: dict[str, Any]):
    import numpy as np

    from dlx.readers import _scale

    try:
        stored = np.load(path, allow_pickle=False)
    except (ValueError, OSError, EOFError) as error:
        reason = "it is damaged, or holds objects" if "pickle" in str(error) else str(error)
        raise UserError(
            f"not an array file: {reason}",
            value=str(path),
            hint="Save plain numbers with numpy.save or numpy.savez; nothing is unpickled.",
        ) from error
    if isinstance(stored, np.ndarray):
        values = stored
    else:
        wanted = [t.name for t in predictor.inputs if t.name in stored.files]
        key = wanted[0] if wanted else "x" if "x" in stored.files else stored.files[0]
        values = stored[key]
    size, span = _scale.check_size(reading.get("size")), _scale.check_range(reading.get("range"))
    if predictor.description["kind"] == "image" and (size or span):
        # the same steps as when the run's own data were read
        values, _ = _scale.images(values, size=size, range=span, where=str(path))
    return values


def _images(path: Path, predictor) -> tuple[list[str], Any]:
    import sys

    import numpy as np

    from dlx.readers import _decode
    from dlx.readers._image_lists import EXTENSIONS

    height, width, channels = predictor.inputs[0].shape
    files = [path]
    if path.is_dir():  # whatever else lies in the folder was not meant
        files = sorted(f for f in path.rglob("*") if f.suffix.lower() in EXTENSIONS and f.is_file())
    names, stack = [], []
    for file, pixels in zip(files, _decode.in_threads(_decode.decode, files, (height, width), channels), strict=True):
        if isinstance(pixels, str):
            print(f"Left out {file}: {pixels}", file=sys.stderr)
            continue
        names.append(str(file.relative_to(path)) if path.is_dir() else file.name)
        stack.append(pixels)
    if not stack:
        hint = f"Give an image or a folder of images ({' '.join(EXTENSIONS)})."
        raise UserError("no image that can be read", value=str(path), hint=hint)
    return names, np.stack(stack)


def export(run: str | Path, *, format: str = "keras", out: str | Path | None = None) -> Path:
    """The model of a run as a file of its own; it takes raw inputs.

    Args:
        run: a run's name or path.
        format: ``keras`` (one .keras file) or ``savedmodel`` (a TensorFlow SavedModel folder, for serving).
        out: where to; default ``<run>.keras`` or ``<run>-savedmodel`` in the working directory.

    Raises:
        UserError: an unknown format, a run without a model, or a place that is taken or cannot be written to.
    """
    from dlx import runs
    from dlx.errors import unknown

    if format not in FORMATS:
        raise unknown("format", format, FORMATS, where="--format")
    found = runs.find(run)
    source = found.file("model.keras")
    if not source.exists():
        raise UserError("this run holds no model", where=found.id, hint=found.advice())
    target = Path(out) if out else Path(f"{found.name}.keras" if format == "keras" else f"{found.name}-savedmodel")
    if target.exists():
        raise UserError("this place is taken", value=str(target), hint="Give another --out, or remove it first.")
    with disk_errors(target):
        if format == "keras":
            with replacing(target) as temporary:
                shutil.copyfile(source, temporary)
        else:
            _export_savedmodel(source, target)
    return target.absolute()


def _export_savedmodel(source: Path, target: Path) -> None:
    """In a folder beside it first: TensorFlow leaves half a model when the disk is full."""
    from dlx import predicting

    beside = target.with_name(f".{target.name}.{secrets.token_hex(3)}.tmp")
    beside.mkdir()
    try:
        model = predicting.load_model(source)
        import tensorflow as tf

        try:
            model.export(str(beside / "model"), verbose=False)
        except tf.errors.OpError as error:
            if "No space left" in str(error):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(target)) from error
            raise
        (beside / "model").rename(target)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
