"""Training curves and health, for checks of the fit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dlx.checks._common import number
from dlx.findings import Evidence

if TYPE_CHECKING:
    import numpy as np

__all__ = ["curve", "layers", "learning_rate"]


def curve(evidence: Evidence, name: str) -> np.ndarray | None:
    """One column of the history by epoch, (epochs,) float64; None where it was not recorded."""
    import numpy as np

    if evidence.history is None or name not in evidence.history or not len(evidence.history):
        return None
    values = evidence.history[name].to_numpy("float64", na_value=np.nan)
    return None if np.isnan(values).all() and name != "loss" else values


def layers(evidence: Evidence, key: str, *, first: bool = False) -> dict[str, float]:
    """One health value by layer, as last measured or as first; empty where it was not measured."""
    health: dict[str, Any] = evidence.health or {}
    measured = health.get("measured") or [health]
    found = measured[0 if first else -1].get("layers") or []
    return {str(layer.get("layer")): float(layer[key]) for layer in found if number(layer.get(key))}


def learning_rate(evidence: Evidence) -> float | None:
    """The recipe's learning rate; None where there is no recipe."""
    value = ((evidence.recipe or {}).get("train") or {}).get("learning_rate")
    return float(value) if number(value) else None
