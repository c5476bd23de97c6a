"""Human figures: cited in the recipe or on the command line, or measured from people's rows in the table."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from dlx.errors import UserError
from dlx.metrics._measure import Measure
from dlx.predictions import Predictions
from dlx.scores import paired, rung
from dlx.strategy.crossed import crossed_rung
from dlx.strategy.ladder import HumanFigure, Rung
from dlx.strategy.rates import rate

__all__ = ["amount", "cited", "measured"]


def amount(value: Any, *, bounded: bool, where: str) -> float:
    """An error as people write it: a rate, or for other measures a number in their unit.

    Raises:
        UserError: no number, or one that is negative or not finite.
    """
    if bounded:
        return rate(value, where=where)
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if isinstance(value, bool) or not math.isfinite(number) or number < 0:
        raise UserError("an error is a number from 0 up, in the measure's unit", value=value, where=where)
    return number


def cited(
    human: Any,
    recipe: Mapping[str, Any] | None,
    *,
    bounded: bool,
    n: int | None = None,
    source: str = "",
    of: str | None = None,
) -> tuple[HumanFigure, ...]:
    """Figures given by hand; those given now replace those of the recipe.

    Args:
        human: a figure, {group: figure}, or figures made elsewhere (``HumanFigure``); None for those of the recipe.
        recipe: the resolved recipe.
        bounded: whether figures are rates.
        n: items behind the one figure that is given.
        source: where it comes from.
        of: the data source it was measured on.

    Raises:
        UserError: a figure that is none, or ``n`` without exactly one figure.
    """
    if isinstance(human, HumanFigure):
        human = (human,)
    if isinstance(human, Sequence) and not isinstance(human, str) and all(isinstance(f, HumanFigure) for f in human):
        return tuple(human)
    if human is not None:
        given = human if isinstance(human, Mapping) else {"human": human}
        if n is not None and (len(given) != 1 or n < 1):
            raise UserError("n_human goes with one human figure and is at least 1", value=n, where="--n-human")
        return tuple(
            HumanFigure(
                str(g),
                amount(v, bounded=bounded, where="human" if g == "human" else f"human {g!r}"),
                n=n,
                source=source,
                of=of,
            )
            for g, v in given.items()
        )
    if n is not None:
        raise UserError("n_human goes with one human figure", value=n, where="--n-human")
    entries = ((recipe or {}).get("human") or {}).items()
    return tuple(
        HumanFigure(
            str(group),
            amount(entry["error"], bounded=bounded, where=f"human.{group}.error"),
            n=entry.get("n"),
            n_annotators=entry.get("n_annotators"),
            source=entry.get("source") or "",
            of=entry.get("of"),
        )
        for group, entry in entries
        if entry and entry.get("error") is not None
    )


def measured(
    found: Predictions,
    model: str,
    measure: Measure,
    *,
    bounded: bool,
    seed: int = 0,
    sources: Mapping[str, str] | None = None,
) -> tuple[HumanFigure, ...]:
    """Figures from the rows of people: ``human:<group>`` is a panel's decision, ``human:<group>/<person>`` one vote.

    A group with single votes only has their mean: for the plain error with people and examples as samples, for other
    measures with people as groups of dependent rows. Rows on dev count where there are any, else all.

    Args:
        found: the table.
        model: the predictor that people are compared with.
        measure: whose error form the figures are.
        bounded: whether it lies in [0, 1].
        seed: of resamples.
        sources: group → where its rows come from, for those that are not of the user's table.
    """
    names = [name for name in found.predictors if name.startswith("human:")]
    groups = {name.removeprefix("human:").partition("/")[0]: [] for name in names}
    for name in names:
        groups[name.removeprefix("human:").partition("/")[0]].append(name)
    figures = []
    for group, members in groups.items():
        panel = f"human:{group}"
        people = [name for name in members if name != panel]
        rows = _rows(found, [panel] if panel in members else people)
        made = _made(rows, measure, bounded, seed, panel in members, len(people))
        told = (sources or {}).get(group)
        figures.append(
            HumanFigure(
                group if panel in members or len(people) > 1 else members[0].removeprefix("human:"),
                made.error,
                n=made.n,
                n_annotators=len(people) or None,
                low=made.low,
                high=made.high,
                source=f"{made.n:,} {'rows of the table' if told is None else told}",
                basis="measured",
                paired=_cells(found, model, panel) if panel in members and measure.name == "error" else None,
                draws=made.draws,
            )
        )
    return tuple(figures)


def _made(rows: pd.DataFrame, measure: Measure, bounded: bool, seed: int, panel: bool, n_people: int) -> Rung:
    if panel:
        return rung("human", rows, measure, bounded=bounded, seed=seed)
    if n_people > 1 and measure.name == "error":
        items = rows["id"].where(rows["group"].isna(), rows["group"].astype(object))
        scale = rows["size"] * rows["weight"]
        return crossed_rung(
            "human", rows["error"], people=rows["predictor"].astype(str), items=items.astype(str), weight=scale,
            bounded=bounded, seed=seed,
        )  # fmt: skip
    if n_people > 1:  # votes of one person depend on each other
        rows = rows.assign(group=rows["predictor"])
    return rung("human", rows, measure, bounded=bounded, seed=seed)


def _rows(found: Predictions, names: list[str]) -> pd.DataFrame:
    table = found.table
    mine = table[table["predictor"].isin(names)]
    dev = mine[mine["split"] == "dev"]
    rows = dev if len(dev) else mine
    return rows.assign(predictor=rows["predictor"].cat.remove_unused_categories())


def _cells(found: Predictions, model: str, panel: str) -> tuple[int, int, int, int] | None:
    """The 2×2 counts of model and panel, if the panel judged (nearly) all of dev; else the sets are two samples."""
    compared = paired(found, model, panel, "dev")
    if compared is None or compared.cells is None:
        return None
    return compared.cells if compared.n >= 0.95 * len(found.rows(model, "dev")) else None
