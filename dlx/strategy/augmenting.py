"""Augmentation as a remedy: which distortions a recipe has, and which one to try next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dlx import parts
from dlx.strategy.action import Action
from dlx.strategy.settings import Settings, yaml_line

__all__ = ["augmentation", "names", "used", "written"]

#: What to begin with, and what to add then, one at a time. Grey images are often digits or text, which no mirror leaves
#: alone.
_USUAL = {3: ("mirror", "crop", "colour"), 1: ("rotation", "warp")}
_MORE = {3: ("cutout", "rotation", "pca_colour"), 1: ("shear", "crop", "noise")}
#: On a side of fewer pixels, resampling blurs what there is: on 8×8 digits each of these made dev error larger.
_LEAST_SIDE = 16


def augmentation(settings: Settings) -> list[Action]:
    """Begin to augment images, or add one kind; nothing for other data and tiny images."""
    if settings.image is None or min(settings.image[:2]) < _LEAST_SIDE:
        return []
    channels = settings.image[2]
    present = used(settings)
    if not present:
        usual = list(_USUAL[channels])
        text = "Augment: changed images with the same label are new examples for free; they take more epochs."
        return [Action("augment", text, settings.change({"augment": usual}))]
    more = [name for name in _MORE[channels] if name not in names(present)]
    if not more:
        return []
    text = f"Augment further: {more[0]} beside {', '.join(names(present))}."
    return [Action("augment", text, settings.change({"augment": [*present, more[0]]}))]


def used(settings: Settings) -> list[Any]:
    """The recipe's augmentations as one would write them: a name, or a mapping with what is not a default."""
    return [_short(section) for section in settings.get("augment") or []]


def written(sections: Sequence[dict[str, Any]]) -> str:
    """A recipe's ``augment`` as one would write it after ``-s``; "none" where it is empty.

    >>> written([{"name": "mirror", "axis": "horizontal", "probability": 0.5}, {"name": "noise", "most": 0.1}])
    '[mirror,{name: noise, most: 0.1}]'
    """
    return yaml_line([_short(section) for section in sections]) if sections else "none"


def names(present: Sequence[Any]) -> list[str]:
    """Their names."""
    return [each if isinstance(each, str) else each["name"] for each in present]


def _short(section: dict[str, Any]) -> Any:
    name = section["name"]
    if name not in parts.names("augmentations"):
        return section
    defaults = {key: parameter.default for key, parameter in parts.signature("augmentations", name).items()}
    own = {key: value for key, value in section.items() if key != "name" and defaults.get(key) != value}
    return {"name": name} | own if own else name
