"""The Textual app: which terminal it is, and the one screen."""

from __future__ import annotations

import os
import sys
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from textual.app import App
from textual.binding import BindingType
from textual.color import Color
from textual.filter import LineFilter

from dlx.desk._desk import Desk
from dlx.desk.terminal._pixels import Ink
from dlx.desk.terminal._screen import DeskScreen

__all__ = ["DeskApp", "ink_of"]

_LETTERS = {
    ord(char): letter
    for letter, chars in {
        "#": "█▀▄▌▐▓", "+": "▒╭╮╰╯┌┐└┘├┤┬┴┼", ".": "░…", "-": "·–—─━", "_": "▁▂", "=": "▔═", "|": "│┃║", "*": "•●",
        "v": "✓", "x": "×", "o": "○", "?": "\N{REPLACEMENT CHARACTER}", "^": "▲▴▔", "V": "▼▾",
    }.items()
    for char in chars
}  # fmt: skip


class DeskApp(App[None]):
    """The desk in a terminal.

    Args:
        desk: what is asked, and where the answers go.
        ink: what pictures are drawn with; None sees what the terminal can.
    """

    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [("ctrl+c", "quit", "Quit"), ("ctrl+q", "quit", "Quit")]

    def __init__(self, desk: Desk, *, ink: Ink | None = None):
        self._desk, self._ink = desk, ink or ink_of()
        super().__init__(ansi_color=True if self._ink != "colour" else None)
        self._letters = _Letters()

    def get_default_screen(self) -> DeskScreen:
        return DeskScreen(self._desk, self._ink)

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Letters only, where the terminal's encoding has no more."""
        filters = super().get_line_filters()
        return [*filters, self._letters] if self._ink == "ascii" else filters


def ink_of(environ: Any = None, encoding: str | None = None) -> Ink:
    """What a terminal can show: colours, blocks without colours (``NO_COLOR``), or letters only.

    Args:
        environ: variables; default: the process's.
        encoding: of what is written; default: that of stderr, where Textual draws.
    """
    environ = os.environ if environ is None else environ
    encoding = encoding or getattr(sys.__stderr__, "encoding", None) or "ascii"
    try:
        "▀█│".encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return "ascii"
    if environ.get("TERM") in ("dumb", "vt100", "vt220"):
        return "ascii"
    return "shades" if environ.get("NO_COLOR") else "colour"


class _Letters(LineFilter):
    """Every cell as ASCII: letters without their accents, lines as dashes, the rest as ``?``."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        return [
            segment if segment.control or segment.text.isascii() else Segment(_ascii(segment.text), segment.style)
            for segment in segments
        ]


@lru_cache(4096)
def _ascii(text: str) -> str:
    return "".join(_letter(char) for char in text)


def _letter(char: str) -> str:
    if char.isascii():
        return char
    plain = unicodedata.normalize("NFKD", char.translate(_LETTERS)).encode("ascii", "ignore").decode()
    wide = cell_len(char)
    return plain if len(plain) == wide else "?" * wide
