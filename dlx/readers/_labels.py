"""Labels as the examples table holds them: text for classes, float for numbers, lists for several labels."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

import numpy as np

from dlx.errors import UserError

__all__ = ["from_array", "from_attributes", "several"]


def from_array(y: np.ndarray, *, where: str) -> tuple[list, tuple[str, ...], list[str]]:
    """Labels of an array: (y, label_names, notes).

    Whole numbers, booleans and text are classes; numbers with a fraction are numbers; a row of 0/1 with a single 1
    everywhere is one-hot; any other (n, k) of 0/1 (NaN: unknown) holds k labels.

    Raises:
        UserError: NaN labels, or an array of another shape.
    """
    y = np.asarray(y)
    if y.ndim == 2 and y.shape[1] == 1:
        y = y[:, 0]
    if y.ndim == 2:
        return _matrix(y, where)
    if y.ndim != 1:
        raise UserError("labels are (n,) or (n, labels)", value=y.shape, where=where)
    if y.dtype.kind in "fc":
        _no_nan(~np.isfinite(y), where)
        if np.any(y != np.round(y)):
            return [float(v) for v in y], (), []
        return [str(int(v)) for v in y], (), []
    return [v.decode() if isinstance(v, bytes) else str(v) for v in y.tolist()], (), []


def _matrix(y: np.ndarray, where: str) -> tuple[list, tuple[str, ...], list[str]]:
    values = np.asarray(y, dtype=np.float64)
    known = ~np.isnan(values)
    if np.any(known & (values != 0) & (values != 1)):
        bad = values[known & (values != 0) & (values != 1)][0]
        raise UserError("labels in (n, labels) are 0, 1 or NaN for unknown", value=float(bad), where=where)
    if known.all() and np.all(values.sum(axis=1) == 1):
        return [str(i) for i in values.argmax(axis=1)], (), ["labels were one-hot: read as classes by position"]
    rows = [[int(v) if k else None for v, k in zip(*pair, strict=True)] for pair in zip(values, known, strict=True)]
    names = tuple(f"label_{i}" for i in range(values.shape[1]))
    return rows, names, [f"{len(names)} labels per example, named {names[0]} to {names[-1]}"]


def several(columns: Mapping[str, np.ndarray], *, where: str) -> list[list[int | None]]:
    """Several yes/no columns as lists of 1, 0 and None (missing).

    Args:
        columns: label name → (n,) text.
        where: file, for messages.

    Raises:
        UserError: a value that is neither yes, no nor missing, with its row.
    """
    words = {"1": 1, "0": 0, "1.0": 1, "0.0": 0, "true": 1, "false": 0, "yes": 1, "no": 0, "": None, "nan": None}
    lists = []
    for name, values in columns.items():
        said = [words.get(str(value).strip().lower(), "?") for value in values]
        if "?" in said:
            row = said.index("?")
            raise UserError(
                "one of several labels is 1, 0 or empty",
                value=str(values[row]),
                where=f"{where}, column {name!r}, row {row + 1}",
            )
        lists.append(said)
    return [list(row) for row in zip(*lists, strict=True)]


def from_attributes(
    y: Sequence[str], content: Sequence[str], attributes: Mapping[str, Sequence], hide: float, *, where: str
) -> list[list[int | None]]:
    """Classes turned into several labels, a share of them hidden by hash.

    Args:
        y: class of each example.
        content: its content; equal contents hide the same labels.
        attributes: label name → the classes that have it.
        hide: share of labels to hide, in [0, 1).
        where: reader and name, for messages.

    Raises:
        UserError: an attribute of a class that does not exist, or a share outside [0, 1).
    """
    if isinstance(hide, bool) or not isinstance(hide, (int, float)) or not 0 <= hide < 1:
        raise UserError("hide is a share in [0, 1)", value=hide, where=where)
    classes = set(y)
    has = {}
    for name, members in attributes.items():
        has[name] = {str(member) for member in members}
        if not has[name] <= classes:
            raise UserError(
                f"attribute {name!r} names classes that do not exist",
                value=sorted(has[name] - classes),
                where=where,
                hint=f"Classes: {', '.join(sorted(classes))}.",
            )

    def hidden(key: str, name: str) -> bool:
        digest = hashlib.blake2b(f"{key}\t{name}".encode(), digest_size=8).digest()
        return int.from_bytes(digest, "little") < hide * 2**64

    return [
        [None if hidden(key, name) else int(label in members) for name, members in has.items()]
        for label, key in zip(y, content, strict=True)
    ]


def _no_nan(bad: np.ndarray, where: str) -> None:
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        raise UserError(
            f"{int(bad.sum())} of {len(bad)} examples have no label (NaN)",
            where=f"{where}, row {row + 1}",
            hint="Fill the labels in, or leave those examples out.",
        )
