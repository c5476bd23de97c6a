"""A comparison for the terminal: candidates, differences, sources, recipes, and one line of verdict."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from dlx.reports.terminal import _PLAIN

if TYPE_CHECKING:
    from dlx.comparison import Comparison

__all__ = ["render"]

_KEPT = {True: ("yes", "green"), False: ("no", "red"), "unproven": ("unproven", "yellow")}
_SAYS = {"better": "better", "no_difference": "no difference shown", "need_more": "need {n:,}"}
_COLOURS = {"better": "green", "only_feasible": "green"}
_KEYS, _ROWS, _NARROW, _SLICES, _LONGEST, _SPARK = 12, 10, 22, 15, 16, 40
_BLOCKS = "▁▂▃▄▅▆▇█"
#: Where the terminal knows no blocks: heights as digits.
_PLAIN_BLOCKS = {ord(block): str(i) for i, block in enumerate(_BLOCKS)}


def render(found: Comparison, console: Console | None = None) -> None:
    """Print what was compared and what comes out.

    Args:
        found: the comparison.
        console: where to print; stdout by default.
    """
    page = console or Console(highlight=False)
    if page.options.ascii_only:
        drawn = Console(file=io.StringIO(), width=page.width, highlight=False)
        _print(found, drawn)
        text = drawn.file.getvalue().replace("─", "-").translate(_PLAIN | _PLAIN_BLOCKS)
        page.print(Text(text.encode("ascii", "replace").decode()), end="")
        return
    _print(found, page)


def _print(found: Comparison, page: Console) -> None:
    weighted = ", weighted: " + ", ".join(f"{k} × {v:g}" for k, v in found.weights.items()) if found.weights else ""
    page.print(Text(f"{found.words.title} on the same {found.n:,} {found.split} examples{weighted}"))
    short = _letters(found)
    _candidates(found, page, short)
    _pairs(found, page, short)
    _slices(found, page, short)
    _curves(found, page, short)
    _recipes(found.recipes, page, short)
    for remark in found.remarks:
        page.print(Text(f"Note: {remark}", style="dim"))
    page.print(Text(found.choice.reason, style=f"bold {_COLOURS.get(found.choice.status, 'yellow')}"))
    if found.preference is not None:
        _preference(found, page)


def _letters(found: Comparison) -> dict[str, str]:
    """What stands for each candidate in the tables: its name, or A, B, … where names are too long for them."""
    names = [each.name for each in found.candidates]
    if max(map(len, names)) <= _LONGEST or len(names) > 26:
        return {name: name for name in names}
    return {name: chr(ord("A") + i) for i, name in enumerate(names)}


def _table(*headings: str, left: int = 1, title: str | None = None) -> Table:
    made = Table(box=box.SIMPLE_HEAD, pad_edge=False, title=title, title_justify="left", title_style="bold")
    for place, heading in enumerate(headings):
        made.add_column(heading, justify="left" if place < left else "right", overflow="fold")
    return made


def _row(table: Table, *cells: Any) -> None:
    table.add_row(*(cell if isinstance(cell, Text) else Text(str(cell)) for cell in cells))


def _candidates(found: Comparison, page: Console, short: Mapping[str, str]) -> None:
    table = _table("candidate", found.words.title, "95 %")
    for each in found.candidates:
        style = "bold" if each.name == found.choice.winner else ""
        value, span = found.words.value(each.value), found.words.interval(each.low, each.high)
        letter = "" if short[each.name] == each.name else f"{short[each.name]}  "
        _row(table, Text(f"{letter}{each.name}", style=style), Text(value, style=style), span)
    page.print(table)
    if not found.candidates[0].checks:
        return
    table = _table("limit", "candidate", "measured", "95 % sure", "kept", left=2)
    for i, check in enumerate(found.candidates[0].checks):
        for each in found.candidates:
            mine = each.checks[i]
            said, colour = _KEPT[mine.feasible]
            side = "≤" if check.limit.sign[0] == "<" else "≥"
            bound = "" if mine.bound is None else f"{side} {mine.bound:.4g}"
            value = "–" if mine.value is None else f"{mine.value:.4g}"
            _row(table, check.limit.text, short[each.name], value, bound, Text(said, style=colour))
    page.print(table)
    for reason, names in _unmeasured(found).items():
        page.print(Text(f"{', '.join(names)}: {reason}.", style="dim"))


def _unmeasured(found: Comparison) -> dict[str, list[str]]:
    """Why a bound is missing → the candidates of which it is."""
    reasons: dict[str, list[str]] = {}
    for each in found.candidates:
        for check in each.checks:
            if check.feasible == "unproven" and check.bound is None:
                reasons.setdefault(f"{check.limit.text} is {check.reason}", []).append(each.name)
    return reasons


def _pairs(found: Comparison, page: Console, short: Mapping[str, str]) -> None:
    table = _table("difference", "", "95 %", "p", "shown")
    for pair in found.pairs:
        p = found.words.p(pair.p if pair.p_holm is None else pair.p_holm).removeprefix("p ")
        said = short[pair.better] + " is better" if pair.better else _SAYS[pair.status].format(n=pair.n_needed or 0)
        gap, span = found.words.gap(pair.difference), found.words.interval(pair.low, pair.high)
        _row(table, f"{short[pair.a]} − {short[pair.b]}", gap, span, p, said)
    page.print(table)
    holm = ", p by Holm" if any(pair.p_holm is not None for pair in found.pairs) else ""
    q = f"; Cochran's Q {found.omnibus['statistic']:.2f}, {found.words.p(found.omnibus['p'])}" if found.omnibus else ""
    page.print(Text(f"{'; '.join(dict.fromkeys(pair.method for pair in found.pairs))}{holm}{q}", style="dim"))


def _slices(found: Comparison, page: Console, short: Mapping[str, str]) -> None:
    names = [each.name for each in found.candidates]
    one = len(names) == 2
    for kind in ("source", "tag"):
        slices = [each for each in found.slices if each.name.startswith(f"{kind}=")]
        if not slices:
            continue
        table = _table(f"by {kind}", "n", *short.values(), *(["difference", "95 %"] if one else []))
        for each in slices[:_SLICES]:
            cells = [found.words.value(each.values[name]) for name in names]
            if one:
                pair = each.pairs[0]
                cells += [found.words.gap(pair.difference), found.words.interval(pair.low, pair.high)]
            _row(table, each.name.partition("=")[2], f"{each.n:,}", *cells)
        page.print(table)
        if len(slices) > _SLICES:
            page.print(Text(f"… and {len(slices) - _SLICES} more; --json has them all.", style="dim"))


def _curves(found: Comparison, page: Console, short: Mapping[str, str]) -> None:
    """The recorded dev curves, one line each, all on one scale."""
    key, curves = found.curves
    if not curves:
        return
    title = "dev error by epoch" if key == "val_error" else "dev loss by epoch"
    values = [value for points in curves.values() for _, value in points]
    table = _table(title, "", "last", left=2)
    for name, points in curves.items():
        last = points[-1][1]
        told = found.words.value(last) if key == "val_error" and found.words.bounded else f"{last:.4g}"
        _row(table, short[name], _spark([value for _, value in points], min(values), max(values)), told)
    page.print(table)


def _spark(values: Sequence[float], low: float, high: float) -> str:
    """A line of blocks, each the last value of its stretch; on a log scale where values differ much.

    >>> _spark([8, 4, 2, 1], 1, 8)
    '█▄▂▁'
    """
    count = min(len(values), _SPARK)
    taken = [values[(i + 1) * len(values) // count - 1] for i in range(count)]
    if low > 0 and high / low > 20:
        taken, low, high = [math.log(value) for value in taken], math.log(low), math.log(high)
    span = (high - low) or 1.0
    return "".join(_BLOCKS[round((value - low) / span * (len(_BLOCKS) - 1))] for value in taken)


def _recipes(differing: Mapping[str, Mapping[str, Any]], page: Console, short: Mapping[str, str]) -> None:
    if not differing:
        return
    table = _table("recipes differ in", *(short[name] for name in next(iter(differing.values()))), left=9)
    for key, values in list(differing.items())[:_KEYS]:
        _row(table, key, *("–" if value is None else _short(value) for value in values.values()))
    page.print(table)
    if len(differing) > _KEYS:
        page.print(Text(f"… and {len(differing) - _KEYS} more; --json has them all.", style="dim"))


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= _NARROW else text[: _NARROW - 1] + "…"


def _preference(found: Comparison, page: Console) -> None:
    told = found.preference
    mine, other = told.preferred, told.over
    page.print()
    page.print(Text(f"{mine} is preferred over {other}: written to {told.file}", style="bold"))
    page.print(
        Text(
            f"Only {mine} is right on {told.counts['preferred']:,} examples, only {other} on {told.counts['other']:,}."
        )
    )
    _examples(found, page)
    if told.agrees:
        page.print(Text("The metric ranks it first already."))
        return
    if told.weights:
        page.print(Text("Weights with which the metric agrees:", style="bold"))
    for each in told.weights[:_ROWS]:
        span = found.words.interval(each["low"], each["high"])
        gap = f"{mine} minus {other} there: {found.words.gap(each['difference'])} {span}, n {each['n']:,}"
        page.print(Text(f"  --weight '{each['slice']}:{each['weight']:g}'", style="green"), Text(f"  {gap}"), sep="")
    if told.limits:
        page.print(Text("Limits with which it agrees:", style="bold"))
    for each in told.limits[:_ROWS]:
        sure = "" if each["other_keeps_it"] is False else ", not proven to be broken"
        values = f"{mine} {each['preferred']:.3g}, {other} {each['other']:.3g}{sure}"
        page.print(Text(f"  --satisfice '{each['limit']}'", style="green"), Text(f"  {values}"), sep="")
    if told.metrics:
        page.print(Text("Metrics that rank it first:", style="bold"))
    for each in told.metrics[:_ROWS]:
        values = f"{mine} {each['preferred']:.4g}, {other} {each['other']:.4g}"
        page.print(Text(f"  --metric {each['metric']}", style="green"), Text(f"  {values}"), sep="")
    if told.weights or told.limits or told.metrics:
        page.print(Text("Found after the fact: settle the goal first, then confirm it on new examples.", style="dim"))
        return
    told = "No weight, limit or metric makes it agree: perhaps the dev set lacks what matters; collect such examples."
    page.print(Text(told, style="dim"))


def _examples(found: Comparison, page: Console) -> None:
    told = found.preference
    table = _table("id", "true", told.preferred, told.over, "source", left=5)
    for side in ("preferred", "other"):
        for each in [e for e in told.examples if e["side"] == side][: _ROWS // 2]:
            said = (each["y_true"], each["preferred_said"], each["other_said"])
            _row(table, _short(each["id"]), *(_short(word) for word in said), each["source"] or "")
    if table.row_count:
        page.print(table)
