"""The keys of a recipe, their kinds and defaults; the arguments of parts are bound to signatures in ``_binding.py``."""

from __future__ import annotations

from typing import Any

from dlx.recipe import _values
from dlx.recipe._kinds import (
    Field,
    Kind,
    Section,
    anything,
    checked,
    choice,
    flag,
    listing,
    mapping,
    number,
    one_of,
    optional,
    part,
    section,
    text,
    whole,
)
from dlx.recipe._search_range import search_range
from dlx.recipe._train import EARLY_STOPPING, SCHEDULE_KEYS, TRAIN
from dlx.recipe._transfer import TRANSFER

__all__ = ["RECIPE", "known_keys"]

_PERCENT = {"type": "string", "pattern": r"^\s*[0-9.]+\s*%\s*$"}
NAME = checked(_values.name, {"type": "string", "pattern": f"^{_values.NAME}$"})
RATE = checked(_values.rate, {"type": "number", "minimum": 0, "maximum": 1}, _PERCENT)
FIGURE = checked(_values.figure, {"type": "number", "minimum": 0}, _PERCENT)
LIMIT = checked(_values.limit, {"type": "string", "pattern": f"^{_values.LIMIT}$"})
SIZE = checked(_values.split_size, {"type": "number", "minimum": 0}, _PERCENT)
RANGE = checked(search_range, {"type": "object"}, {"type": "array", "minItems": 1})
_POINTS = listing(mapping(text(), anything()))
#: a key is a recipe path, so it has a dot and cannot be taken for ``start``
SEARCH = Kind(
    {
        "type": "typed-dict",
        "extra_behavior": "allow",
        "extras_schema": RANGE.core,
        "fields": {"start": {"type": "typed-dict-field", "schema": _POINTS.core, "required": False}},
    },
    {"type": "object", "properties": {"start": _POINTS.json}, "additionalProperties": RANGE.json},
)


def _fits(split: dict[str, Any]) -> dict[str, Any]:
    shares = [size for size in split.values() if isinstance(size, float)]
    if sum(shares) > 1 + 1e-9:
        raise ValueError(f"the shares of a split are 1 together, not {sum(shares):.6g}")
    if not split["dev"]:
        raise ValueError("dev needs examples: the verdict is about them")
    return split


def _share_by_default(data: dict[str, Any]) -> dict[str, Any]:
    """The share where the recipe alone tells it; under ``auto`` the data does, under ``from:`` the earlier run."""
    if data["target"] is not None and data["target_in_train"] is None:
        if isinstance(data["split"], dict):
            data["target_in_train"] = 0.5
        elif data["split"] == "own":
            data["target_in_train"] = 1.0
    return data


SIZES = section(
    {
        "train": Field(optional(SIZE), None, "share or number; null: what is left"),
        "dev": Field(SIZE, help="share or number; what models are chosen on"),
        "test": Field(SIZE, 0, "share or number; looked at once, at the end; 0: none"),
        "train_dev": Field(optional(SIZE), None, "null: carved from train where its sources differ from dev's"),
    },
    after=_fits,
)
_WORD = checked(_values.split_word, {"type": "string", "pattern": "^(auto|own|from:.+)$"})
SPLIT = Kind(
    {
        "type": "tagged-union",
        "discriminator": lambda value: "sizes" if isinstance(value, dict) else "word",
        "choices": {"word": _WORD.core, "sizes": SIZES.core},
    },
    one_of(_WORD, SIZES).json,
)
_SHARE = (
    "share of the target given to train; of a target with its own split, of its train part (null: half, or all of it)"
)
DATA = section(
    {
        "dataset": Field(optional(text()), None, "a card of `dlx list cards`: gives sources and human level"),
        "sources": Field(mapping(NAME, part("reader", "readers"), at_least=1), help="name: {reader, …its arguments}"),
        "target": Field(optional(text()), None, "the source you care about: dev and test hold nothing else"),
        "target_in_train": Field(optional(RATE), None, _SHARE),
        "split": Field(SPLIT, "auto", "auto, own (the data's), from:RUN, or {train, dev, test, train_dev}"),
        "split_by": Field(choice("hash", "time"), "hash", "time: the latest examples are dev and test"),
        "normalize": Field(choice("standardize", "none"), "standardize", "fitted on train, saved in the model"),
        "corrections": Field(
            flag(), True, "labels corrected by people (`dlx labels`) are used; false: as the data says"
        ),
        "strict": Field(flag(), False, "an unreadable example is an error instead of being set aside"),
    },
    after=_share_by_default,
)
FIGURES = section(
    {
        "error": Field(FIGURE, help="0.007 or 0.7%; for an unbounded measure a number in its unit"),
        "n": Field(optional(whole(ge=1)), None, "examples the figure was measured on; null: taken as exact"),
        "n_annotators": Field(optional(whole(ge=1)), None, "people in the group"),
        "source": Field(text(), "", "the reference, or how it was measured"),
        "of": Field(optional(text()), None, "the data the figure is about, when it is not this recipe's"),
    }
)
GOAL = section(
    {
        "optimize": Field(text(), "error", "the one measure to optimise: error, or one of `dlx list metrics`"),
        "target": Field(optional(FIGURE), None, "the value that is good enough"),
        "satisfice": Field(mapping(text(), LIMIT), {}, 'limits to keep, like latency_ms: "<= 10"'),
    }
)
AUGMENT = listing(part("name", "augmentations"))
RECIPE = section(
    {
        "name": Field(NAME, help="letters, digits, - and _; runs are named by it"),
        "task": Field(part("name", "tasks"), help="what is predicted: a name, or {name, …arguments}"),
        "data": Field(DATA, help="which examples, and how they are divided"),
        "model": Field(part("builder", "builders"), help="the network: {builder, …knobs}"),
        "augment": Field(AUGMENT, [], "changes of training images, in order: names, or {name, …arguments}"),
        "transfer": Field(optional(TRANSFER), None, "begin from a trained network, which then stands for model:"),
        "train": Field(TRAIN, {}, "how the model is fitted; each knob changes one thing"),
        "human": Field(mapping(NAME, FIGURES), {}, "group: {error, n, n_annotators, source, of}"),
        "goal": Field(GOAL, {}, "what counts"),
        "search": Field(SEARCH, {}, "key: {min, max, scale, step, when} or {values, when}; start: points to try first"),
        "resolved_by": Field(optional(text()), None, "version that wrote out every default; not for hand-writing"),
    }
)


def known_keys(path: tuple) -> list[str]:
    """The keys of the section at that path (none where any key may stand), for the nearest name of a misspelt one."""
    if path[:2] == ("data", "split"):
        return list(SIZES.fields) if len(path) == 2 else []
    if path[:1] == ("human",):
        return list(FIGURES.fields) if len(path) == 2 else []
    if path == ("transfer",):
        return list(TRANSFER.fields)
    if path[:1] == ("train",) and len(path) == 2:
        return {"schedule": SCHEDULE_KEYS, "early_stopping": list(EARLY_STOPPING.fields)}.get(path[1], [])
    kind: Kind = RECIPE
    for key in path:
        kind = kind.fields[key].kind if isinstance(kind, Section) and key in kind.fields else number()
    return list(kind.fields) if isinstance(kind, Section) else []
