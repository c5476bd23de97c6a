"""The human figure was measured on another data source than the one that matters."""

from __future__ import annotations

from dlx.checks._common import can_be_asked, not_applicable
from dlx.findings import Evidence, Finding

__all__ = ["check"]


def check(evidence: Evidence) -> Finding:
    """Compares the source a figure is for (``of``) with the sources of dev."""
    code = "human_figure_for_other_source"
    if evidence.ladder is None:
        return not_applicable(code, "There is no ladder.")
    told = [figure for figure in evidence.ladder.human if figure.of and not figure.beside]
    targets = _targets(evidence)
    if not told:
        return not_applicable(code, "No human figure says which data source it is for.")
    if not targets:
        return not_applicable(code, "The data sources of dev have no names.")
    other = [figure for figure in told if figure.of not in targets]
    facts = {"figures": {figure.group: figure.of for figure in told}, "dev": sorted(targets)}
    if not other:
        return Finding(code, f"The human figure is for {told[0].of!r}, as dev is.", "passed", facts)
    title = (
        f"The human figure of {other[0].group!r} is for {other[0].of!r}, but dev is {' and '.join(sorted(targets))!r}."
    )
    step = "Let people label some dev examples, without seeing the labels."
    step += " `dlx human last` does it." if can_be_asked(evidence) else ""
    return Finding(code, title, "tip", facts, step)


def _targets(evidence: Evidence) -> set[str]:
    target = ((evidence.recipe or {}).get("data") or {}).get("target")
    if target:
        return {str(target)}
    if evidence.predictions is None:
        return set()
    table = evidence.predictions.table
    sources = table["source"][(table["split"] == "dev").to_numpy()].dropna()
    return {str(source) for source in sources.unique()}
