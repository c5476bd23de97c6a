"""A table of examples: CSV, TSV or Parquet; column roles are guessed where not said, and every guess is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dlx.dataset import Dataset

__all__ = ["read"]


def read(
    path: str,
    *,
    label: str | list | None = None,
    id: str | None = None,
    group: str | None = None,
    split: str | None = None,
    time: str | None = None,
    weight: str | None = None,
    meta: list = (),
    drop: list = (),
    features: list | None = None,
    numeric: list = (),
    categorical: list = (),
    classes: dict | list | str | None = None,
    names: list | None = None,
    sep: str | None = None,
) -> Dataset:
    """Read one row per example.

    Label text stays text (``NA`` and ``007`` survive); labels with a fraction are numbers. Features are float32 in the
    input ``numbers`` (NaN where missing) and text in the input ``categories`` ("" where missing).

    Args:
        path: ``.csv``, ``.tsv`` or ``.parquet`` file.
        label: label column; a list of columns for several labels, empty where unknown: of 1 and 0 (task multilabel) or
            of classes (task multitask).
        id: column with the user's key. For this and the next four: guessed when not given, "" for none.
        group: rows that are not independent (patient, speaker): never divided by a split.
        split: the user's own train/dev/test.
        time: for ``split_by: time``.
        weight: importance of each example, at least 0.
        meta: columns kept for slices, not learned from.
        drop: columns left out.
        features: the only columns to learn from, in this order; else all that have no other role.
        numeric: features that must be numbers.
        categorical: features that are words even where they look like numbers.
        classes: new class → the labels that it joins, e.g. {good: [6, 7, 8], poor: [3, 4, 5]}; every label is in one.
            Or a CSV file "label, new class" beside the table; with more columns [file, label column, class column].
        names: column names of a file without a header.
        sep: separator of a text file.

    Raises:
        UserError: anything in the file that does not fit, with its column and row.
    """
    from pathlib import Path

    import numpy as np

    from dlx.dataset import Dataset, examples_table
    from dlx.payloads import Arrays, TensorSpec
    from dlx.readers import _classes, _columns, _roles, _table
    from dlx.readers._content import hash_rows

    table = _table.load(path, sep=sep, names=names)
    singles = {"id": id, "group": group, "split": split, "time": time, "weight": weight}
    lists = {"meta": meta, "drop": drop, "numeric": numeric, "categorical": categorical}
    roles = _roles.assign(table, label=label, singles=singles, features=features, **lists)
    values = _columns.numbers(table, roles.numeric)
    texts = _columns.categories(table, roles.categorical)
    arrays, inputs = {}, []
    if roles.numeric:
        arrays["numbers"] = values.astype(np.float32)
        inputs.append(TensorSpec("numbers", (len(roles.numeric),), "float32", roles.numeric))
    if roles.categorical:
        arrays["categories"] = texts
        inputs.append(TensorSpec("categories", (len(roles.categorical),), "string", roles.categorical))
    raw = hash_rows(values, texts if roles.categorical else None)
    y, label_names = _columns.labels(table, roles.label)
    if classes:
        where = f"{path}, column {roles.label[0]!r}"
        y = _classes.joined(y, classes, folder=Path(path).parent, where=where)
    columns = _columns.singles(table, roles)
    keys = columns.pop("id", None)
    examples = examples_table(keys or raw, y, **columns)
    examples["raw"] = raw
    for name in roles.meta:
        examples[f"meta_{name}"] = table.frame[name].to_numpy()
    notes = (*table.notes, *roles.notes)
    return Dataset(Path(path).stem, examples, Arrays(arrays, tuple(inputs)), "table", label_names, notes=notes)
