"""Whether every end of a space makes a recipe: said before the first trial, not by each trial that fails."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from dlx.errors import UserError, all_faults
from dlx.recipe.loading import load
from dlx.search.applying import apply
from dlx.search.knob import Knob
from dlx.search.space import Space

if TYPE_CHECKING:
    from dlx.recipe import Recipe

__all__ = ["try_out"]


def try_out(recipe: Recipe, space: Space) -> None:
    """Resolve the recipe at both ends of every range, at every listed value, and at each point to try first.

    What the keys themselves refuse is said when the recipe is loaded; this finds what two of them cannot have
    together: a schedule's key under another schedule, a builder's argument under another builder.

    Args:
        recipe: that is searched.
        space: its space.

    Raises:
        UserError: all that does not work, in one message.
    """
    faults = {}
    for knob, params in _ends(space):
        try:
            load(recipe, apply(recipe, params))
        except UserError as error:
            told = f"{knob.path} = {params[knob.path]!r}" if knob else "a point of search.start"
            faults.setdefault(str(error), f"search: {told} does not work: {error}")
    if faults:
        raise all_faults(list(faults.values()), where=f"the search of recipe {recipe.name}")


def _ends(space: Space) -> Iterator[tuple[Knob | None, dict[str, Any]]]:
    by_path = {knob.path: knob for knob in space.knobs}

    def under(knob: Knob) -> dict[str, Any]:
        """Values of other knobs under which this one counts."""
        found: dict[str, Any] = {}
        for other, values in knob.when.items():
            found |= under(by_path[other]) | {other: values[0]}
        return found

    middle = {knob.path: knob.at(0.5) for knob in space.knobs}
    for point in space.start:
        yield None, point
    for knob in space.knobs:
        for value in knob.values or dict.fromkeys((knob.at(0.0), knob.at(1.0))):
            yield knob, space.active(middle | under(knob) | {knob.path: value})
