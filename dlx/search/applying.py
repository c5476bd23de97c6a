"""From parameters to the overrides that make them a recipe."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dlx import parts
from dlx.recipe._faults import validate
from dlx.recipe._train import TRAIN

if TYPE_CHECKING:
    from dlx.recipe import Recipe

__all__ = ["apply"]


def apply(recipe: Recipe, params: Mapping[str, Any]) -> list[str]:
    """The overrides, as after ``-s``, under which the recipe has exactly these values.

    Whole values go before those inside of them. A learning rate or weight decay that is its optimizer's default, and is
    not itself a knob, follows when the optimizer changes; a schedule of another name starts from that schedule's own
    defaults; a builder keeps the arguments that it shares with the recipe's own.

    Args:
        recipe: the resolved recipe that is searched.
        params: path → value.

    Returns:
        one ``path=value`` for each.
    """
    values = recipe.to_dict()
    placed = sorted(params.items(), key=lambda item: item[0].count("."))
    overrides = [text for path, value in placed for text in _override(values, path, value)]
    return overrides + _following(values["train"], params)


def _override(values: dict[str, Any], path: str, value: Any) -> list[str]:
    if path == "train.schedule.name" and value != values["train"]["schedule"]["name"]:
        return [f"train.schedule={_text({'name': value})}"]
    if path == "model.builder" and value != values["model"]["builder"]:
        shared = {k: v for k, v in values["model"].items() if k in parts.signature("builders", value)}
        return [f"model={_text({'builder': value} | shared)}"]
    return [f"{path}={_text(value)}"]


def _following(train: dict[str, Any], params: Mapping[str, Any]) -> list[str]:
    if params.get("train.optimizer", train["optimizer"]) == train["optimizer"]:
        return []
    defaults = validate(TRAIN, {"optimizer": train["optimizer"]}, lambda _: [])[0]
    keys = ("learning_rate", "weight_decay")
    return [f"train.{k}=null" for k in keys if f"train.{k}" not in params and train[k] == defaults[k]]


def _text(value: Any) -> str:
    """JSON, which YAML 1.2 reads as the same value; floats to the last bit."""
    return json.dumps(value, ensure_ascii=False)
