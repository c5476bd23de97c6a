"""The chapter on what the model sees: units and their patches, errors by confusion, what answers rest on; in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dlx.reports._numbers import count, known, number
from dlx.reports._worst import IMAGE
from dlx.strategy.words import level, listed

__all__ = [
    "Chapter",
    "Figure",
    "answer_lines",
    "chapter",
    "confusion_lines",
    "errors_head",
    "head",
    "preference",
    "unit_lines",
]


@dataclass(frozen=True)
class Figure:
    """A picture and what stands beneath it.

    Attributes:
        picture: a data URI.
        lines: the first is what it is, the others say more.
        label: what a reader who does not see it is told.
        clear: the first line deserves to be noticed.
    """

    picture: str
    lines: Sequence[str]
    label: str
    clear: bool = False


@dataclass(frozen=True)
class Group:
    """Figures under one heading.

    Attributes:
        title: the heading.
        caption: how they were made.
        figures: the pictures.
        notes: what is to be known about them.
    """

    title: str
    caption: str
    figures: Sequence[Figure]
    notes: Sequence[str] = ()


@dataclass(frozen=True)
class Chapter:
    """What the chapter shows.

    Attributes:
        confusions: errors by confusion; None where they were not looked at.
        answers: what answers rest on; None likewise.
        layers: one group for each layer whose units were looked at, in the order of the graph.
    """

    confusions: Group | None
    answers: Group | None
    layers: Sequence[Group]


def chapter(seen: Mapping[str, Any]) -> Chapter | None:
    """The chapter; None before any look.

    Args:
        seen: ``overview`` and ``units`` as ``dlx look --json`` prints them, with their pictures.
    """
    overview, units = seen.get("overview") or {}, seen.get("units") or ()
    if not overview and not units:
        return None
    ordered = sorted(units, key=lambda one: one["order"])
    return Chapter(_confusions(overview), _answers(overview), [_layer(one) for one in ordered])


def _confusions(overview: Mapping[str, Any]) -> Group | None:
    found = overview.get("confusions") or ()
    figures = [_figure(one, confusion_lines(one, overview["n_errors"]), f"Examples of {pair(one)}") for one in found]
    if not figures:
        return None
    return Group("Errors side by side", f"{errors_head(overview)}.", figures)


def _answers(overview: Mapping[str, Any]) -> Group | None:
    found = overview.get("answers") or ()
    if not found:
        return None
    figures = [_figure(one, answer_lines(one), f"What {one['id']} was judged by") for one in found]
    both = any(one.get("maps", 0) > 1 for one in found)
    caption = (
        "The image; over it how strongly each pixel moves the score of what was said (gradient of the score before "
        "softmax or sigmoid, averaged over noisy copies: SmoothGrad)"
        + ("; and the places of the last feature map that speak for it (Grad-CAM)" if both else "")
        + ". The errors with the largest loss first, then some right answers. Bright pixels are where the answer could "
        "be changed most easily, which is not always why it was given."
    )
    return Group("What answers rest on", caption, figures, overview.get("notes") or ())


def _layer(one: Mapping[str, Any]) -> Group:
    figures = [
        _figure(unit, unit_lines(unit), f"The strongest patches of unit {unit['unit']}",
                bool((unit.get("prefers") or {}).get("clear")))
        for unit in one["units"]
    ]  # fmt: skip
    notes = [*(one.get("notes") or ())]
    if one["layer"].get("gated"):
        notes.append(
            "Numbers of the whole image (squeeze and excitation, or group normalisation) scale this layer too: a "
            "patch is where the unit answers, not all that it depends on."
        )
    return Group(f"What the units of {one['layer']['name']} answer to", head(one), figures, notes)


def head(one: Mapping[str, Any]) -> str:
    """What a sheet of units shows, and how they were chosen."""
    layer = one["layer"]
    field = layer["field"]
    what = "whole images" if field is None else f"patches of {field[0]} × {field[1]} pixels"
    splits = listed([f"{count(n)} of {name}" for name, n in sorted(one["splits"].items(), reverse=True)])
    at = "" if layer["read_at"] == layer["name"] else f", read behind {layer['read_at']}"
    picked = "" if isinstance(one["picked"], list) or len(one["units"]) >= layer["units"] - len(one["dead"]) else (
        f" The {len(one['units'])} units whose answers vary most."
    )  # fmt: skip
    return (
        f"{layer['name']} ({layer['kind']}, {count(layer['units'])} units{at}): the nine {what} that excite each unit "
        f"most, among {splits}.{picked} {dead_words(one['dead'], layer['units'])}"
    ).strip()


def dead_words(dead: Sequence[int], units: int) -> str:
    """How many units answer the same to everything."""
    if not dead:
        return "No unit is dead."
    some = ", ".join(str(unit) for unit in dead[:12]) + (" …" if len(dead) > 12 else "")
    verb = "is" if len(dead) == 1 else "are"
    return f"{count(len(dead))} of {count(units)} units {verb} dead, the same for every example: {some}."


def unit_lines(unit: Mapping[str, Any]) -> list[str]:
    """What stands beneath a unit's patches."""
    if unit["dead"]:
        return [f"unit {unit['unit']}", "dead: the same for every example"]
    prefers = unit["prefers"] or {}
    lines = [f"unit {unit['unit']} · {preference(unit['prefers'])}"]
    if known(prefers.get("base")):
        base = f"{level(prefers['base'])} of all" if "label" in prefers else f"mean of all {number(prefers['base'])}"
        lines.append(base)
    lines.append(active(unit))
    if unit.get("prefers_source"):
        lines.append(f"from {preference(unit['prefers_source'])}")
    return lines


