"""Feature values that are missing and were filled in."""

from __future__ import annotations

from collections.abc import Mapping

from dlx.checks._common import count, not_applicable, number, plural
from dlx.findings import Evidence, Finding

__all__ = ["check"]


def check(evidence: Evidence) -> Finding:
    """Reads the data report; the model fills gaps with the median, or the category "unknown", of train."""
    code = "missing_values"
    n = count(evidence.data, code)
    if n is None:
        return not_applicable(code, "Missing values were not counted.")
    where = (evidence.data or {}).get("missing_by_column") or (evidence.data or {}).get(code)
    facts = {"n": n, "where": where}
    if n == 0:
        return Finding(code, "No feature value is missing.", "passed", facts)
    total = count(evidence.data, "sizes") or 0
    columns = {k: v for k, v in where.items() if number(v) and v} if isinstance(where, Mapping) else {}
    worst = max(columns, key=columns.get, default=None)
    most = f", most of them in {worst!r} ({columns[worst]:,})" if worst else ""
    much = bool(worst) and total > 0 and columns[worst] > 0.5 * total
    step = f"More than half of {worst!r} is missing: drop the column, or find its values." if much else ""
    title = f"{plural(n, 'feature value is', 'feature values are')} missing{most}; the model fills them in."
    return Finding(code, title, "tip" if much else "passed", facts, step)
