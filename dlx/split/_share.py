"""How much of the target's own train part is trained on, where the target brings its own division (rule P24)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dlx.split._resampling import nested
from dlx.split._units import build

__all__ = ["of_own_train"]


def of_own_train(
    examples: pd.DataFrame, part: np.ndarray, target: str, share: float
) -> tuple[np.ndarray, int, list[str]]:
    """Leave out what exceeds a share of the target's train examples; dev and test stay as the user made them.

    The examples stand in the order of :func:`dlx.split.nested`, stratified by class, and the first ones get in: a
    larger share has all that a smaller one has.

    Args:
        examples: all rows.
        part: (n,) part of each row.
        target: the source that dev and test hold.
        share: in 0–1, of the target's rows in train.

    Returns:
        (part of each row, rows left out, notes); the part is a new array.
    """
    mine = np.flatnonzero((part == "train") & (examples["source"] == target).to_numpy())
    kept = mine[_first(examples.iloc[mine].reset_index(drop=True), share)] if len(mine) else mine
    part = part.copy()
    part[np.setdiff1d(mine, kept)] = None
    unused = len(mine) - len(kept)
    rest = f"; the other {unused:,} are not used" if unused else ""
    note = f"train gets {len(kept):,} of the {len(mine):,} train examples that {target!r} brings"
    return part, unused, [f"{note} (target_in_train: {share:g}){rest}"]


def _first(rows: pd.DataFrame, share: float) -> np.ndarray:
    """Positions of the first rows, as many whole groups as the share allows, but one if it is above 0."""
    order = nested(rows)
    unit = build(rows, None).of_row[order]
    complete = pd.Series(np.arange(1, len(order) + 1)).groupby(unit).transform("max").to_numpy()
    fits = complete <= round(share * len(order))
    if share > 0 and not fits.any():
        fits = unit == unit[0]
    return order[fits]
