"""Label errors in a terminal: what was looked at, the rate, whether to relabel, and what to do next."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from dlx.labelling._audit import STRATA
from dlx.labelling._result import LabelErrorReport, summary
from dlx.strategy.words import level

__all__ = ["headline", "render", "rows"]

#: For terminals that know no other letters.
_PLAIN = str.maketrans({"\u00a0": " ", "−": "-", "–": "-", "→": "->", "…": "...", "≤": "<="})
HEAD = ("stratum", "for", "examples", "asked", "decided", "wrong label")


def render(found: LabelErrorReport, console: Console) -> None:
    """Print it."""
    _say(console, headline(found))
    for text in (found.imported, "" if found.written is None else f"Written: {found.written}"):
        if text:
            _say(console, text, wrap=False)
    console.print()
    table = Table(box=None, pad_edge=False)
    for name in HEAD:
        table.add_column(name, justify="right" if name not in HEAD[:2] else "left")
    for row in rows(found):
        table.add_row(*(Text(cell) for cell in row))
    console.print(table)
    console.print()
    for text in conclusions(found):
        _say(console, text)
    for note in found.notes:
        _say(console, note, style="yellow")
    if found.steps:
        console.print()
        _say(console, "What to do next", style="bold")
        for number, (reason, command) in enumerate(found.steps, start=1):
            _say(console, f"{number}. {reason}")
            if command:
                _say(console, f"   {command}", style="green", wrap=False)


def headline(found: LabelErrorReport) -> str:
    """What was ranked, and how."""
    n = found.n_flagged
    flagged = f"{n:,} of {len(found.ranking.judged):,} labels are suspicious"
    return f"Labels of {found.ranking.data}: {flagged} ({found.ranking.how}). That is an order of review, not a rate."


def rows(found: LabelErrorReport) -> list[list[str]]:
    """One row per stratum that has examples, in the columns of ``HEAD``."""
    return [
        [s.name, STRATA[s.name], f"{s.total:,}", f"{s.asked:,}", f"{s.decided:,}", f"{s.wrong:,}" if s.decided else "–"]
        for s in found.judgement.strata
        if s.total
    ]


def conclusions(found: LabelErrorReport) -> list[str]:
    """What the votes say, one sentence or two each."""
    said = found.judgement
    told = [summary(found)]
    if said.test is not None:
        told.append(
            f"Test: {level(said.test.share)} wrong [{level(said.test.low)}, {level(said.test.high)}]; "
            "nothing was predicted there, and no look is counted."
        )
    line = said.labels
    if line.due_to_labels is not None and line.other is not None:
        due, rest = line.due_to_labels, level(line.other.share)
        limits = f"[{level(due.low)}, {level(due.high)}]" if due.low < due.high else "(all were looked at)"
        whole = f"Dev error {level(line.overall.share)}: {level(due.share)} due to labels {limits}, {rest} to the rest."
        told.append(f"{whole} {line.reason}")
    elif any(part.decided for part in said.strata):
        told.append(line.reason)
    if any(part.decided for part in said.strata):
        told.append(f"Train: {said.train.reason}")
    if found.contradictory:
        n = len(found.contradictory)
        told.append(f"{n:,} input{'s have' if n > 1 else ' has'} copies with different labels: {_some(found)}.")
    if said.conflicts:
        told.append(f"People differ on {len(said.conflicts)}; {len(said.open)} have no majority and stay as they are.")
    elif said.open:
        told.append(f"{len(said.open)} have no majority, or nobody could tell: they stay as they are.")
    return [text for text in told if text]


def _some(found: LabelErrorReport) -> str:
    shown = [f"{each['ids'][0]} ({' or '.join(each['labels'])})" for each in found.contradictory[:3]]
    return ", ".join(shown) + (" …" if len(found.contradictory) > 3 else "")


def _say(console: Console, text: str, *, style: str = "", wrap: bool = True) -> None:
    if console.options.ascii_only:
        text = text.translate(_PLAIN).encode("ascii", "replace").decode()
    console.print(Text(text, style=style), soft_wrap=not wrap)
