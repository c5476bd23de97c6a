"""The ladder as a picture in characters, the verdict in a sentence, and commands that can be copied."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from dlx.reports._characters import ASCII, UNICODE, Terse, picture
from dlx.reports._ladder_view import view
from dlx.reports._words import headline
from dlx.strategy.rungs import GAPS

if TYPE_CHECKING:
    from dlx.findings import Finding
    from dlx.strategy.ladder import Ladder

__all__ = ["render"]

_COLOURS = {"good_enough": "green", "decided": "red", "tie": "red"}
_MARKS = {"issue": ("!", "bold red"), "undecided": ("?", "yellow"), "tip": ("·", "cyan")}
_WIDEST = 120

#: For terminals that know no other letters.
_PLAIN = str.maketrans(
    {"\u00a0": " ", "−": "-", "–": "-", "→": "->", "…": "...", "·": "*", "×": "x", "’": "'", "≥": ">=", "≤": "<="}
)


def render(ladder: Ladder, findings: Sequence[Finding] = (), console: Console | None = None) -> None:
    """Print the ladder, its verdict, what to do next, and the findings that ask for something.

    Args:
        ladder: rungs, gaps, verdict and actions.
        findings: one per check; issues come first, passed ones are counted; the gaps' own are in the picture.
        console: where to print; stdout by default.
    """
    page = _Page(console or Console(highlight=False))
    document = ladder.to_dict()
    shown = view(document, Terse(ladder.metric, ladder.unit, ladder.bounded), ladder.target)
    page.line()
    unit = "%" if ladder.bounded else ladder.unit
    for line in picture(shown, page.width, unit, ASCII if page.ascii_only else UNICODE):
        page.line(line)
    page.line()
    colour = _COLOURS.get(ladder.verdict.status, "yellow")
    page.paragraph(headline(document["verdict"], document["gaps"]), style=f"bold {colour}")
    page.paragraph(ladder.verdict.reason)
    _actions(ladder, page)
    _findings(findings, page)


class _Page:
    """A console and how text is laid out on it: hanging indents, commands never broken, plain letters where needed."""

    def __init__(self, console: Console):
        self.console = console
        self.width = min(console.width, _WIDEST)
        self.ascii_only = console.options.ascii_only

    def line(self, text: Text | str = "", **how) -> None:
        text = text if isinstance(text, Text) else Text(text)
        if self.ascii_only:
            text.plain = text.plain.translate(_PLAIN).encode("ascii", "replace").decode()
        self.console.print(text, no_wrap=True, overflow="ignore", crop=False, **how)

    def paragraph(self, text: str, *, mark: str = "", style: str = "", mark_style: str = "bold") -> None:
        """Wrapped text; with a mark in front it hangs by three columns."""
        indent = 3 if mark else 0
        for i, part in enumerate(Text(text, style=style).wrap(self.console, min(self.width, 100) - indent)):
            part.rstrip()
            self.line(
                Text.assemble(
                    (f"{mark if i == 0 else '':>{max(indent - 1, 0)}}", mark_style), " " if mark else "", part
                )
            )

    def command(self, command: str) -> None:
        """What is copied is what runs: on one line, however long."""
        self.line(Text(f"   {command}", style="green"))


def _actions(ladder: Ladder, page: _Page) -> None:
    if not ladder.actions:
        return
    page.line()
    page.line(Text("What to do next", style="bold"))
    for number, action in enumerate(ladder.actions, start=1):
        page.paragraph(action.reason, mark=f"{number}.")
        if action.command:
            page.command(action.command)


def _findings(findings: Sequence[Finding], page: _Page) -> None:
    shown = [f for status in _MARKS for f in findings if f.status == status and f.code not in GAPS]
    passed = sum(finding.status == "passed" for finding in findings)
    if shown:
        page.line()
        page.line(Text("Findings", style="bold"))
    for finding in shown:
        mark, style = _MARKS[finding.status]
        page.paragraph(finding.title, mark=mark, mark_style=style)
        if finding.next_step.startswith("dlx "):
            page.command(finding.next_step)
        elif finding.next_step:
            page.paragraph(finding.next_step, mark=" ", style="dim")
    if passed:
        if not shown:
            page.line()
        page.line(Text(f"{passed} check{'s' if passed > 1 else ''} passed.", style="dim"))
