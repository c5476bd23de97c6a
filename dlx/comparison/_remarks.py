"""What a comparison cannot say, and what was assumed, in sentences."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from dlx.comparison._candidates import Candidate
from dlx.comparison._pairs import Pair
from dlx.comparison._words import Words
from dlx.metrics._measure import Measure
from dlx.strategy.selection import optimism

__all__ = ["of_choice", "of_groups", "of_lineage"]


def of_lineage(found: Sequence[Candidate]) -> list[str]:
    """Which runs go on from others."""
    stages = {each.name: (each.info.get("stages") or [{}])[-1] for each in found}
    return [
        f"{name} goes on from {stage['run']} after {stage['epoch']} epochs: its train.epochs are further ones."
        for name, stage in stages.items()
        if stage
    ]


def of_choice(rows: Mapping[str, pd.DataFrame], used: Measure, left: set[str], words: Words) -> str:
    """What picking the best of several on one dev set is worth; empty for two, and for metrics that are no means."""
    if len(left) < 3 or used.rows is None:
        return ""
    errors = [used.as_error(used.rows(part, **used.knobs)[0]) for name, part in rows.items() if name in left]
    expected = optimism(np.asarray(errors)).value
    if not expected > 0:
        return ""
    size = words.gap(expected).removeprefix("+")
    return (
        f"The best of {len(left)} on one dev set looks about {size} too good if all are equally good: confirm it on "
        "the test set, once."
    )


def of_groups(compared: Iterable[Pair]) -> list[str]:
    """That few groups of dependent rows give rough intervals."""
    few = min((pair.groups for pair in compared if pair.groups is not None), default=10)
    if few == 1:
        return ["All rows belong to one group: nothing can be said beyond it."]
    return [f"Only {few} groups: the intervals are rough."] if few < 10 else []
