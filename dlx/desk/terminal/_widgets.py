"""An example on the screen: picture, text or row, and a caption."""

from __future__ import annotations

from typing import Any

from rich.segment import Segment
from rich.text import Text
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.geometry import Size
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Static

from dlx.desk._exhibits import Exhibit
from dlx.desk.terminal._pixels import Ink, drawn
from dlx.desk.terminal._texts import readable, visible

__all__ = ["Shown"]


class _Picture(Widget):
    """A picture in the middle of its place."""

    DEFAULT_CSS = "_Picture { width: 1fr; height: 1fr; }"

    def __init__(self, ink: Ink, **facts: Any):
        super().__init__(**facts)
        self._ink: Ink = ink
        self._media = b""
        self._lines: tuple[Size | None, list[Strip]] = (None, [])

    def show(self, media: bytes) -> None:
        """Draw another picture."""
        self._media, self._lines = media, (None, [])
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """One line of cells, as Textual asks for them."""
        if self._lines[0] != self.size:
            self._lines = (self.size, self._strips(self.size))
        lines = self._lines[1]
        return lines[y] if y < len(lines) else Strip.blank(self.size.width, self.rich_style)

    def _strips(self, size: Size) -> list[Strip]:
        if not self._media or not size.width or not size.height:
            return []
        style = self.rich_style
        try:
            lines = drawn(self._media, size.width, size.height, self._ink)
        except ValueError as error:
            return [Strip([Segment(visible(error))]).adjust_cell_length(size.width, style)]
        left = max(0, (size.width - sum(segment.cell_length for segment in lines[0])) // 2)
        strips = [Strip([Segment(" " * left), *line]).adjust_cell_length(size.width) for line in lines]
        return [strip.apply_style(style) for strip in strips]


class Shown(VerticalScroll, can_focus=False):
    """One exhibit with its caption."""

    DEFAULT_CSS = """
    Shown { width: 1fr; height: 1fr; padding: 0 1; scrollbar-size-vertical: 1; }
    Shown #caption { height: auto; text-align: center; color: $text-muted; }
    Shown #words { width: 1fr; height: auto; }
    """

    def __init__(self, ink: Ink, **facts: Any):
        super().__init__(**facts)
        self._ink: Ink = ink

    def compose(self) -> ComposeResult:
        yield Static(id="caption", markup=False)
        yield _Picture(self._ink, id="picture")
        yield Static(id="words", markup=False)

    def show(self, shown: Exhibit, caption: str = "") -> None:
        """Show another exhibit, from its beginning."""
        picture = shown.kind == "image"
        self.query_one("#caption", Static).update(Text(visible(caption)))
        self.query_one("#caption").display = bool(caption)
        self.query_one("#picture").display = picture
        self.query_one("#words").display = not picture
        if picture:
            self.query_one("#picture", _Picture).show(shown.media)
        else:
            self.query_one("#words", Static).update(readable(shown))
        self.scroll_home(animate=False)
