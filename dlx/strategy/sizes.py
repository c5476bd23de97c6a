"""How a network grows: which knobs give its size, and what they become."""

from __future__ import annotations

from typing import Any

from dlx.strategy.settings import Settings

__all__ = ["grown"]

#: Names that builders give to the numbers of units or channels, of all layers or of each.
_WIDTHS = ("units", "filters", "hidden", "hidden_units", "width", "channels", "features")

#: Beyond this width a further layer is worth more than wider ones.
_WIDE = 1024


def grown(settings: Settings) -> tuple[dict[str, Any], str]:
    """The keys of a network twice as wide, or one layer deeper where it is wide already.

    Returns:
        recipe key → new value (empty if the builder has no size), and the change in words.
    """
    if settings.get("transfer"):
        return {}, ""
    if settings.get("model.builder") == "linear":
        return {"model": {"builder": "mlp", "units": [64]}}, "A hidden layer of 64 units instead of a linear model"
    knobs = settings.knobs()
    widths = {name: _list(value) for name, value in knobs.items() if name in _WIDTHS and _list(value)}
    if not widths:
        return {}, ""
    if "units" in widths and max(widths["units"]) >= _WIDE and not isinstance(knobs.get("dropout"), (list, tuple)):
        return {"model.units": [*widths["units"], widths["units"][-1]]}, "One more layer"
    changes = {
        f"model.{name}": [2 * width for width in each] if isinstance(knobs[name], (list, tuple)) else 2 * each[0]
        for name, each in widths.items()
    }
    words = [f"{name} {_short(knobs[name])} → {_short(changes[f'model.{name}'])}" for name in widths]
    return changes, "Bigger network, " + ", ".join(words)


def _list(value: Any) -> list[int]:
    """The widths of all layers; empty if that is not what the value holds."""
    values = list(value) if isinstance(value, (list, tuple)) else [value]
    return values if all(isinstance(v, int) and not isinstance(v, bool) and v > 0 for v in values) else []


def _short(value: Any) -> str:
    return "–".join(str(v) for v in value) if isinstance(value, (list, tuple)) else str(value)
