"""Reading goals: ``latency_ms <= 100``, ``recall(positive=cat)@source=mobile >= 90%``."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from dlx import parts
from dlx.errors import UserError, all_faults, nearest
from dlx.goals._quantities import EVENTS, MODEL_FACTS, Quantity
from dlx.metrics._measure import measure

__all__ = ["Limit", "limits", "quantity"]

_LIMIT = re.compile(
    r"(?P<what>.*?)\s*(?P<sign><=|>=|<|>)\s*(?P<number>[-+]?[0-9.]+(?:[eE][-+]?[0-9]+)?)\s*(?P<rate>%?)\s*"
)
_QUANTITY = re.compile(r"(?P<name>[\w.:]+)\s*(?:\((?P<knobs>[^()]*)\))?\s*(?:@\s*(?P<column>\w+)=(?P<value>.+))?")
_SUM = re.compile(r"[-+*/]\s*\d|\d\s*\*|\w\s+[-+]\s+\w")


@dataclass(frozen=True)
class Limit:
    """One limit to keep.

    Attributes:
        quantity: what is limited.
        sign: ``<=``, ``<``, ``>=`` or ``>``, taken as written: a value equal to the limit keeps ``<=`` only.
        bound: the number.
    """

    quantity: Quantity
    sign: str
    bound: float

    @property
    def text(self) -> str:
        """As people write it."""
        return f"{self.quantity.text} {self.sign} {self.bound:.6g}"

    def holds(self, value: float) -> bool:
        """Whether a value keeps it."""
        if "=" in self.sign and value == self.bound:
            return True
        return value < self.bound if self.sign[0] == "<" else value > self.bound


def limits(satisfice: Mapping[str, str] | Iterable[str], *, where: str = "goal.satisfice") -> tuple[Limit, ...]:
    """The limits of a recipe, {measure: "<= 10"}, or of the command line, "measure <= 10".

    Args:
        satisfice: the limits; names are metrics, ``latency_ms`` (95th percentile), ``latency_ms_median``,
            ``model_bytes``, ``model_mb``, ``parameters`` or ``false_positives_per_day``. A metric may carry its
            arguments, ``recall(positive=cat)``, and a slice, ``error@source=mobile``.
        where: the option or recipe key, for messages.

    Raises:
        UserError: all faults at once: no comparison, or a goal that no metric measures.
    """
    if isinstance(satisfice, Mapping):
        texts = [f"{name} {limit}" for name, limit in satisfice.items()]
    else:
        texts = [satisfice] if isinstance(satisfice, str) else list(satisfice)
    found, faults = [], []
    for text in texts:
        try:
            found.append(_limit(str(text), where))
        except UserError as error:
            faults.append(error)
    if len(faults) == 1:
        raise faults[0]
    if faults:
        raise all_faults([str(fault) for fault in faults], where=where)
    return tuple(found)


def _limit(text: str, where: str) -> Limit:
    matched = _LIMIT.fullmatch(text)
    try:
        bound = float(matched["number"]) if matched else None
    except ValueError:
        bound = None
    if bound is None or not matched["what"].strip():
        hint = 'Write a measure, a comparison and a number, like "latency_ms <= 100".'
        raise UserError("a limit is a comparison with a number", value=text, where=where, hint=hint)
    if matched["rate"]:
        bound = float(f"{bound / 100:.12g}")
    return Limit(quantity(matched["what"].strip(), where=where), matched["sign"], bound)


def quantity(text: str, *, knobs: Mapping[str, Any] | None = None, where: str = "--metric") -> Quantity:
    """What a goal measures, from its text.

    Args:
        text: a metric's name or a fact's, with arguments and slice if any.
        knobs: further arguments, taken where the metric takes them and its text does not give them.
        where: for messages.

    Raises:
        UserError: no metric measures it, or an argument it does not take; sums without units.
    """
    matched = _QUANTITY.fullmatch(text.strip())
    if not matched:
        raise _no_sum(text, where) or UserError("this names no measure", value=text, where=where, hint=_names())
    name, given = matched["name"], _knobs(matched["knobs"], where)
    part = (matched["column"], matched["value"].strip()) if matched["column"] else None
    if name in MODEL_FACTS:
        if given or part:
            raise UserError("a fact of the model takes no arguments and no slice", value=text, where=where)
        return Quantity(name)
    if name == EVENTS:
        if set(given) - {"positive"}:
            raise UserError(f"{EVENTS} takes the argument positive", value=sorted(given), where=where)
        return Quantity(name, knobs=given, part=part)
    if ":" not in name and name not in parts.names("metrics"):
        close = nearest(name, [*parts.names("metrics"), *MODEL_FACTS, EVENTS])
        hint = f"Did you mean {close!r}?" if close else _names()
        raise UserError("no metric measures this goal", value=name, where=where, hint=hint)
    taken = parts.signature("metrics", name, where=where)
    for knob in given:
        if knob not in taken:
            raise UserError(
                f"the metric {name!r} has no argument {knob!r}",
                where=where,
                hint=f"It takes: {', '.join(taken) or 'none'}.",
            )
    found = measure(name, {**(knobs or {}), **given}, where=where)
    return Quantity(name, found, given, part)


def _knobs(text: str | None, where: str) -> dict[str, Any]:
    found = {}
    for each in (text or "").split(","):
        if not each.strip():
            continue
        key, equals, value = (word.strip() for word in each.partition("="))
        if not equals or not key.isidentifier() or not value:
            raise UserError("a measure's arguments are written name=value", value=each.strip(), where=where)
        found[key] = value.strip("'\"")
        if key not in ("positive", "by", "column", "average"):  # these are names, also where they look like numbers
            found[key] = _literal(value)
    return found


def _literal(text: str) -> Any:
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text


def _no_sum(text: str, where: str) -> UserError | None:
    """Adding what has different units needs units for the weights; which candidate wins depends on them."""
    if not _SUM.search(text):
        return None
    return UserError(
        "measures of different units cannot be added up",
        value=text,
        where=where,
        hint='Optimise one and limit the others: --metric accuracy --satisfice "latency_ms <= 100".',
    )


def _names() -> str:
    return f"Goals are: {', '.join([*parts.names('metrics'), *MODEL_FACTS, EVENTS])}."
