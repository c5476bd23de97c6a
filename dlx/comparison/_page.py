"""A comparison as HTML: verdict, tables, what differs, learning curves; alone it is a page that fetches nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from dlx.comparison._curves import overlaid

if TYPE_CHECKING:
    from dlx.comparison._result import Comparison

__all__ = ["fragment", "page"]

_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222}"
    "h1{font-size:1.4rem}table{border-collapse:collapse;margin:1rem 0}"
    "th,td{padding:.2rem .8rem;text-align:left;vertical-align:top;border-bottom:1px solid #ddd}"
    "td{font-variant-numeric:tabular-nums}"
    ".note{color:#666}"
)
_KEPT = {True: "yes", False: "no", "unproven": "unproven"}


def fragment(found: Comparison) -> str:
    """Everything but the frame of a page, for a notebook too."""
    w = found.words
    limits = any(each.checks for each in found.candidates)
    rows = [
        [each.name, w.value(each.value), w.interval(each.low, each.high), *([_KEPT[each.feasible]] if limits else [])]
        for each in found.candidates
    ]
    parts = [f"<p><b>{escape(found.choice.reason)}</b></p>"]
    parts.append(_table(["candidate", w.title, "95 %", *(["keeps limits"] if limits else [])], rows))
    pairs = [
        (
            f"{pair.a} − {pair.b}",
            w.gap(pair.difference),
            w.interval(pair.low, pair.high),
            w.p(pair.p if pair.p_holm is None else pair.p_holm).removeprefix("p "),
            pair.method,
        )
        for pair in found.pairs
    ]
    parts.append(_table(["difference", "", "95 %", "p", "test"], pairs))
    parts += [*_slices(found), _recipes(found)]
    parts += [f"<p class='note'>{escape(remark)}</p>" for remark in found.remarks]
    return "".join([*parts, str(overlaid(*found.curves))])


def page(found: Comparison) -> str:
    """The HTML document."""
    title = escape(" or ".join(each.name for each in found.candidates))
    head = f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title><style>{_STYLE}</style>'
    return f"{head}<body><h1>{title}</h1>{fragment(found)}</body></html>"


def _slices(found: Comparison) -> Iterable[str]:
    names = [each.name for each in found.candidates]
    for kind in ("source", "tag"):
        rows = [
            [each.name.partition("=")[2], f"{each.n:,}", *(found.words.value(each.values[name]) for name in names)]
            for each in found.slices
            if each.name.startswith(f"{kind}=")
        ]
        yield _table([f"by {kind}", "n", *names], rows)


def _recipes(found: Comparison) -> str:
    names = list(next(iter(found.recipes.values()), {}))
    rows = [[key, *("–" if v is None else str(v) for v in values.values())] for key, values in found.recipes.items()]
    return _table(["recipes differ in", *names], rows)


def _table(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    if not rows:
        return ""
    top = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    body = "".join(f"<tr>{''.join(f'<td>{escape(str(cell))}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table><tr>{top}</tr>{body}</table>"
