"""The text of a new recipe: at most 40 lines, each knob with its trade-off."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dlx.dataset import Dataset

__all__ = ["recipe"]


def recipe(name: str, asked: str, dataset: Dataset, task: str, arguments: dict[str, Any]) -> str:
    """The recipe's text: at most 40 lines, each knob with its trade-off."""
    lines = [
        f"# dlx train {name}.yaml",
        "#",
        f"# Written by dlx init from {asked}. Change what was guessed wrongly; dlx check {name}.yaml finds faults.",
        f"name: {name}",
        f"task: {task}",
        "data:",
        "  sources:",
        f"    {name}:",
        *_argument_lines(arguments),
        "  split: auto                    # the data's own split where it has one, else sizes from the amount of data",
        "  normalize: standardize         # fitted on train, saved in the model",
        *_model_lines(dataset),
        "train:",
        f"  epochs: {_epochs(dataset)}".ljust(33) + "# longer: less bias",
        "  batch_size: 64                 # smaller: more steps per epoch, noisier, slower",
        "  optimizer: adam",
        "  learning_rate: 1e-3            # the first knob to tune, on a log scale",
        "# How well people do this, the mark to measure bias against; put in your own figure:",
        f"# human: {{panel: {{error: {'1%' if task != 'regression' else '0.5'}, source: who measured it}}}}",
    ]
    return "\n".join(lines) + "\n"


def _argument_lines(arguments: dict[str, Any]) -> list[str]:
    why: dict[str, Callable[[Any], str]] = {
        "label": lambda _: "what is predicted",
        "id": lambda _: "your own key: a row keeps its part of the split by it",
        "group": lambda _: "rows of one group stay in one part",
        "split": lambda _: "your own split is kept",
        "time": lambda _: "used by split_by: time",
        "drop": lambda _: "too many different texts to be categories",
        "names": lambda _: "the file has no header; rename at will",
    }
    lines = []
    for key, value in arguments.items():
        text = f"      {key}: {_yaml(value)}"
        lines.append(f"{text:<32} # {why[key](value)}" if key in why else text)
    return lines


def _model_lines(dataset: Dataset) -> list[str]:
    shape = dataset.payload.inputs[0].shape
    if dataset.kind == "image":
        photographs = min(shape[:2]) >= 48
        filters = [16, 32, 64] if photographs else [16, 32] if min(shape[:2]) >= 8 else [16]
        # thousands of positions flattened into dense layers are learned by heart: photographs are averaged instead
        units = (
            "  units: []                      # averages the feature map; [64] flattens it: less bias, more variance"
        )
        small = "  units: [64]                    # dense layers after the blocks; []: averages the feature map"
        return [
            "model:",
            "  builder: convnet",
            f"  filters: {filters}".ljust(33) + "# more channels or blocks: less bias, more time",
            units if photographs else small,
            f"  batch_norm: {json.dumps(photographs)}".ljust(33)
            + "# trains faster and more steadily, except on very little data",
            "  dropout: 0.0                   # 0.2–0.5 against variance only",
            "  l2: 0.0                        # 1e-4 … 1e-2, against variance",
        ]
    return [
        "model:",
        "  builder: mlp",
        "  units: [64, 64]                # more or wider layers: less bias; fewer: less variance",
        "  dropout: 0.0                   # 0.2–0.5 against variance only",
        "  l2: 1e-4                       # stronger: less variance, more bias",
    ]


def _epochs(dataset: Dataset) -> int:
    if dataset.kind == "image":
        return 20
    return 100 if len(dataset) < 5_000 else 30


def _yaml(value: Any) -> str:
    """A value in YAML's flow style; text that could be read as something else is quoted, as JSON does."""
    if isinstance(value, str):
        plain = re.fullmatch(r"[A-Za-z_/.][\w/.+-]*(?: [\w/.+-]+)*", value, re.ASCII)
        words = ("true", "false", "null", "yes", "no", "on", "off")
        return value if plain and value.lower() not in words else json.dumps(value, ensure_ascii=False)
    if isinstance(value, list):
        return "[" + ", ".join(json.dumps(v, ensure_ascii=False) if "," in str(v) else _yaml(v) for v in value) + "]"
    return json.dumps(value)
