"""The units of some layers: the nine patches that excite each most, and the class that these prefer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dlx.errors import UserError
from dlx.pipeline.look_labels import label_of

if TYPE_CHECKING:
    from dlx.dataset import Dataset
    from dlx.pipeline.work import Work
    from dlx.seeing.graph import Graph
    from dlx.seeing.layers import Layer
    from dlx.seeing.units import Strongest

__all__ = ["check", "look", "preference"]

#: a preference is called clear where chance would show one as strong, among all units and classes, this rarely
_CHANCE = 0.05


def check(layers: Sequence[Layer], wanted: int | list[int]) -> None:
    """Whether the layers have the units asked for.

    Raises:
        UserError: a unit beyond the last.
    """
    for layer in layers:
        if isinstance(wanted, list) and max(wanted) >= layer.units:
            raise UserError(
                f"layer {layer.name!r} has {layer.units} units, from 0 to {layer.units - 1}", value=max(wanted),
                where="--units",
            )  # fmt: skip


def look(
    graph: Graph,
    layers: Sequence[Layer],
    work: Work,
    description: dict[str, Any],
    wanted: int | list[int],
    examples: int,
    *,
    batch_size: int,
    quiet: bool,
) -> tuple[list[dict[str, Any]], dict[str, bytes]]:
    """Search train and dev for what excites the units of the layers.

    Args:
        graph: the flat model.
        layers: of that graph.
        work: the run's data and split.
        description: what stands in ``targets.json``.
        wanted: how many units, or which.
        examples: how many examples are searched.
        batch_size: of the run.
        quiet: no progress.

    Returns:
        JSON data of each layer, and the pictures by file name.
    """
    from dlx.pipeline.look import file_name
    from dlx.pipeline.progress import Steps
    from dlx.reports import _mosaic
    from dlx.reports._seen import head, unit_lines
    from dlx.seeing.units import strongest
    from dlx.training.batches import scoring_batch

    some, splits = searched(work, examples)
    labels = [label_of(y, description) for y in some.examples["y"]]
    batch_size = scoring_batch(some.payload, batch_size)
    with Steps(len(some), show=not quiet) as steps:
        found = strongest(
            graph, layers, some.payload, batch_size=batch_size,
            on_batch=lambda n: steps.step(n, f"{len(some):,} examples through the model"),
        )  # fmt: skip
    told, made = [], {}
    for layer, seen in zip(layers, found, strict=True):
        data = {"layer": layer.to_dict(), "order": _place(graph, layer), "n": seen.n, "picked": wanted}
        data |= {"splits": dict(Counter(splits)), "dead": np.flatnonzero(seen.dead).tolist(), "units": []}
        panels = []
        for unit in _picked(seen, wanted):
            one, picture = _unit(unit, layer, seen, some, splits, labels)
            data["units"].append(one | {"picture": _mosaic.data_uri(picture)})
            panels.append((picture, unit_lines(one)))
        made[f"{file_name(layer.name)}.png"] = _mosaic.png(_mosaic.sheet(head(data), panels, columns=4, wide=300))
        told.append(data)
    return told, made


def searched(work: Work, n: int) -> tuple[Dataset, list[str]]:
    """At most ``n`` different examples of train and dev, and the split of each; test is not among them."""
    from dlx.pipeline.tables import hash_sample

    part = work.split.table["split"].to_numpy(object)
    rows = np.sort(np.concatenate([work.split.index("train"), work.split.index("dev")]))
    first = ~work.data.examples["raw"].iloc[rows].duplicated().to_numpy()  # copies would fill all nine places
    some = hash_sample(work.data.subset(rows[first]), n)
    by_id = dict(zip(work.data.examples["id"], part, strict=True))
    return some, [str(by_id[name]) for name in some.examples["id"]]


def _place(graph: Graph, layer: Layer) -> int:
    return next(i for i, step in enumerate(graph.steps) if step.output is layer.tensor)


def _picked(seen: Strongest, wanted: int | list[int]) -> list[int]:
    """The units asked for, or those whose answers vary most between examples; dead ones have nothing to show."""
    if isinstance(wanted, list):
        return wanted
    order = np.argsort(-seen.deviation, kind="stable")
    return [int(unit) for unit in order if not seen.dead[unit]][:wanted]


def _unit(
    unit: int, layer: Layer, seen: Strongest, some: Dataset, splits: list[str], labels: list[Any]
) -> tuple[dict[str, Any], np.ndarray]:
    from dlx.reports import _mosaic

    height, width = next(iter(some.payload.inputs)).shape[:2]
    kept = [k for k, value in enumerate(seen.values[:, unit]) if np.isfinite(value) and value != 0]
    kept = [] if seen.dead[unit] else kept
    rows = seen.examples[kept, unit]
    images = next(iter(some.payload.take(rows).values())) if kept else []
    columns = layer.shape[1] if layer.is_map else 1
    patches, tiles = [], []
    for k, row, image in zip(kept, rows, images, strict=True):
        i, j = divmod(int(seen.places[k, unit]), int(columns or 1))
        box = layer.field.box(i, j, height, width)
        size = layer.pixels
        tiles.append(_mosaic.patch(_mosaic.picture(image), box, size))
        patches.append({
            "id": str(some.examples["id"].iloc[row]), "split": splits[row], "label": labels[row],
            "value": float(seen.values[k, unit]), "position": [i, j] if layer.is_map else None, "box": list(box),
        })  # fmt: skip
    told = {"unit": unit, "active": float(seen.active[unit]), "spread": float(seen.spread[unit])}
    told |= {"deviation": float(seen.deviation[unit])}
    told |= {"dead": bool(seen.dead[unit]), "prefers": preference([labels[row] for row in rows], labels, layer.units)}
    sources = some.examples["source"].astype(str).tolist()
    of = preference([sources[row] for row in rows], sources, layer.units) if len(set(sources)) > 1 else None
    told |= {"prefers_source": of if of and of["clear"] else None, "patches": patches}
    return told, _mosaic.mosaic(tiles, columns=3, rows=3, side=_side(layer))


def _side(layer: Layer) -> int:
    return 64 if layer.pixels is not None and max(layer.pixels) <= 32 else 96


def preference(best: Sequence[Any], everything: Sequence[Any], units: int) -> dict[str, Any] | None:
    """The label that the strongest examples have more often than all examples have.

    Args:
        best: labels of the strongest examples: text, a list of names (several labels), or numbers.
        everything: labels of all examples searched.
        units: units of the layer, each of which could have shown a preference by chance.

    Returns:
        ``label``, ``count`` of ``of``, ``base`` (its share of all examples), ``clear`` (chance would show one as strong
        in one of the units in less than 5 % of layers: binomial tail, Bonferroni over labels and units); for numbers
        ``mean`` and ``base``, the mean of all. None without examples.
    """
    if not len(best):
        return None
    if all(isinstance(value, float) for value in everything):
        return {"mean": float(np.mean(best)), "of": len(best), "base": float(np.mean(everything))}
    from scipy.stats import binom

    def counted(values: Sequence[Any]) -> pd.Series:
        flat = [name for value in values for name in (value if isinstance(value, list) else [value])]
        return pd.Series(Counter(flat), dtype=float)

    here, base = counted(best), counted(everything) / len(everything)
    if here.empty:
        return None
    tail = pd.Series(binom.sf(here.to_numpy() - 1, len(best), base[here.index].to_numpy()), here.index)
    label = tail.idxmin()
    return {
        "label": str(label), "count": int(here[label]), "of": len(best), "base": float(base[label]),
        "clear": bool(tail[label] * len(base) * units < _CHANCE),
    }  # fmt: skip
