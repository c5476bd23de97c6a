"""The space of a search: its knobs, the points to try first, and the unit cube that strategies work in."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dlx.errors import UserError
from dlx.recipe._faults import validate
from dlx.recipe._overrides import split_path
from dlx.recipe._ranges import choices, kind_at, path_of
from dlx.search.knob import Knob

if TYPE_CHECKING:
    from dlx.recipe import Recipe

__all__ = ["Space", "key"]


@dataclass(frozen=True)
class Space:
    """What a search may try. Made by :meth:`of` or :func:`dlx.search.default_space`.

    Attributes:
        knobs: in the order of the recipe.
        start: points to try first, each a mapping from knob to value.
        own: the recipe's own values, without those that lie outside of the space: with them a trial is the recipe as it
            stands. Tried first when the recipe names no points of its own; None when it does.
        source: ``recipe``, or ``default`` when the recipe has no ``search:``.
    """

    knobs: tuple[Knob, ...]
    start: tuple[dict[str, Any], ...] = ()
    own: dict[str, Any] | None = None
    source: str = "recipe"

    @classmethod
    def of(cls, recipe: Recipe) -> Space:
        """The space of a recipe's ``search:``.

        Raises:
            UserError: the recipe has none.
        """
        search = recipe.search
        points = search.pop("start", None)
        if not search:
            raise UserError("there is nothing to search: the recipe has no search:", where=f"the recipe {recipe.name}")
        return cls.build(recipe, search, start=points)

    @classmethod
    def build(
        cls,
        recipe: Recipe,
        ranges: Mapping[str, Mapping[str, Any]],
        *,
        start: Sequence[Mapping[str, Any]] | None = None,
        tiers: Mapping[str, int] | None = None,
        source: str = "recipe",
    ) -> Space:
        """A space from ranges in the form of a recipe.

        Args:
            recipe: whose paths they are.
            ranges: path → {min, max, scale, step, when} or {values, when}.
            start: points to try first; [] for none, None for the recipe's own values.
            tiers: path → rank of importance.
            source: see the attribute.
        """
        values, tiers = recipe.to_dict(), tiers or {}
        knobs = tuple(_knob(path, ranges, values, tiers.get(path)) for path in ranges)
        empty, own = cls(knobs), {knob.path: _present(values, knob.path) for knob in knobs}
        own = {knob.path: own[knob.path] for knob in knobs if knob.holds(own[knob.path])}
        points = tuple(empty.active(own | dict(point)) for point in start or ())
        return cls(knobs, points, empty.active(own) if start is None else None, source)

    def first(self) -> list[dict[str, Any]]:
        """The points that a search tries first: those given, else the recipe's own values."""
        return [dict(point) for point in (self.start if self.own is None else [self.own])]

    def active(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """The parameters whose conditions hold, in the order of the space."""
        by_path = {knob.path: knob for knob in self.knobs}

        def counts(path: str) -> bool:
            conditions = by_path[path].when.items()
            return all(other in params and counts(other) and params[other] in values for other, values in conditions)

        return {path: params[path] for path in by_path if path in params and counts(path)}

    def at(self, cube: Sequence[float]) -> dict[str, Any]:
        """The parameters at a point of the unit cube; knobs whose condition does not hold are left out."""
        return self.active({knob.path: knob.at(u) for knob, u in zip(self.knobs, cube, strict=True)})

    def cube(self, params: Mapping[str, Any], *, missing: float = math.nan) -> list[float]:
        """The point of the unit cube of some parameters; ``missing`` stands for knobs that do not count there."""
        return [knob.place(params[knob.path]) if knob.path in params else missing for knob in self.knobs]

    @property
    def size(self) -> int | None:
        """How many different settings there are; None when there is no end to them.

        Where conditions tie more than a million combinations together, that many is said to be the number.
        """
        sizes = [knob.size for knob in self.knobs]
        if None in sizes:
            return None
        product = math.prod(sizes)
        if product > 1_000_000 or not any(knob.when for knob in self.knobs):
            return product
        return sum(1 for _ in self.combinations([knob.spaced(knob.size) for knob in self.knobs]))

    def combinations(self, values: Sequence[Sequence[Any]]) -> Iterator[dict[str, Any]]:
        """All different settings with these values per knob, the last knob turning fastest."""
        conditional = any(knob.when for knob in self.knobs)
        seen = set()
        paths = [knob.path for knob in self.knobs]
        for chosen in itertools.product(*values):
            params = dict(zip(paths, chosen, strict=True))
            if not conditional:
                yield params
                continue
            params = self.active(params)
            if (name := key(params)) not in seen:
                seen.add(name)
                yield params

    def describe(self) -> list[dict[str, Any]]:
        """One row per knob, for people and JSON: path, range in words, tier, condition, number of values."""
        return [
            {
                "path": knob.path,
                "range": knob.text(),
                "tier": knob.tier,
                "when": {other: list(values) for other, values in knob.when.items()},
                "size": knob.size,
            }
            for knob in self.knobs
        ]

    def to_dict(self) -> dict[str, Any]:
        """The space as JSON data, equal for equal spaces: what a search that goes on is held against."""
        knobs = {}
        for knob in self.knobs:
            if knob.values is not None:
                spec: dict[str, Any] = {"values": list(knob.values)}
            else:
                spec = {"min": knob.low, "max": knob.high, "scale": knob.scale, "step": knob.step}
            when = {other: list(values) for other, values in knob.when.items()}
            knobs[knob.path] = spec | ({"when": when} if when else {})
        return {"knobs": knobs, "first": self.first(), "source": self.source}


def key(params: Mapping[str, Any]) -> str:
    """Canonical text of some parameters: equal for equal settings, whatever their order; 1 and 1.0 are the same.

    >>> key({"train.epochs": 1.0, "model.units": (8, 8)}) == key({"model.units": [8, 8], "train.epochs": 1})
    True
    """
    return json.dumps(_canonical(dict(params)), sort_keys=True, ensure_ascii=False)


def _canonical(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(k): _canonical(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_canonical(v) for v in value]
    whole = isinstance(value, float) and value.is_integer() and abs(value) < 2**53
    return int(value) if whole else value


def _knob(path: str, ranges: Mapping[str, Any], recipe: dict[str, Any], tier: int | None) -> Knob:
    spec = ranges[path]
    when = {other: choices(ranges[other], value) for other, value in (spec.get("when") or {}).items()}
    if "values" in spec:
        return Knob(path, values=tuple(spec["values"]), when=when, tier=tier)
    low, high = spec["min"], spec["max"]
    kind = kind_at(recipe, path_of(recipe, path, spec.get("when")))

    def fits(value: float) -> bool:
        return not validate(kind, value, lambda _: [])[1]

    whole = float(low).is_integer() and not fits(low + min(high - low, 1) / 2)
    if kind.core["type"] == "any":
        whole = _all_whole(low, high, _present(recipe, path))
    lowest, highest = -math.inf, math.inf
    if low >= 0:  # what is not negative in the recipe is never tried negative
        floor = 1 if whole and low >= 1 else 0
        lowest = floor if fits(floor) else low / 10
    if low >= 0 and high < 1 and not whole:  # a share or a β
        highest = 1 - (1 - high) / 10
    step = spec.get("step")
    if whole:
        low, high = math.ceil(low), math.floor(high)
    scale = spec.get("scale") or "linear"
    return Knob(path, low, high, scale, step, whole=whole, when=when, tier=tier, domain=(lowest, highest))


def _all_whole(low: float, high: float, own: Any) -> bool:
    """Where a signature says nothing, the limits and the recipe's own value do."""
    return all(isinstance(v, int) and not isinstance(v, bool) for v in (low, high, 1 if own is None else own))


def _present(recipe: Mapping[str, Any], path: str) -> Any:
    """The recipe's own value at a path; None where it has none (a key of another schedule, say)."""
    try:
        parts = split_path(recipe, path)
    except UserError:  # a layer that the recipe does not have
        return None
    value: Any = recipe
    for part in parts:
        inside = part < len(value) if isinstance(value, list) else isinstance(value, dict) and part in value
        if not inside:
            return None
        value = value[part]
    return value
