"""Error analyses as the report gets them, made from marks by the real functions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd

from dlx.analysis._analyze import analysed
from dlx.analysis.suggesting import Suggestion, Suggestions
from dlx.tagging.frozen import Sample
from dlx.tagging.state import state

PIXEL = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAA"
    "AABJRU5ErkJggg=="
)


def analysis(
    tags: dict[str, int], *, n: int = 100, wrong_labels: int = 0, n_errors: int = 500, n_dev: int = 5_000, **sample: Any
) -> dict[str, Any]:
    """JSON data of an analysis of ``n`` tagged errors: tag → how many of the first ones carry it.

    Args:
        tags: a tag that begins with ``last`` is on the last errors instead.
        n: tagged errors.
        wrong_labels: of the first errors, those with a wrong label.
        n_errors: all errors.
        n_dev: examples on dev.
        sample: other fields of the sample.
    """
    ids = [f"e{i}" for i in range(n)]
    table = pd.DataFrame({"id": ids, "example": ids, "kind": "error", "stratum": "errors", "p_inclusion": n / n_errors})
    said = [{"id": i, "reviewer": "ann", "tag": "reviewed", "value": True} for i in ids]
    for name, k in tags.items():
        chosen = ids[n - k :] if name.startswith("last") else ids[:k]
        said += [{"id": i, "reviewer": "ann", "tag": name, "value": True} for i in chosen]
    said += [{"id": i, "reviewer": "ann", "tag": "incorrectly_labelled", "value": True} for i in ids[:wrong_labels]]
    found = analysed(Sample(table, n_errors, n_dev, {"errors": n_errors}, **sample), state(said))
    return replace(found, suggestions=suggested(ids)).to_dict()


def suggested(ids: list[str]) -> Suggestions:
    pair = Suggestion("confusion", "cat taken for dog: 40 of 500 errors (8 %)", "cat taken for dog", (), tuple(ids[:3]))
    return Suggestions(
        (
            Suggestion("slice", "light ≤ 0.2: 60 % of 200 are wrong", "light ≤ 0.2", tuple(ids[:5]), tuple(ids[:4])),
            replace(pair, evidence={"n": 40, "share_of_errors": 0.08}),
        ),
        ("7 conditions on 3 columns were tested on 1,000 examples that did not find them.",),
        reviewed=len(ids),
    )


def pictures(n: int = 4) -> dict[str, str]:
    return {f"e{i}": PIXEL for i in range(n)}
