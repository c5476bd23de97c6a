"""Without a test set there is no unbiased estimate once dev has been used to choose."""

from __future__ import annotations

from collections.abc import Mapping

from dlx.checks._common import not_applicable, number, plural
from dlx.findings import Evidence, Finding

__all__ = ["check"]


def check(evidence: Evidence) -> Finding:
    """Rule P23: allowed where no unbiased estimate is needed and dev is large; discouraged."""
    code = "no_test_set"
    sizes = (evidence.data or {}).get("sizes")
    n = sizes.get("test", 0) if isinstance(sizes, Mapping) else None
    if n is None and evidence.predictions is not None:
        n = int((evidence.predictions.table["split"] == "test").sum())
    if not number(n):
        return not_applicable(code, "Whether there is a test set is not known.")
    if n > 0:
        return Finding(code, f"{plural(n, 'example')} in the test set.", "passed", {"n": n})
    step = "Keep some examples for one last look"
    if evidence.recipe is None:
        step += ", and give them the split test."
    elif (evidence.recipe.get("data") or {}).get("split") in ("own", "auto"):  # auto without test: the data's own
        step += ": make part of your dev examples a test part, or divide all anew, `-s 'data.split={dev: 0.2, test: "
        step += "0.2}'`."
    else:
        step += ": `-s data.split=auto`."
    return Finding(
        code, "There is no test set: the dev error is too good once dev was used to choose.", "tip", {"n": 0}, step
    )
