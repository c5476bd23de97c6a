"""The space of a recipe without ``search:``: the notes' tiers of importance, from what the recipe really has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dlx.search.space import Space

if TYPE_CHECKING:
    from dlx.recipe import Recipe

__all__ = ["LEFT_ALONE", "TIERS", "default_space"]

#: Systems S36 in the form of errata E47: momentum, hidden units and batch size are one tier.
TIERS = {1: "learning rate", 2: "momentum, hidden units, batch size", 3: "layers, learning-rate decay"}
#: Rule P42.
LEFT_ALONE = "Adam's β1, β2 and ε"
#: Layers whose width gets a knob of its own: more would not be told apart by a few dozen trials.
_LAYERS = 3


def default_space(recipe: Recipe) -> Space:
    """The tiers of importance as far as the recipe's optimizer and builder have them; each knob says its tier.

    The learning rate on a log scale, a decade lower for optimizers that normalise the gradient; 1 − β of momentum on a
    log scale from 0.9 to 0.999 (systems S39); a quarter to four times the units or filters of each layer; batches that
    are powers of two (rule P39); one layer less to one more; without decay of the learning rate and with.

    Args:
        recipe: resolved; its ``search:`` is not read.
    """
    train, transfer = recipe.train, recipe.transfer
    model = {} if transfer else recipe.model  # a trained network stands for it
    top = 1.0 if train["optimizer"] in ("sgd", "momentum") else 0.1
    tiers: dict[int, dict[str, Any]] = {
        1: {"train.learning_rate": {"min": 1e-4, "max": top, "scale": "log"}},
        2: {},
        3: {"train.schedule.name": {"values": _with(train["schedule"]["name"], ["none", "exponential", "cosine"])}},
    }
    if train["optimizer"] == "momentum":
        tiers[2]["train.momentum"] = {"min": 0.9, "max": 0.999, "scale": "one_minus_log"}
    own = train["batch_size"]
    sizes = {32, 64, 128, 256} | ({own} if isinstance(own, int) else set())
    tiers[2]["train.batch_size"] = {"values": sorted(sizes)}
    if transfer:
        if transfer["depth"] != "head":
            tiers[1]["transfer.learning_rate"] = {"min": 1e-5, "max": 1e-2, "scale": "log"}
        tiers[2]["transfer.dropout"] = {"min": 0.0, "max": 0.8}
        tiers[3]["transfer.units"] = {"values": _with(transfer["units"], [[], [128], [256]])}
    tiers[2] |= _widths("model.filters", _sizes(model.get("filters")), [])
    units = _sizes(model.get("units"))
    depths = _depths(units)
    tiers[2] |= _widths("model.units", units, depths)
    if len(depths) > 1:
        tiers[3] = {"model.units": {"values": depths}} | tiers[3]
    ranges = {path: spec for tier in tiers.values() for path, spec in tier.items()}
    rank = {path: number for number, tier in tiers.items() for path in tier}
    return Space.build(recipe, ranges, tiers=rank, source="default")


def _with(own: Any, names: list[Any]) -> list[Any]:
    return names if own in names else [own, *names]


def _sizes(value: Any) -> list[int]:
    """The widths of the layers, where these are a list of whole numbers that a few knobs can hold."""
    whole = isinstance(value, list) and all(type(size) is int for size in value)
    return value if whole and len(value) <= _LAYERS else []


def _depths(units: list[int]) -> list[list[int]]:
    """One layer less, as many, one more: at least one, and no more than have knobs of their own."""
    counts = range(max(len(units) - 1, 1), min(len(units) + 1, _LAYERS) + 1)
    return [[*units, units[-1]][:count] for count in counts] if units else []


def _widths(path: str, sizes: list[int], depths: list[list[int]]) -> dict[str, Any]:
    """One knob per layer; of a layer that not every depth has, under the condition that it is there."""
    knobs = {}
    for i in range(max([len(sizes), *map(len, depths)])):
        size = sizes[min(i, len(sizes) - 1)]
        knobs[f"{path}.{i}"] = spec = {"min": max(size // 4, 2), "max": size * 4, "scale": "log"}
        having = [depth for depth in depths if len(depth) > i]
        if len(having) < len(depths):
            spec["when"] = {path: having}
    return knobs
