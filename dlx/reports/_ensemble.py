"""An ensemble for the terminal: what each way to answer is worth and costs, what further members bring, what to use."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from dlx.reports._comparison import _KEPT, _row, _table
from dlx.reports.terminal import _PLAIN

if TYPE_CHECKING:
    from dlx.comparison._pairs import Pair
    from dlx.ensembles import Ensemble

__all__ = ["render"]

_LONGEST = 16
_COLOURS = {"better": "green", "only_feasible": "green"}


def render(found: Ensemble, console: Console | None = None) -> None:
    """Print what was averaged and what comes out.

    Args:
        found: the judgement.
        console: where to print; stdout by default.
    """
    page = console or Console(highlight=False)
    if page.options.ascii_only:
        drawn = Console(file=io.StringIO(), width=page.width, highlight=False)
        _print(found, drawn)
        text = drawn.file.getvalue().replace("─", "-").translate(_PLAIN)
        page.print(Text(text.encode("ascii", "replace").decode()), end="")
        return
    _print(found, page)


def _print(found: Ensemble, page: Console) -> None:
    page.print(Text(_title(found)))
    short = _letters(found)
    _legend(found, page, short)
    _values(found, page, short)
    _prices(found, page, short)
    _sizes(found, page)
    told = _disagreement(found)
    if told:
        page.print(Text(told))
    for remark in found.remarks:
        page.print(Text(f"Note: {remark}", style="dim"))
    page.print(Text(found.advice.reason, style=f"bold {_COLOURS.get(found.advice.status, 'yellow')}"))


def _title(found: Ensemble) -> str:
    k = len(found.members)
    what = f"{k} models" if k > 1 else f"{found.members[0]} on its own"
    views = {None: "", "flips": " on 2 views of each picture", "ten-crop": " on 10 views of each picture"}[found.views]
    crop = f" (crops of {found.crop:g} of its side)" if found.crop else ""
    return f"The average of {what}{views}{crop}, all weighted alike; {found.words.title} on {found.n:,} dev examples"


def _letters(found: Ensemble) -> dict[str, str]:
    """Option → what stands for it in the tables: its name, with A, B, … for members whose names are long."""
    if max(map(len, found.members)) <= _LONGEST or len(found.members) > 26:
        return {each.name: each.name for each in found.options}
    letters = {name: chr(ord("A") + i) for i, name in enumerate(found.members)}
    made = {}
    for each in found.options:
        member = each.members[0]
        whole, said = (member, letters[member]) if len(each.members) == 1 else ("ensemble of", "all")
        made[each.name] = each.name.replace(whole, said, 1)
    return made


def _legend(found: Ensemble, page: Console, short: Mapping[str, str]) -> None:
    for name in found.members:
        if short[name] != name:
            page.print(Text(f"  {short[name]}  {name}"), soft_wrap=True)


def _values(found: Ensemble, page: Console, short: Mapping[str, str]) -> None:
    table = _table("", found.words.title, "95 %", f"minus {short[found.reference]}", "95 %", "p")
    gains = {pair.a: pair for pair in found.gains}
    for each in found.options:
        style = "bold" if each.name == found.use else ""
        value, span = found.words.value(each.value), found.words.interval(each.low, each.high)
        _row(
            table, Text(short[each.name], style=style), Text(value, style=style), span, *_gain(found, each.name, gains)
        )
    page.print(table)
    methods = "; ".join(dict.fromkeys(pair.method for pair in found.gains))
    holm = ", p by Holm" if any(pair.p_holm is not None for pair in found.gains) else ""
    page.print(Text(f"{methods}{holm}", style="dim"))


def _gain(found: Ensemble, name: str, gains: Mapping[str, Pair]) -> list[str]:
    """Difference, interval and p of an option, empty for those that are held against nothing."""
    pair = gains.get(name)
    if pair is None:
        return ["", "", ""]
    p = found.words.p(pair.p if pair.p_holm is None else pair.p_holm).removeprefix("p ")
    difference = found.words.gap(pair.difference).removesuffix(" points")
    return [difference, found.words.interval(pair.low, pair.high), p]


def _prices(found: Ensemble, page: Console, short: Mapping[str, str]) -> None:
    checks = found.options[0].checks
    table = _table("one answer", "networks asked", "ms", "95 % of them ≤", "MB", *(c.limit.text for c in checks))
    for each in found.options:
        kept = [Text(*_KEPT[check.feasible]) for check in each.checks]
        numbers = [each.price.text(name) for name in ("median", "p95", "megabytes")]
        _row(
            table, Text(short[each.name], style="bold" if each.name == found.use else ""), each.passes, *numbers, *kept
        )
    page.print(table)
    if found.device:
        page.print(Text(f"Measured here, one example at a time, {found.device}", style="dim"))


def _sizes(found: Ensemble, page: Console) -> None:
    if not found.sizes:
        return
    told = [f"{each.members}: {found.words.value(each.value)}" for each in found.sizes]
    title = f"{found.words.title} by number of members, mean over subsets"
    page.print(Text(f"{title}\n{_filled(told, page.width)}"))
    for told in (found.of_mean, found.of_twice):
        if told:
            page.print(Text(told))


def _filled(pieces: Sequence[str], width: int) -> str:
    """Pieces side by side, none of them broken.

    >>> _filled(["1: 3 %", "2: 2 %", "3: 1 %"], 18).splitlines()
    ['  1: 3 %   2: 2 %', '  3: 1 %']
    """
    lines = [""]
    for piece in pieces:
        longer = f"{lines[-1]}   {piece}" if lines[-1] else f"  {piece}"
        lines = [*lines[:-1], longer] if len(longer) <= width else [*lines, f"  {piece}"]
    return "\n".join(lines)


def _disagreement(found: Ensemble) -> str:
    told, k = found.disagreement, len(found.members)
    if not told:
        return ""
    if "correlation" in told:
        if told["correlation"] is None:
            return ""
        return f"Errors of two members correlate by {told['correlation']:.2f}: the less, the more an average brings."
    share = {name: f"{100 * value:.3g} %" for name, value in told.items()}
    pair = f"Two members differ on {share['differ']} of the examples and are both wrong on {share['both_wrong']}"
    return f"{pair}." if k == 2 else f"{pair} (mean over pairs); all {k} are wrong on {share['all_wrong']}."
