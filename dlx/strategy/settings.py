"""What a recipe is set to, and the command that changes it."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dlx import parts

__all__ = ["Settings", "yaml_line"]


@dataclass(frozen=True)
class Settings:
    """The resolved recipe and the command that ran it; both may be unknown, and then no command is made.

    Attributes:
        recipe: the resolved recipe as plain data.
        command: the command line of the run, such as ``dlx train digits -s train.epochs=5``.
        curve: what ``dlx curve`` measured of this recipe: status, text, ahead …; None where it was not run.
        data: what ``dlx data`` says of the data: kind, inputs …; None where it is not known.
    """

    recipe: Mapping[str, Any] | None = None
    command: str | None = None
    curve: Mapping[str, Any] | None = None
    data: Mapping[str, Any] | None = None

    @property
    def image(self) -> tuple[int, int, int] | None:
        """(height, width, channels) of what the model reads; None where that is no image, or not known."""
        if (self.data or {}).get("kind") != "image":
            return None
        shapes = [tuple(tensor["shape"]) for tensor in self.data.get("inputs") or ()]
        return next((shape for shape in shapes if len(shape) == 3 and shape[-1] in (1, 3)), None)

    @property
    def known(self) -> bool:
        """Whether there is a recipe to change."""
        return self.recipe is not None

    def get(self, key: str, default: Any = None) -> Any:
        """The value at a dotted key; ``default`` where a key on the way is missing."""
        value: Any = self.recipe or {}
        for part in key.split("."):
            if not isinstance(value, Mapping) or part not in value:
                return default
            value = value[part]
        return value

    def knobs(self) -> dict[str, Any]:
        """What the model's builder takes and its present values, defaults included; a trained network takes none."""
        if self.get("transfer"):
            return {}
        model = dict(self.get("model") or {})
        builder = model.pop("builder", None)
        if not builder or ":" in builder or builder not in parts.names("builders"):
            return model  # a user's own builder: its defaults stand in the resolved recipe
        taken = parts.signature("builders", builder)
        return {name: model.get(name, knob.default) for name, knob in taken.items()} | model

    def change(self, values: Mapping[str, Any]) -> str:
        """The command that trains again with some keys set to other values; empty without a recipe."""
        if not self.known:
            return ""
        words = self._train(without=values.keys())
        for key, value in values.items():
            words += ["-s", f"{key}={yaml_line(value)}"]
        return shlex.join(words)

    def about(self, verb: str) -> str:
        """``dlx VERB RECIPE``; empty without a recipe."""
        return shlex.join(["dlx", verb, self._train()[2]]) if self.known else ""

    def again(self, verb: str, values: Mapping[str, Any] | None = None, *options: str) -> str:
        """``dlx VERB RECIPE -s …``: another command with the same recipe and overrides; empty without a recipe.

        Args:
            verb: the command.
            values: keys set to other values.
            options: what else the command is told.
        """
        if not self.known:
            return ""
        values = values or {}
        words = self._train(without=values.keys())
        overrides = [word for i, word in enumerate(words) if word == "-s" or words[i - 1] == "-s"]
        for key, value in values.items():
            overrides += ["-s", f"{key}={yaml_line(value)}"]
        return shlex.join(["dlx", verb, words[2], *overrides, *options])

    def last(self, verb: str, *options: str) -> str:
        """``dlx VERB last``, for the run just judged; empty without a recipe."""
        return shlex.join(["dlx", verb, "last", *options]) if self.known else ""

    def _train(self, without: Any = ()) -> list[str]:
        """The words of the command, less earlier overrides of the same keys, ``--dry-run`` and ``--continue RUN``.

        What is advised is trained from scratch: a run that went on from another one is not where its advice begins.
        """
        words = shlex.split(self.command or "")
        if words[:2] != ["dlx", "train"] or len(words) < 3 or words[2].startswith("-"):
            words = ["dlx", "train", str(self.get("name") or "recipe")]
        kept, rest = words[:3], iter(words[3:])
        for word in rest:
            if word in ("-s", "--set"):
                override = next(rest, "")
                if override.partition("=")[0].strip() not in without:
                    kept += ["-s", override]
            elif word == "--continue":
                next(rest, "")
            elif word != "--dry-run" and not word.startswith("--continue="):
                kept.append(word)
        return kept


def yaml_line(value: Any) -> str:
    """A value as ``-s`` reads it: YAML on one line, ``[256,256]`` and ``{dev: 4000}``."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {yaml_line(item)}" for key, item in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(yaml_line(item) for item in value) + "]"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, str) and not (set(value) & set(",[]{}#&*!|>'\"%") or ": " in value):
        return value
    return json.dumps(value, ensure_ascii=False)
