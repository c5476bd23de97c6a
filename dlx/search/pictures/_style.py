"""Colours of the pictures, light and dark, and the files that hold them."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup, escape

__all__ = ["STYLE", "page", "standalone"]

_LIGHT = "--paper: #fdfdfb; --line: #e3e3dc; --ink: #1b1d20; --soft: #5a5f66;"
_LIGHT += " --accent: #b9431a; --calm: #3f6289; --pale: #a9bdd2;"
_DARK = "--paper: #15171a; --line: #30343a; --ink: #e9e9e5; --soft: #a3a8af;"
_DARK += " --accent: #f0905f; --calm: #8db2d9; --pale: #4c6a8a;"
#: What the drawings need beside the report's own style sheet, whose colours have the same names.
STYLE = (
    f":root {{ color-scheme: light dark; {_LIGHT} }}\n"
    f"@media (prefers-color-scheme: dark) {{ :root {{ {_DARK} }} }}"
    + """
.search-drawing { display: block; width: 100%; height: auto; overflow: visible; }
.search-drawing text { font: 12px/1 ui-sans-serif, -apple-system, "Segoe UI", Roboto, Arial, sans-serif;
  fill: var(--soft); paint-order: stroke; stroke: var(--paper); stroke-width: 3px; stroke-linejoin: round; }
.search-drawing .title { fill: var(--ink); font-weight: 600; font-size: 12.5px; }
.search-drawing .axis { stroke: var(--soft); stroke-width: 1; }
.search-drawing .grid { stroke: var(--line); stroke-width: 1; }
.search-drawing .trial { fill: none; stroke: var(--pale); stroke-width: 1.2; stroke-opacity: .55; }
.search-drawing .mark { fill: var(--pale); fill-opacity: .7; }
.search-drawing .trial.g1, .search-drawing .trial.g2 { stroke: var(--calm); stroke-opacity: .55; }
.search-drawing .trial.g0 { stroke: var(--calm); stroke-width: 1.8; stroke-opacity: .95; }
.search-drawing .mark.g1, .search-drawing .mark.g2 { fill: var(--calm); fill-opacity: .6; }
.search-drawing .mark.g0 { fill: var(--calm); fill-opacity: 1; }
.search-drawing .trial.best { stroke: var(--accent); stroke-width: 2.8; stroke-opacity: 1; }
.search-drawing .mark.best { fill: var(--accent); fill-opacity: 1; stroke: var(--paper); stroke-width: 1.5; }
.search-drawing .trial.without { stroke: var(--soft); stroke-opacity: .5; stroke-dasharray: 3 3; }
.search-drawing .cross { stroke: var(--soft); stroke-width: 1.5; fill: none; }
.search-drawing .box { fill: var(--calm); fill-opacity: .06; stroke: var(--calm); stroke-opacity: .75; }
.search-drawing .range { fill: none; stroke: var(--soft); stroke-width: 1; stroke-dasharray: 4 3; }
"""
)
_PAGE = """
body { margin: 0 auto; max-width: 60rem; padding: 1.2rem; background: var(--paper); color: var(--ink);
  font: 16px/1.5 ui-sans-serif, -apple-system, "Segoe UI", Roboto, Arial, sans-serif; }
h1 { font-size: 1.4rem; line-height: 1.25; margin: .2rem 0 1rem; }
h2 { font-size: 1.05rem; margin: 2rem 0 .3rem; }
p { color: var(--soft); font-size: .9rem; margin: 0 0 .8rem; max-width: 46rem; }
.wide { overflow-x: auto; }
.row { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(17rem, 100%), 1fr)); gap: 1.2rem 1.4rem; }
"""


def standalone(drawing: Markup) -> str:
    """An SVG file of one drawing, with its colours and a background."""
    opening, _, rest = str(drawing).partition(">")
    background = '<rect x="-100%" y="-100%" width="300%" height="300%" fill="var(--paper)"/>'
    return f'{opening} xmlns="http://www.w3.org/2000/svg"><style>{STYLE}</style>{background}{rest}\n'


def page(title: str, sections: Sequence[tuple[str, str, Sequence[Markup]]]) -> str:
    """A self-contained HTML page.

    Args:
        title: its heading.
        sections: (heading, explanation, drawings) each; one drawing scrolls sideways where the screen is too narrow
            for it, several flow into columns.
    """
    body = [f"<h1>{escape(title)}</h1>"]
    for heading, explanation, drawings in sections:
        kind = "wide" if len(drawings) == 1 else "row"
        least = [f' style="min-width:{_least(drawing)}px"' if kind == "wide" else "" for drawing in drawings]
        inside = "".join(f"<div{style}>{one}</div>" for style, one in zip(least, drawings, strict=True))
        words = f"<p>{escape(explanation)}</p>" if explanation else ""
        body.append(f'<section><h2>{escape(heading)}</h2>{words}<div class="{kind}">{inside}</div></section>')
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{escape(title)}</title>'
    head = f"<head>{head}<style>{STYLE}{_PAGE}</style></head>"
    return f"<!doctype html>\n<html lang=en>{head}<body>{''.join(body)}</body></html>\n"


def _least(drawing: Markup) -> int:
    """The width below which a drawing's letters become too small: four fifths of its own, none if it is small."""
    width = float(str(drawing).partition('width="')[2].partition('"')[0])
    return round(0.8 * width) if width > 460 else 0
