"""The ladder as a small table, for notebooks."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from dlx.strategy.words import chance, level, points, title

if TYPE_CHECKING:
    from dlx.strategy.ladder import Ladder

__all__ = ["html"]


def html(ladder: Ladder) -> str:
    """Rungs and gaps, verdict and actions; every text escaped."""
    gaps = {gap.name: gap for gap in ladder.gaps}
    rows = []
    for rung in ladder.rungs:
        how = {"bounded": ladder.bounded, "unit": ladder.unit}
        span = f"[{level(rung.low, **how)}, {level(rung.high, **how)}]" if rung.has_interval else ""
        rows.append(
            _row(title(rung.name), level(rung.error, **how), span, rung.basis if rung.basis != "measured" else "")
        )
    rows.append('<tr><td colspan="4"><hr></td></tr>')
    for gap in gaps.values():
        if gap.value is None:
            rows.append(_row(title(gap.name), "not measured", "", ""))
            continue
        how = {"bounded": ladder.bounded, "unit": ladder.unit}
        span = f"[{points(gap.low, **how)}, {points(gap.high, **how)}]" if gap.low is not None else ""
        odds = f"P(largest) {chance(gap.p_largest)}" if gap.p_largest is not None else ""
        rows.append(
            _row(title(gap.name), points(gap.value, **how), span, odds, strong=gap.name in ladder.verdict.focus)
        )
    actions = "".join(
        f"<li>{escape(action.reason)}"
        + (f"<br><code>{escape(action.command)}</code>" if action.command else "")
        + "</li>"
        for action in ladder.actions
    )
    verdict = f"<p><b>{escape(ladder.verdict.status.replace('_', ' '))}</b>: {escape(ladder.verdict.reason)}</p>"
    return f"<table>{''.join(rows)}</table>{verdict}<ol>{actions}</ol>"


def _row(*cells: str, strong: bool = False) -> str:
    open_, close = ("<b>", "</b>") if strong else ("", "")
    return "<tr>" + "".join(f"<td>{open_}{escape(cell)}{close}</td>" for cell in cells) + "</tr>"
