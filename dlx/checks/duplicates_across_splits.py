"""The same content in train and in dev or test: held-out errors look better than they are."""

from __future__ import annotations

from dlx.checks._common import count, not_applicable, plural
from dlx.findings import Evidence, Finding

__all__ = ["check"]


def check(evidence: Evidence) -> Finding:
    """Reads the data report; dlx's own splits keep duplicates together, a user's own may not."""
    code = "duplicates_across_splits"
    n = count(evidence.data, code)
    if n is None:
        return not_applicable(code, "The content of the examples was not compared.")
    facts = {"n": n, "first": (evidence.data or {}).get("duplicates_across_splits_first")}
    if n == 0:
        return Finding(code, "No example stands in two splits.", "passed", facts)
    title = f"{plural(n, 'example stands', 'examples stand')} in more than one split with the same content."
    return Finding(code, title, "issue", facts, "Let dlx split the data, which keeps duplicates together: "
                   "`-s data.split=auto`.")  # fmt: skip
