"""Examples that could not be read were left out."""

from __future__ import annotations

from dlx.checks._common import count, not_applicable, plural
from dlx.findings import Evidence, Finding

__all__ = ["check"]


def check(evidence: Evidence) -> Finding:
    """Reads the data report; `--strict` makes them an error."""
    code = "examples_set_aside"
    n = count(evidence.data, "set_aside")
    if n is None:
        return not_applicable(code, "Whether all examples could be read was not recorded.")
    total = count(evidence.data, "sizes")
    if n == 0:
        return Finding(code, "All examples could be read.", "passed", {"n": 0, "of": total})
    title = f"{plural(n, 'example', 'examples')} could not be read and {'was' if n == 1 else 'were'} set aside."
    status = "issue" if total and n >= 0.01 * (n + total) else "tip"
    return Finding(
        code, title, status, {"n": n, "of": total}, "`dlx data` lists them with the reason; mend or remove them."
    )
