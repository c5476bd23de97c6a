"""Arrays in an .npz or .npy file, never unpickled; x_train/y_train and x_test/y_test keep their split."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlx.errors import UserError, unknown

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np

    from dlx.dataset import Dataset

__all__ = ["read"]

_X, _Y = ("x", "X", "data", "features", "images", "inputs"), ("y", "Y", "labels", "label", "target", "targets")


def read(
    path: str,
    *,
    x: str | None = None,
    y: str | None = None,
    group: str | None = None,
    classes: dict | list | str | None = None,
    kind: str | None = None,
    size: list | int | None = None,
    range: list | None = None,
    margin: int = 0,
) -> Dataset:
    """Read arrays with examples first.

    Args:
        path: an ``.npz`` file with features and labels, or an ``.npy`` file with features.
        x: name of the features in the ``.npz``; guessed and said when not given.
        y: name of the labels in the ``.npz``, or the labels' own ``.npy`` file beside an ``.npy`` of features.
        group: name of an array in the ``.npz`` that says which rows belong together.
        classes: new class → the labels that it joins, e.g. {cat: 0, dog: [1, 2]}; every label is in one. Or a CSV file
            "label, new class" beside the arrays; with more columns [file, label column, class column].
        kind: ``image``, ``table`` or ``array``; guessed from shape and dtype, and said, when not given.
        size: [height, width] to which images are resized.
        range: [low, high] of the raw values that become 0 and 1 (images and arrays).
        margin: pixels of ``size`` that stay empty on every side of the image.

    Raises:
        UserError: missing or unreadable files, objects that would need unpickling, lengths that differ.
    """
    import numpy as np

    from dlx.dataset import Dataset, examples_table
    from dlx.readers import _classes, _labels, _scale
    from dlx.readers._content import hash_rows
    from dlx.readers._files import existing

    size, range = _scale.check_size(size), _scale.check_range(range)
    margin = _scale.check_margin(margin, size)
    file = existing(path)
    if file.suffix == ".npy":
        blocks, notes = _two_files(file, y), []
    else:
        blocks, notes = _one_file(file, x, y, group)
    features, labels, split, groups = blocks
    if len(features) != len(labels):
        raise UserError("features and labels differ in length", value=[len(features), len(labels)], where=str(path))
    if not len(features):
        raise UserError("there is no example", where=str(path))
    targets, label_names, said = _labels.from_array(labels, where=str(path))
    if classes:
        targets = _classes.joined(targets, classes, folder=file.parent, where=str(path))
    payload, kind, shaped = _payload(features, kind, size, margin, range, str(path))
    examples = examples_table(hash_rows(np.asarray(features)), targets)
    for name, values in (("split", split), ("group", groups)):
        if values is not None:
            examples[name] = values
    return Dataset(file.stem, examples, payload, kind, label_names, notes=(*notes, *said, *shaped))


def _load(file: Path) -> np.ndarray | np.lib.npyio.NpzFile:
    import zipfile

    import numpy as np

    try:
        return np.load(file, allow_pickle=False)
    except (ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
        # of anything that is no array file NumPy says that it is pickled, and advises to unpickle it
        reason = "it is damaged, or holds objects" if "pickle" in str(error) else str(error)
        raise UserError(
            f"not a readable .npy or .npz file: {reason}",
            value=str(file),
            hint="Save plain numbers or text with numpy.savez; nothing is unpickled.",
        ) from error


def _member(archive, key: str, file: Path) -> np.ndarray:
    import zipfile

    try:
        return archive[key]
    except (ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise UserError(
            f"array {key!r} cannot be read: {error}",
            where=str(file),
            hint="Nothing is unpickled: save numbers or text.",
        ) from error


def _two_files(file: Path, y: str | None) -> tuple:
    from dlx.readers._files import existing

    if y is None:
        raise UserError("an .npy file of features needs its labels", where=str(file), hint="Give y: labels.npy.")
    beside = file.parent / y
    return _load(file), _load(existing(beside if beside.exists() else y)), None, None


def _one_file(file: Path, x: str | None, y: str | None, group: str | None) -> tuple:
    import numpy as np

    with _load(file) as archive:
        keys = list(archive)
        for name in (x, y, group):
            if name is not None and name not in keys:
                raise unknown("array", name, keys, where=str(file))
        divided = [s for s in ("train", "val", "valid", "dev", "test") if {f"x_{s}", f"y_{s}"} <= set(keys)]
        if x is None and y is None and "train" in divided and len(divided) > 1:
            parts = [(_member(archive, f"x_{s}", file), _member(archive, f"y_{s}", file)) for s in divided]
            if len({part[0].shape[1:] for part in parts}) > 1:
                raise UserError("the parts differ in shape", value=[p[0].shape for p in parts], where=str(file))
            for part, name in zip(parts, divided, strict=True):
                if len(part[0]) != len(part[1]):
                    raise UserError(
                        f"x_{name} and y_{name} differ in length", value=[len(part[0]), len(part[1])], where=str(file)
                    )
            from dlx.dataset import split_name

            split = [split_name(s) for s, part in zip(divided, parts, strict=True) for _ in part[0]]
            features, labels = (np.concatenate([part[i] for part in parts]) for i in (0, 1))
            return (features, labels, split, None), [f"arrays are divided already: {', '.join(divided)}"]
        notes = []
        found = {"x": x or _guess(keys, _X, "x", file), "y": y or _guess(keys, _Y, "y", file)}
        if x is None or y is None:
            notes.append(f"features are array {found['x']!r}, labels are array {found['y']!r}")
        groups = None if group is None else [str(g) for g in _member(archive, group, file).tolist()]
        return (_member(archive, found["x"], file), _member(archive, found["y"], file), None, groups), notes


def _guess(keys: list[str], names: tuple[str, ...], role: str, file: Path) -> str:
    for name in names:
        if name in keys:
            return name
    raise UserError(
        f"cannot tell which array is {role}",
        value=keys,
        where=str(file),
        hint=f"Say it: {role}: {keys[0] if keys else 'name'}.",
    )


def _payload(features, kind, size, margin, range, where: str):
    import numpy as np

    from dlx.payloads import Arrays, TensorSpec
    from dlx.readers import _scale

    if features.dtype.kind not in "biuf" or features.ndim < 1:
        raise UserError("features must be numbers, examples first", value=str(features.dtype), where=where)
    kinds, notes = ("image", "table", "array"), []
    if kind is None:
        kind = _kind(features)
        notes.append(f"arrays of shape {features.shape[1:]}, {features.dtype}, were read as {kind}")
    if kind not in kinds:
        raise unknown("kind", kind, kinds, where=where)
    if kind == "image":
        if features.ndim not in (3, 4):
            raise UserError(
                "images are (n, height, width) or (n, height, width, channels)", value=features.shape, where=where
            )
        stack, said = _scale.images(features, size=size, margin=margin, range=range, where=where)
        return _scale.image_payload(stack), kind, notes + said
    if size is not None:
        raise UserError("size: is for images", value=list(size), where=where, hint="Add kind: image, or leave it out.")
    if np.isinf(features).any():
        raise UserError("a feature is infinite", where=where, hint="Replace it by NaN (missing) or a number.")
    if kind == "array" and np.isnan(features).any():
        broken = np.flatnonzero(np.isnan(features).any(axis=tuple(np.arange(1, features.ndim))))
        raise UserError(
            f"{len(broken)} of {len(features)} examples hold NaN, and only columns of a table are imputed",
            where=f"{where}, row {broken[0] + 1}",
            hint="Fill them in, leave those examples out, or add kind: table.",
        )
    numbers = _scale.to_unit(features, range, where=where) if range else np.asarray(features, dtype=np.float32)
    if kind == "table":
        numbers = numbers.reshape(len(numbers), -1)
        names = tuple(f"x{i}" for i in np.arange(numbers.shape[1]))
        return Arrays({"numbers": numbers}, (TensorSpec("numbers", numbers.shape[1:], "float32", names),)), kind, notes
    return Arrays({"array": numbers}, (TensorSpec("array", numbers.shape[1:], "float32"),)), kind, notes


def _kind(features: np.ndarray) -> str:
    if features.ndim <= 2:
        return "table"
    if features.ndim == 4 and features.shape[-1] in (1, 3, 4):
        return "image"
    return "image" if features.ndim == 3 and features.dtype.name == "uint8" else "array"
