"""Data sets that come with scikit-learn: digits, breast_cancer, wine, iris, diabetes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlx.errors import UserError, unknown

if TYPE_CHECKING:
    from dlx.dataset import Dataset

__all__ = ["read"]

_NAMES = ("breast_cancer", "diabetes", "digits", "iris", "wine")


def read(
    name: str,
    *,
    size: list | int | None = None,
    range: list | None = None,
    margin: int = 0,
    attributes: dict | None = None,
    hide: float | dict = 0.0,
) -> Dataset:
    """Read a data set that scikit-learn carries.

    Args:
        name: ``digits`` (images, 8×8), ``breast_cancer``, ``wine``, ``iris`` (tables with classes) or ``diabetes``
            (table with a number).
        size: [height, width] to which images are resized.
        range: [low, high] of the raw values that become 0 and 1; of digits [0, 16] unless given.
        margin: pixels of ``size`` that stay empty on every side of the image.
        attributes: label name → the classes that have it: turns classes into several labels per example. Or label
            name → {class: the classes that it joins}: several tasks with classes of their own, for task: multitask.
        hide: share of those labels hidden by hash (None), in [0, 1); or label name → share.

    Raises:
        UserError: an unknown name, or arguments that do not fit the data.
    """
    import numpy as np
    from sklearn import datasets

    from dlx.dataset import Dataset, examples_table
    from dlx.payloads import Arrays, TensorSpec
    from dlx.readers import _labels, _scale
    from dlx.readers._content import hash_rows

    where = f"reader sklearn, {name}"
    if name not in _NAMES:
        raise unknown("scikit-learn data set", name, _NAMES, where="reader sklearn")
    size, range = _scale.check_size(size), _scale.check_range(range)
    margin = _scale.check_margin(margin, size)
    bunch = getattr(datasets, f"load_{name}")()
    if name == "digits":
        stack, notes = _scale.images(bunch.images, size=size, margin=margin, range=range or (0.0, 16.0), where=where)
        payload = _scale.image_payload(stack)
        content, kind = hash_rows(bunch.images), "image"
    else:
        if size or range:  # a margin needs a size
            raise UserError("size: and range: are for images", value=name, where=where, hint="Leave them out.")
        numbers, columns = bunch.data.astype(np.float32), tuple(str(c) for c in bunch.feature_names)
        payload = Arrays({"numbers": numbers}, (TensorSpec("numbers", numbers.shape[1:], "float32", columns),))
        content, kind, notes = hash_rows(bunch.data), "table", []
    y = _targets(bunch)
    label_names: tuple[str, ...] = ()
    if attributes:
        label_names = tuple(attributes)
        y = _labels.from_attributes(y, content, attributes, hide, where=where)
        notes.append(f"classes were turned into {len(label_names)} labels: {', '.join(label_names)}")
        if hide:
            shares = hide if isinstance(hide, dict) else {"all": hide}
            asked = ", ".join(f"{name} {share:.0%}" for name, share in shares.items()).removeprefix("all ")
            notes.append(f"{_share_hidden(y):.1%} of the labels are hidden by hash (asked: {asked})")
    return Dataset(name, examples_table(content, y), payload, kind, label_names, notes=tuple(notes))


def _targets(bunch) -> list:
    if "target_names" not in bunch:  # diabetes: a number
        return [float(value) for value in bunch.target]
    return [str(bunch.target_names[i]) for i in bunch.target]


def _share_hidden(y: list) -> float:
    return sum(v is None for row in y for v in row) / max(sum(len(row) for row in y), 1)
