"""Examples made visible: picture, sound, text or row, and the nearest training example beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

__all__ = ["Exhibit", "Exhibits", "NoExhibits"]


@dataclass(frozen=True)
class Exhibit:
    """One example as people see it.

    Attributes:
        kind: ``image``, ``audio``, ``text``, ``row`` or ``none`` (nothing can be shown, ``text`` says why).
        media: the bytes of a picture or a sound, fit for a browser.
        mime: their type, such as ``image/png`` or ``audio/wav``.
        text: what is to be read; for pictures and sounds a caption.
        row: column → value, for tables.
        label: its label, for a neighbour.
    """

    kind: str
    media: bytes = b""
    mime: str = ""
    text: str = ""
    row: Mapping[str, str] = field(default_factory=dict)
    label: str = ""


class Exhibits(Protocol):
    """Where exhibits come from; asked from several threads, and only for what is on the screen or about to be."""

    def ready(self) -> bool:
        """Whether answers come at once; False while the data are still being read."""

    def example(self, example: str) -> Exhibit:
        """The example of that id; of kind ``none`` where its file is missing, broken or huge."""

    def neighbour(self, example: str) -> Exhibit | None:
        """The nearest example of train, with its label; None where that is not known."""


class NoExhibits:
    """For predictions that come without their inputs."""

    def ready(self) -> bool:
        return True

    def example(self, example: str) -> Exhibit:
        return Exhibit("none", text="The predictions come without their inputs (--images FOLDER shows pictures).")

    def neighbour(self, example: str) -> Exhibit | None:
        return None
