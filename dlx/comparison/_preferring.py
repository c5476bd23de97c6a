"""When people prefer what the metric ranks second: the examples behind it, and which goal would agree (P19, P20)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from dlx import parts
from dlx.comparison._pairs import two
from dlx.comparison._slices import masks
from dlx.errors import UserError
from dlx.files import append_line, disk_errors
from dlx.goals import MODEL_FACTS, Quantity, check, limits
from dlx.goals._checking import measured
from dlx.metrics._measure import Measure, measure

__all__ = ["PREFERENCES", "Preference", "preference", "record"]

#: Where preferences are kept: append-only, fit for git.
PREFERENCES = Path("annotations") / "preferences.jsonl"
#: A weight larger than this makes the slice the whole metric.
_HEAVIEST = 1_000
_EXAMPLES = 200


@dataclass(frozen=True)
class Preference:
    """A person's choice against the metric's.

    Attributes:
        preferred: what the person prefers.
        over: the best of the others by the metric.
        agrees: whether the metric ranks the preferred one first already.
        counts: examples on which only the preferred one is right (has the smaller error), and only the other.
        examples: those examples: id, side (``preferred`` or ``other``), source, y_true, what each said.
        weights: {slice, n, weight, difference, low, high, p}: from that weight on the metric agrees.
        limits: {limit, preferred, other}: limits that the preferred one keeps and the other does not, or not provably.
        metrics: {metric, preferred, other}: metrics that rank the preferred one first.
        file: where it was written down; None if it was not.
    """

    preferred: str
    over: str
    agrees: bool
    counts: Mapping[str, int]
    examples: tuple[Mapping[str, Any], ...]
    weights: tuple[Mapping[str, Any], ...] = ()
    limits: tuple[Mapping[str, Any], ...] = ()
    metrics: tuple[Mapping[str, Any], ...] = ()
    file: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """The preference as JSON data."""
        return asdict(self)


def preference(
    preferred: str,
    over: str,
    rows: Mapping[str, pd.DataFrame],
    infos: Mapping[str, Mapping[str, Any]],
    used: Measure,
    *,
    bounded: bool = True,
) -> Preference:
    """Look for what the person may see and the metric does not.

    Slices are searched after the fact, so each finding is a proposal to be confirmed on new examples.

    Args:
        preferred: a candidate.
        over: the other.
        rows: candidate → rows of the same examples.
        infos: candidate → ``run.json``.
        used: the metric.
        bounded: whether the column ``error`` lies in 0–1.
    """
    mine, other = rows[preferred], rows[over]
    gap = used(mine) - used(other)
    agrees = gap > 0 if used.greater_is_better else gap < 0
    counts, examples = _examples(mine, other)
    found = Preference(preferred, over, bool(agrees), counts, examples)
    if agrees:
        return found
    proposals = {"bounded": bounded}
    return Preference(
        preferred, over, False, counts, examples,
        tuple(_weights(mine, other, used)),
        tuple(_limits(mine, other, infos[preferred], infos[over], used, **proposals)),
        tuple(_metrics(mine, other, used)),
    )  # fmt: skip


def _examples(mine: pd.DataFrame, other: pd.DataFrame) -> tuple[dict[str, int], tuple[dict[str, Any], ...]]:
    gain = other["error"].to_numpy() - mine["error"].to_numpy()
    listed = []
    for side, chosen in (("preferred", gain > 0), ("other", gain < 0)):
        places = np.flatnonzero(chosen)
        for place in places[np.argsort(-abs(gain[places]), kind="stable")][:_EXAMPLES]:
            row = mine.iloc[int(place)]
            shown = {"id": row["id"], "side": side, "source": row["source"] if pd.notna(row["source"]) else None}
            said = {"preferred_said": row["y_pred"], "other_said": other["y_pred"].iloc[int(place)]}
            listed.append(shown | {"y_true": row["y_true"]} | said)
    return {"preferred": int((gain > 0).sum()), "other": int((gain < 0).sum())}, tuple(listed)


def _columns(part: pd.DataFrame) -> list[str]:
    classes = ["class"] if isinstance(part["y_true"].dtype, pd.CategoricalDtype) else []
    own = [c for c in part if str(c).startswith("meta_") and c not in ("meta_latency_ms", "meta_fold")]
    return ["source", *classes, *own]


def _weights(mine: pd.DataFrame, other: pd.DataFrame, used: Measure) -> Iterator[dict[str, Any]]:
    """Slices on which the preferred one is better, by the weight that makes up for the rest: w > 1 − G/G_slice."""
    if used.rows is None:
        return
    a, weight = used.rows(mine, **used.knobs)
    b, _ = used.rows(other, **used.knobs)
    gain = weight * (a - b) * (1 if used.greater_is_better else -1)
    found = []
    for name, inside in masks(mine, _columns(mine)):
        on_slice = float(gain[inside].sum())
        least = 1 - float(gain.sum()) / on_slice if on_slice > 1e-12 * abs(gain).sum() else math.inf
        if least < _HEAVIEST:
            found.append((least, name, inside))
    for least, name, inside in sorted(found, key=lambda each: each[:2]):
        pair = two(mine[inside].drop(columns="meta_fold", errors="ignore"), other[inside], used)
        told = {"difference": pair.difference, "low": pair.low, "high": pair.high, "p": pair.p}
        yield {"slice": name, "n": int(inside.sum()), "weight": _above(least), "least": least} | told


def _above(least: float) -> float:
    """A round number above it: the next whole one up to ten, else two digits."""
    if least < 10:
        return float(math.floor(least) + 1)
    step = 10 ** (math.floor(math.log10(least)) - 1)
    return float((math.floor(least / step) + 1) * step)


def _limits(mine, other, my_info, other_info, used: Measure, *, bounded: bool) -> Iterator[dict[str, Any]]:
    """Limits on a slice, or on a fact of the model, that the preferred one keeps and the other does not."""
    tried = [Quantity(name) for name in MODEL_FACTS]
    tried += [Quantity(used.name, used, part=tuple(name.split("=", 1))) for name, _ in masks(mine, _columns(mine))]
    for quantity in tried:
        greater = quantity.measure is not None and used.greater_is_better
        try:
            own = measured(quantity, mine, my_info, bounded=bounded)
            if (edge := own.low if greater else own.high) is None:
                continue
            text = f"{quantity.text} {'>=' if greater else '<='} {_round(edge, up=not greater):.6g}"
            (limit,) = limits([text], where="--satisfice")
            states = [
                check(limit, part, info, bounded=bounded).feasible
                for part, info in ((mine, my_info), (other, other_info))
            ]
            value = measured(quantity, other, other_info, bounded=bounded).value
        except UserError:  # a metric that is undefined on this slice
            continue
        if states[0] is True and states[1] is not True and value is not None and not limit.holds(value):
            yield {"limit": limit.text, "preferred": own.value, "other": value, "other_keeps_it": states[1]}


def _round(value: float, *, up: bool) -> float:
    if value == 0:
        return 0.0
    step = 10.0 ** (math.floor(math.log10(abs(value))) - 1)
    return float(f"{(math.ceil if up else math.floor)(value / step) * step:.6g}")


def _metrics(mine: pd.DataFrame, other: pd.DataFrame, used: Measure) -> Iterator[dict[str, Any]]:
    for name in parts.names("metrics"):
        found = measure(name)
        try:
            found.check_goal("metric")
            a, b = found(mine), found(other)
        except UserError:  # it does not fit these rows
            continue
        if name != used.name and abs(a - b) > 1e-12 and (a > b) == found.greater_is_better:
            yield {"metric": name, "preferred": a, "other": b}


def record(found: Mapping[str, Any]) -> Path:
    """Write a preference down, one line, never changed afterwards.

    Raises:
        DlxError: the disk is full.
        UserError: the folder may not be written to.
    """
    path = PREFERENCES.absolute()
    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    time = datetime.now(UTC).isoformat(timespec="seconds")
    append_line(path, {"time": time, **found}, durable=True)
    return path
