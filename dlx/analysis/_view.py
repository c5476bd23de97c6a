"""The error analysis in words: the table of tags, the label line, and what to do next; in a terminal or elsewhere."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

import pandas as pd
from rich.console import Console
from rich.text import Text

from dlx.analysis._result import ErrorAnalysis
from dlx.reports._numbers import Measure, chance, count
from dlx.strategy.words import level

__all__ = ["FOOT", "columns_of", "head_of", "lines_of", "render"]

#: For terminals that know no other letters.
_PLAIN = str.maketrans({"\u00a0": " ", "−": "-", "–": "-", "→": "->", "·": "*", "κ": "kappa", "≤": "<=", "…": "..."})
_RATE = Measure()
#: What a table of tags must not be taken for.
FOOT = (
    "Shares and ceilings overlap and do not add; intervals are for this dev set. The largest is not always first: "
    "weigh how easy each is to mend."
)


def render(found: ErrorAnalysis, console: Console, *, table: bool = True) -> None:
    """Print what is known, and the next command.

    Args:
        found: the analysis.
        console: where to print.
        table: whether the table of tags is asked for; a sheet that was just read is always answered with it.
    """
    table = table or found.imported is not None or found.sample.by == "given"
    _say(console, head_of(found))
    if found.exported is not None:
        _say(console, f"Written: {found.exported}")
    if found.imported is not None:
        _imported(found, console)
    if table and not found.n_tagged:
        _say(console, "Nothing is tagged yet.")
    elif table:
        console.print()
        _table(found, console)
        _below(found, console)
    for note in found.notes:
        _say(console, note, style="yellow")
    _next(found, console, table)


def _say(console: Console, text: str, *, style: str = "", wrap: bool = True) -> None:
    if console.options.ascii_only:
        text = text.translate(_PLAIN).encode("ascii", "replace").decode()
    console.print(Text(text, style=style), soft_wrap=not wrap)


def head_of(found: ErrorAnalysis) -> str:
    """The errors and the sample in one sentence or two."""
    sample, kinds = found.sample, found.sample.table["kind"].value_counts().to_dict()
    how = f"{sample.by}, seed {sample.seed}" if sample.by != "given" else "as given"
    more = [
        f"{kinds[kind]} {word}" for kind, word in (("correct", "correct"), ("repeat", "shown twice")) if kind in kinds
    ]
    extra = f", with {' and '.join(more)}" if more else ""
    overall = f"{_RATE.value(found.dev_error.share)} {_RATE.interval(found.dev_error.low, found.dev_error.high)}"
    meaning = "" if sample.meaning == "misclassified" else f" ({sample.meaning})"
    return (
        f"{count(sample.n_errors)} errors among {count(sample.n_dev)} {sample.split} examples{meaning}: {overall}. "
        f"In the sample ({how}): {count(kinds.get('error', 0))}{extra}; tagged: {count(found.n_tagged)}."
    )


def _imported(found: ErrorAnalysis, console: Console) -> None:
    brought = found.imported
    assert brought is not None
    changes = f"{brought.changes} changes" if brought.changes != 1 else "1 change"
    _say(
        console, f"Read {brought.sheet}: {brought.examples} examples, {changes if brought.changes else 'nothing new'}."
    )
    for old, new in brought.renamed:
        _say(console, f"Tag {old!r} is now called {new!r}.")
    for note in brought.notes:
        _say(console, note, style="yellow")
    if brought.conflicts:
        _say(console, "Changed here and in the log since; the log stays:", style="bold yellow")
        for conflict in brought.conflicts:
            _say(console, f"  {conflict}")


def _table(found: ErrorAnalysis, console: Console) -> None:
    """One row per tag; columns that do not fit are left out."""
    columns = [one for one in columns_of(found) if one[0] != "alone" or console.width >= 92]
    widths = [max(len(head), *(len(v) for v in values), 1) if values else len(head) for head, values in columns]
    widths[0] = min(widths[0], max(console.width - sum(widths[1:]) - 2 * len(widths), 12))
    _say(console, _line([head for head, _ in columns], widths), style="bold", wrap=False)
    for row in zip(*(values for _, values in columns), strict=True):
        _say(console, _line(row, widths), wrap=False)


def columns_of(found: ErrorAnalysis) -> list[tuple[str, Sequence[str]]]:
    """Head and cells of each column of the table of tags; columns that say nothing are left out."""
    tags = found.tags
    with_limits = found.sample.for_ceilings
    columns: list[tuple[str, Sequence[str]]] = [
        ("tag", tags["tag"].tolist()),
        ("count", [count(int(v)) for v in tags["count"]]),
        ("share of errors", [_span(r.share, r.share_low, r.share_high) for r in tags.itertuples()]),
    ]
    if with_limits:
        limits = [_span(r.ceiling, r.ceiling_low, r.ceiling_high) for r in tags.itertuples()]
        columns += [("dev error if fixed", limits), ("largest", [chance(v) for v in tags["p_rank_1"]])]
    if tags["kappa"].notna().any():
        columns.append(("κ", ["" if v is None or v != v else f"{v:.2f}" for v in tags["kappa"]]))
    if "effort" in tags and tags["effort"].notna().any():
        gains = [f"{100 * v:.3g}" if pd.notna(v) else "" for v in tags["gain_per_effort"]]
        columns.append(("points/effort", gains))
    return [*columns, ("alone", [level(v) for v in tags["sole_share"]])]


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    first, *rest = cells
    first = first if len(first) <= widths[0] else f"{first[: widths[0] - 1]}…"
    return "  ".join(
        [f"{first:<{widths[0]}}", *(f"{cell:>{w}}" for cell, w in zip(rest, widths[1:], strict=True))]
    ).rstrip()


def _span(value: float, low: float | None, high: float | None) -> str:
    return f"{_RATE.value(value)} {_RATE.interval(low, high)}".rstrip()


def _below(found: ErrorAnalysis, console: Console) -> None:
    if len(found.tags):
        _say(console, FOOT, style="dim")
    console.print()
    for line in lines_of(found):
        _say(console, line)


def lines_of(found: ErrorAnalysis) -> list[str]:
    """What is said beneath the table, one sentence or two each."""
    lines, labels = [], found.labels
    if labels.due_to_labels is not None and labels.other is not None:
        parts = (("overall", labels.overall), ("wrong labels", labels.due_to_labels), ("other", labels.other))
        lines.append("  ".join(f"{name} {_span(e.share, e.low, e.high)}" for name, e in parts))
    lines.append(labels.reason)
    if found.set_wide is not None:
        wide = found.set_wide
        lines.append(f"Wrong labels in all of {found.sample.split}: {_span(wide.share, wide.low, wide.high)}.")
    if found.untagged:
        lines.append(f"No tag fits {level(found.untagged)} of the errors.")
    if len(found.coverage) > 1:
        covered = [f"{row.tag} {level(row.covered)}" for row in found.coverage.head(5).itertuples()]
        lines.append(f"Covered, one after the other: {', '.join(covered)}.")
    if len(found.overlaps):
        pairs = [f"{row.a} and {row.b} {count(int(row.both))}" for row in _first(found.overlaps)]
        lines.append(f"On the same errors: {', '.join(pairs)}.")
    if found.self_agreement is not None:
        same, n = found.self_agreement
        lines.append(f"Of {n} errors shown twice, {same} were tagged the same way both times.")
    return lines


def _first(overlaps: pd.DataFrame):
    return overlaps.rename(columns={"count": "both"}).head(3).itertuples()


def _next(found: ErrorAnalysis, console: Console, table: bool) -> None:
    """Where the sample is and how to go on, unless everything is tagged."""
    left = len(found.sample.errors) - found.n_tagged
    what = shlex.quote(found.what)
    if found.n_tagged and not table:
        _say(console, "What the tags say so far:")
        _say(console, f"   dlx analyze-errors {what} --report", style="green", wrap=False)
    if not left or found.sample.by == "given":
        return
    console.print()
    _say(console, f"Sample: {found.sample_path}", wrap=False)
    sheet = "errors.xlsx" if found.exported is None else shlex.quote(str(found.exported))
    rest = "them" if not found.n_tagged else f"the other {left}"
    if found.exported is None:
        _say(console, f"To tag {rest} in the browser, in this terminal, or in a spreadsheet:")
        _say(console, f"   dlx analyze-errors {what}", style="green", wrap=False)
        _say(console, f"   dlx analyze-errors {what} --terminal", style="green", wrap=False)
    else:
        _say(console, f"To tag {rest} in a spreadsheet:")
    if found.exported is None:
        _say(console, f"   dlx analyze-errors {what} --export {sheet}", style="green", wrap=False)
    _say(
        console,
        "   x in a tag's column says yes; a new column header is a new tag; x in 'reviewed' says that none fits.",
    )
    _say(console, f"   dlx analyze-errors {what} --import {sheet} --report", style="green", wrap=False)
