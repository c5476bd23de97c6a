"""The error analysis as a page shows it: texts only, while people are still tagging."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from dlx.analysis._analyze import analysed
from dlx.analysis._result import ErrorAnalysis
from dlx.analysis._view import FOOT, columns_of, head_of, lines_of
from dlx.tagging.state import state

__all__ = ["overview"]


def overview(
    found: ErrorAnalysis, records: Iterable[Mapping[str, Any]], *, effort: Mapping[str, float] | None = None
) -> dict[str, Any]:
    """What the log says now of an analysis' sample.

    Args:
        found: the analysis; its sample is used.
        records: the log.
        effort: tag → how much work it would be; tags that are not there (any more) are left out.

    Returns:
        ``{"headline", "columns", "rows", "lines", "next"}``, all texts.
    """
    said = state(records)
    known = {name: work for name, work in (effort or {}).items() if said.tag(name) is not None}
    now = replace(analysed(found.sample, said, effort=known), what=found.what)
    columns = columns_of(now) if len(now.tags) else []
    lines = [FOOT, *lines_of(now)] if columns else lines_of(now) if now.n_tagged else ["Nothing is tagged yet."]
    what = shlex.quote(found.what)
    return {
        "headline": head_of(now),
        "columns": [head for head, _ in columns],
        "rows": [list(row) for row in zip(*(cells for _, cells in columns), strict=True)],
        "lines": [line.replace("  ", " · ") for line in (*lines, *now.notes)],
        "next": [f"dlx analyze-errors {what} --report"] if now.n_tagged else [],
    }
