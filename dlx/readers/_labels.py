"""Labels as the examples table holds them: text for classes, float for numbers, lists for several labels."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

import numpy as np

from dlx.errors import UserError, unknown

__all__ = ["from_array", "from_attributes", "several"]

_YES_NO = {"1": 1, "0": 0, "1.0": 1, "0.0": 0, "true": 1, "false": 0, "yes": 1, "no": 0}
_MISSING = ("", "nan")


def from_array(y: np.ndarray, *, where: str) -> tuple[list, tuple[str, ...], list[str]]:
    """Labels of an array: (y, label_names, notes).

    Whole numbers, booleans and text are classes; numbers with a fraction are numbers; a row of 0/1 with a single 1
    everywhere is one-hot; any other (n, k) of 0/1 (NaN: unknown) holds k labels, and text (n, k) ("": unknown) the
    classes of k tasks.

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
    if y.dtype.kind in "US":
        text = [v.decode() if isinstance(v, bytes) else str(v) for v in y.ravel().tolist()]
        names = tuple(f"label_{i}" for i in range(y.shape[1]))
        columns = dict(zip(names, np.array(text, dtype=object).reshape(y.shape).T, strict=True))
        return several(columns, where=where), names, [_told(names)]
    values = np.asarray(y, dtype=np.float64)
    known = ~np.isnan(values)
    if np.any(known & (values != 0) & (values != 1)):
        bad = values[known & (values != 0) & (values != 1)][0]
        raise UserError("labels in (n, labels) are 0, 1 or NaN for unknown", value=float(bad), where=where)
    if known.all() and np.all(values.sum(axis=1) == 1):
        return [str(i) for i in values.argmax(axis=1)], (), ["labels were one-hot: read as classes by position"]
    rows = [[int(v) if k else None for v, k in zip(*pair, strict=True)] for pair in zip(values, known, strict=True)]
    names = tuple(f"label_{i}" for i in range(values.shape[1]))
    return rows, names, [_told(names)]


def _told(names: Sequence[str]) -> str:
    return f"{len(names)} labels per example, named {names[0]} to {names[-1]}"


def several(columns: Mapping[str, np.ndarray], *, where: str) -> list[list[int | str | None]]:
    """Several columns of labels as lists: of 1, 0 and None (missing), or of class names and None.

    A column of which most known values are neither yes nor no holds classes, and with one such column all do.

    Args:
        columns: label name → (n,) text.
        where: file, for messages.

    Raises:
        UserError: among columns of yes and no a value that is neither, with its row.
    """
    texts = {name: [str(value).strip() for value in values] for name, values in columns.items()}
    if any(_holds_classes(values) for values in texts.values()):
        made = [[None if value.lower() in _MISSING else value for value in values] for values in texts.values()]
        return [list(row) for row in zip(*made, strict=True)]
    words = _YES_NO | dict.fromkeys(_MISSING)
    lists = []
    for name, values in texts.items():
        said = [words.get(value.lower(), "?") for value in values]
        if "?" in said:
            row = said.index("?")
            raise UserError(
                "one of several labels is 1, 0 or empty",
                value=values[row],
                where=f"{where}, column {name!r}, row {row + 1}",
                hint="Where numbers stand for classes, write them as words (two, three): task multitask learns them.",
            )
        lists.append(said)
    return [list(row) for row in zip(*lists, strict=True)]


def _holds_classes(values: Sequence[str]) -> bool:
    known = [value.lower() for value in values if value.lower() not in _MISSING]
    return sum(value not in _YES_NO for value in known) > len(known) / 2


def from_attributes(
    y: Sequence[str],
    content: Sequence[str],
    attributes: Mapping[str, Sequence | Mapping[str, Sequence]],
    hide: float | Mapping[str, float],
    *,
    where: str,
) -> list[list[int | str | None]]:
    """Classes turned into several labels, a share of them hidden by hash.

    Args:
        y: class of each example.
        content: its content; equal contents hide the same labels.
        attributes: label name → the classes that have it; or, for a task of its own, its class → the classes that it
            joins, and those in none of them are unknown. With one such task a yes/no label has the classes yes and no.
        hide: share of labels to hide, in [0, 1); or label name → share.
        where: reader and name, for messages.

    Raises:
        UserError: an attribute of a class that does not exist, a class in two, or a share outside [0, 1).
    """
    shares = dict(hide) if isinstance(hide, Mapping) else dict.fromkeys(attributes, hide)
    for name, share in shares.items():
        if name not in attributes:
            raise unknown("label", str(name), attributes, where=f"{where}, hide")
        if isinstance(share, bool) or not isinstance(share, (int, float)) or not 0 <= share < 1:
            raise UserError("hide is a share in [0, 1)", value=share, where=where)
    classes = set(y)
    tasks = any(isinstance(members, Mapping) for members in attributes.values())
    said = {name: _attribute(name, given, classes, tasks, where) for name, given in attributes.items()}

    def hidden(key: str, name: str) -> bool:
        digest = hashlib.blake2b(f"{key}\t{name}".encode(), digest_size=8).digest()
        return int.from_bytes(digest, "little") < shares.get(name, 0.0) * 2**64

    return [
        [None if hidden(key, name) else value.get(label) for name, value in said.items()]
        for label, key in zip(y, content, strict=True)
    ]


def _attribute(name: str, given, classes: set[str], tasks: bool, where: str) -> dict[str, int | str]:
    """Class of the data → the label."""
    if isinstance(given, Mapping):
        parts = {
            str(new): members if isinstance(members, (list, tuple)) else [members] for new, members in given.items()
        }
    else:
        parts = {"yes" if tasks else 1: given}
    made: dict[str, int | str] = {}
    for new, members in parts.items():
        for member in map(str, members):
            if member in made:
                raise UserError("a class belongs to one class of a task", value=member, where=f"{where}, {name!r}")
            made[member] = new
    if not set(made) <= classes:
        raise UserError(
            f"attribute {name!r} names classes that do not exist",
            value=sorted(set(made) - classes),
            where=where,
            hint=f"Classes: {', '.join(sorted(classes))}.",
        )
    if isinstance(given, Mapping):
        return made
    return made | dict.fromkeys(classes - set(made), "no" if tasks else 0)


def _no_nan(bad: np.ndarray, where: str) -> None:
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        raise UserError(
            f"{int(bad.sum())} of {len(bad)} examples have no label (NaN)",
            where=f"{where}, row {row + 1}",
            hint="Fill the labels in, or leave those examples out.",
        )
