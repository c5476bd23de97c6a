"""Images: a folder per class (also divided in train/val/test), or list files with paths and labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlx.errors import UserError

if TYPE_CHECKING:
    from dlx.dataset import Dataset
    from dlx.payloads import Payload
    from dlx.readers._decode import Header
    from dlx.readers._pixels import Pixels

__all__ = ["read"]

#: (height, width) where images differ in size and none is asked for
_DEFAULT_SIZE = (96, 96)
_MEND = "Name a folder with room in DLX_CACHE, or give a smaller size"


def read(
    path: str,
    *,
    list: str | list | dict | None = None,
    image: str | int | None = None,
    label: str | int | list | dict | None = None,
    group: str | int | None = None,
    meta: list = (),
    level: int | dict = 1,
    classes: dict | list | str | None = None,
    size: list | int | None = None,
    channels: int | None = None,
    range: list | None = None,
    strict: bool = False,
) -> Dataset:
    """Read image files; every one is decoded once, so that broken files are found before training.

    Args:
        path: the folder.
        list: list file(s) with paths relative to ``path`` and labels: one, several, or split → file.
        image: column of the list with the path, by name or number from 1; guessed and said when not given.
        label: column of the list with the label; the one after the path when not given. A list of columns, or label
            name → column, for several labels (task multilabel or multitask).
        group: column of the list whose rows belong together (a person, a video).
        meta: columns of the list kept for slices.
        level: without a list, which folder below ``path`` names the class: 1 the first, -1 the one that holds the file.
            For several labels label name → level, {aisle: 1, kind: 2}; unknown where the folders are not so deep.
        classes: new class → the labels that it joins, e.g. {apple: [gala, fuji], pear: pear}; every label is in one.
            Or a CSV file "label, new class" (relative to ``path``); of more columns [file, label column, class column].
        size: [height, width]; images are stretched to it. Not given: their common size, else 96×96.
        channels: 1 grey or 3 colour; not given: 1 if all are grey.
        range: [low, high] of 8-bit values that become 0 and 1; else 0–255.
        strict: an unreadable file is an error instead of being set aside and counted.

    Raises:
        UserError: no images, one class, unreadable files with ``strict`` or without any readable one.
    """
    import warnings

    from PIL import Image

    from dlx.dataset import Dataset, examples_table
    from dlx.readers import _aside, _classes, _decode, _image_lists, _scale
    from dlx.readers._files import existing
    from dlx.readers._progress import track

    size, range = _scale.check_size(size), _scale.check_range(range)
    if channels not in (None, 1, 3):
        raise UserError("channels is 1 (grey) or 3 (colour)", value=channels, where="reader images")
    folder = existing(path, kind="folder")
    if list is None:
        listing = _image_lists.from_folders(folder, level)
    else:
        extra = [column for column in (group, *meta) if column is not None]
        listing = _image_lists.from_list(folder, list, image=image, label=label, extra=extra)
    if classes:
        listing.table["y"] = _classes.joined(listing.table["y"], classes, folder=folder, where=str(folder))
    paths = listing.table["path"].tolist()
    keep = _fit_in_memory(paths)
    with warnings.catch_warnings(action="ignore", category=Image.DecompressionBombWarning):
        headers = [*track(_decode.in_threads(_decode.header, paths, keep), len(paths), "Looking at images")]
    size, channels, notes = _form(headers, size, channels)
    range = None if range == (0.0, 255.0) else range
    with warnings.catch_warnings(action="ignore", category=Image.DecompressionBombWarning):
        payload, faults, where = _payload(paths, headers, size, channels, range)
    notes += [where] if where else []
    table, aside = _aside.divide(listing.table, faults, strict, folder)
    notes += _aside.lost(listing.table["y"], table["y"], aside)
    kept = [head.content for head, fault in zip(headers, faults, strict=True) if not fault]
    columns = {"split": table["split"], "path": table["path"]}
    if group is not None:
        columns["group"] = [value or None for value in table[str(group)]]
    columns |= {f"meta_{name}": table[str(name)] for name in meta}
    names = listing.label_names
    y = table["y"] if names else table["y"].astype(str)
    examples = examples_table(kept, y, **{k: [*v] for k, v in columns.items()})
    return Dataset(folder.name, examples, payload, "image", names, aside, (*listing.notes, *notes))


def _form(headers: list[Header], size, channels: int | None) -> tuple[tuple[int, int], int, list[str]]:
    """Size and channels for all, and what was chosen."""
    from collections import Counter

    good = [head for head in headers if not head.fault]
    notes = []
    sizes = Counter(head.size for head in good)
    if size is None:
        size = next(iter(sizes)) if len(sizes) == 1 else _DEFAULT_SIZE
        if len(sizes) > 1:
            notes.append(
                f"images come in {len(sizes)} sizes: all are stretched to {size[0]}×{size[1]} pixels (size: sets it)"
            )
    elif set(sizes) - {size}:
        notes.append(f"images are stretched to {size[0]}×{size[1]} pixels")
    clear, several = sum(head.clear for head in good), sum(head.frames for head in good)
    if clear:
        notes.append(f"what is transparent in {clear:,} image{'s' * (clear > 1)} lies on white")
    if several:
        notes.append(f"{several:,} file{'s' * (several > 1)} with several pictures: the first is read")
    if channels is None:
        channels = 1 if good and all(head.grey for head in good) else 3
    return size, channels, notes


def _fit_in_memory(paths: list[str]) -> bool:
    """Whether the files, opened but not decoded, fit in an eighth of the free memory: then they are read only once."""
    import os

    from dlx import memory

    # some kilobytes of an opened image are Pillow's own
    sizes = sum(os.path.getsize(path) + 10_000 for path in paths if os.path.isfile(path))
    return sizes < memory.available_memory() / 8


def _payload(paths: list[str], headers: list[Header], size, channels: int, scale) -> tuple[Payload, list[str], str]:
    """The payload of the readable files, the fault of each file ("" for none), and where the pixels are.

    They are in memory where they fit, else in a file on disk, else they are decoded again whenever they are taken.
    """
    from dlx import memory
    from dlx.readers import _decode, _pixels
    from dlx.readers._progress import track

    hopeful = [i for i, head in enumerate(headers) if not head.fault]

    def decoded(again: bool = False):
        # an opened file is closed when it is decoded
        sources = [paths[i] if again else headers[i].image or paths[i] for i in hopeful]
        images = _decode.in_threads(_decode.decode, sources, size, channels)
        return track(images, len(sources), "Reading images")

    nbytes = len(hopeful) * size[0] * size[1] * channels * (1 if scale is None else 4)
    if memory.fits_in_memory(nbytes):
        payload, found = _held(decoded(), len(hopeful), size, channels, scale)
        note = ""
    else:
        kept = _pixels.keep([headers[i].content for i in hopeful], size, channels, decoded)
        if isinstance(kept, str):
            found = {k: image for k, image in enumerate(decoded(again=True)) if isinstance(image, str)}
            readable = tuple(paths[i] for k, i in enumerate(hopeful) if k not in found)
            payload = _decode.ImageFiles(readable, size, channels, scale)
            note = f"the images do not fit in memory and are decoded for every batch, which is slow: {kept}. {_MEND}"
        else:
            payload, found = _mapped(kept, scale), kept.faults
            note = f"the images do not fit in memory: their pixels are in {kept.file}, where later runs find them"
    faults = [head.fault for head in headers]
    for k, reason in found.items():
        faults[hopeful[k]] = reason
    return payload, faults, note


def _held(decoded, n: int, size, channels: int, scale) -> tuple[Payload, dict[int, str]]:
    """The payload in memory, and position → fault."""
    import numpy as np

    from dlx.readers import _scale

    stack, faults, row = np.empty((n, *size, channels), np.uint8), {}, 0
    for position, image in enumerate(decoded):
        if isinstance(image, str):
            faults[position] = image
        else:
            stack[row] = image
            row += 1
    stack = stack[:row]
    if scale is not None and row:
        stack = _scale.to_unit(stack, scale, where="reader images")
    return _scale.image_payload(stack), faults


def _mapped(kept: Pixels, scale) -> Payload:
    """The payload on disk; values outside the range are found now, as they are in memory."""
    import numpy as np

    from dlx.payloads import Mapped
    from dlx.readers import _scale

    rows = np.setdiff1d(np.arange(len(kept.stack)), list(kept.faults))
    if scale is not None and len(rows):
        _scale.to_unit(np.array([kept.least, kept.most]), scale, where="reader images")
    return Mapped(kept.stack, rows, scale)
