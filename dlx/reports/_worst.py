"""The worst errors as cards: a picture, a row of features or a text, and what was said."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dlx.reports._numbers import Measure, known, number, plain

__all__ = ["IMAGE", "Card", "cards"]

#: raster images only: a picture must not be able to fetch or run anything
IMAGE = re.compile(r"data:image/(png|jpeg|webp|gif);base64,[A-Za-z0-9+/=\s]+")

#: more cards than this nobody looks at
MOST = 24


@dataclass(frozen=True)
class Card:
    """One example.

    Attributes:
        kind: image, row or text.
        image: a data URI, or empty.
        coarse: so few pixels that they should be seen as such.
        fields: names and values of the row, the first ones.
        more: the other fields.
        text: the text.
        pred: what was predicted.
        true: what is true.
        note: error, loss and source in words.
        id: the example's id.
    """

    kind: str
    image: str
    coarse: bool
    fields: Sequence[tuple[str, str]]
    more: Sequence[tuple[str, str]]
    text: str
    pred: str
    true: str
    note: str
    id: str


def cards(worst: Sequence[Mapping[str, Any]], measure: Measure, names: Sequence[str] = ()) -> list[Card]:
    """Cards of the first examples.

    Args:
        worst: as in :class:`dlx.reports._contents.Contents`.
        measure: how errors are written.
        names: the labels' names, where there are several labels per example.
    """
    return [_card(example, measure, names) for example in list(worst)[:MOST]]


def _card(example: Mapping[str, Any], measure: Measure, names: Sequence[str]) -> Card:
    image = str(example.get("image") or "")
    image = image if IMAGE.fullmatch(image) else ""
    fields = [(str(k), plain(v)) for k, v in (example.get("row") or {}).items()]
    text = str(example.get("text") or "")
    kind = "image" if image else "row" if fields else "text" if text else "bare"
    return Card(
        kind,
        image,
        _width(image) < 64,
        fields[:6],
        fields[6:],
        text if len(text) <= 600 else f"{text[:600]}…",
        _label(example.get("y_pred"), names, measure),
        _label(example.get("y_true"), names, measure),
        _note(example, measure),
        str(example.get("id") or ""),
    )


def _width(image: str) -> float:
    """Width of a PNG in pixels, from its header; of other formats, which are used for photographs, infinite."""
    head, _, content = image.partition(",")
    if "png" not in head:
        return float("inf")
    return int.from_bytes(base64.b64decode(content[:32])[16:20], "big")


def _label(value: Any, names: Sequence[str], measure: Measure) -> str:
    """A label for people: the names of several labels that are on, a number with its digits."""
    if isinstance(value, (list, tuple)) and any(isinstance(v, str) for v in value):
        return ", ".join("?" if v is None else str(v) for v in value)
    if isinstance(value, (list, tuple)):
        said = [str(names[i]) if i < len(names) else str(i + 1) for i, v in enumerate(value) if v]
        return ", ".join(said) or "none"
    if isinstance(value, float):
        return number(value, 4)
    return "" if value is None else str(value)


def _note(example: Mapping[str, Any], measure: Measure) -> str:
    parts = []
    error = example.get("error")
    if known(error) and not (measure.bounded and error in (0, 1)):
        parts.append(f"off by {measure.value(error)}" if not measure.bounded else f"error {measure.value(error)}")
    if known(example.get("loss")) and measure.bounded:
        parts.append(f"loss {number(example['loss'], 2)}")
    if example.get("source"):
        parts.append(str(example["source"]))
    return " · ".join(parts)