def preference(prefers: Mapping[str, Any] | None) -> str:
    """What the strongest examples are, in words."""
    if prefers is None:
        return "no label"
    if "mean" in prefers:
        return f"mean {number(prefers['mean'])}"
    said = f"{prefers['count']} of {prefers['of']} {prefers['label']}"
    return said if prefers["clear"] else f"mixed ({said})"


def active(unit: Mapping[str, Any]) -> str:
    """Where the unit answers above 0: in which share of examples, and at which share of their places."""
    places = f"at {level(unit['spread'])} of places"
    if unit["patches"] and unit["patches"][0]["position"] is None:
        return f"active on {level(unit['active'])}"
    return f"active {places}" if unit["active"] > 0.995 else f"active on {level(unit['active'])}, {places}"


def pair(one: Mapping[str, Any]) -> str:
    """A confusion in words."""
    if one["said"] in ("missed", "false alarm"):
        return f"{one['true']}: {one['said']}"
    return f"{one['true']} → {one['said']}" if one["true"] else str(one["said"])


def confusion_lines(one: Mapping[str, Any], n: int) -> list[str]:
    """What stands beneath the examples of a confusion."""
    what = "examples" if one["said"] in ("too low", "too high") else "errors"
    return [pair(one), f"{count(one['count'])} of {count(n)} {what}"]


def answer_lines(one: Mapping[str, Any]) -> list[str]:
    """What stands beneath the pixels of an answer."""
    said = f"said {_label(one['said'])}"
    first = f"{said}, rightly" if one["error"] == 0 else f"{said}, is {_label(one['true'])}"
    about = [f"about {one['label']}"] if one.get("label") else []
    loss = [f"loss {number(one['loss'], 2)}"] if known(one.get("loss")) else []
    return [first, " · ".join([*about, *loss])]


def errors_head(overview: Mapping[str, Any]) -> str:
    """How many errors there are, and in which order they are shown; numbers are all off by something."""
    n = f"{count(overview['n'])} dev examples"
    if overview["task"] == "regression":
        return f"{n}, too low and too high apart, the farthest off first"
    return f"{count(overview['n_errors'])} errors among {n}, the commonest confusions first, in each the worst first"


def _label(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return number(value) if isinstance(value, float) else str(value)


def _figure(one: Mapping[str, Any], lines: Sequence[str], label: str, clear: bool = False) -> Figure:
    image = str(one.get("picture") or "")
    return Figure(image if IMAGE.fullmatch(image) else "", lines, label, clear)
