"""``-s key.sub=value``: typed like YAML, split at the first ``=``; the last one wins."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dlx import yaml12
from dlx.errors import UserError
from dlx.recipe._faults import Fault, show

__all__ = ["apply", "split_path"]

#: Keys that may hold a bare name, and the key under which a mapping has it.
_SHORT = {("task",): "name", ("train", "schedule"): "name"}
#: … and the list whose items may be bare names
_SHORT_ITEMS = {("augment",): "name"}
_RANGE = {"min", "max", "scale", "step", "values"}


def apply(data: dict, overrides: Sequence[str]) -> tuple[dict[tuple, str], list[Fault]]:
    """Write the overrides into ``data``, in their order.

    Returns:
        path of each key written → the override that wrote it, and what was wrong.
    """
    written: dict[tuple, str] = {}
    faults: list[Fault] = []
    for text in overrides:
        key, equals, value_text = text.partition("=")
        if not equals or not key.strip():
            faults.append(Fault(("-s", text), "an override is written key.sub=value"))
            continue
        try:
            value = yaml12.parse(value_text, where=f"-s {text}").data
            written[_write(data, key.strip(), value)] = text
        except UserError as error:
            faults.append(Fault(("-s", text), str(error)))
    return written, faults


def _write(data: dict, key: str, value: Any) -> tuple:
    path = split_path(data, key, value)
    holder: Any = data
    for depth, part in enumerate(path[:-1], start=1):
        below = holder[part] if isinstance(holder, list) else holder.get(part)
        short = _SHORT.get(path[:depth]) or _SHORT_ITEMS.get(path[: depth - 1])
        if isinstance(below, str) and short:
            below = {short: below}
        if below is None:
            below = {}
        if not isinstance(below, (dict, list)):
            raise UserError(f"{'.'.join(map(str, path[:depth]))} holds no keys: it is {show(below)}")
        holder[part] = below
        holder = below
    holder[path[-1]] = value
    return path


def split_path(data: Any, key: str, value: Any = None) -> tuple:
    """The path of a dotted key: at every mapping the longest key that exists; in a list a whole number.

    A new key of ``search:`` is itself dotted: ``search.train.learning_rate.min`` → ("search", "train.learning_rate",
    "min").

    Raises:
        UserError: no such place in a list.
    """
    parts = key.split(".")
    path: tuple = ()
    while parts:
        if isinstance(data, list):
            index = parts.pop(0)
            if not index.isdecimal() or int(index) >= len(data):
                raise UserError(
                    f"{'.'.join(map(str, path))} is a list: its places are 0 to {len(data) - 1}", value=index
                )
            path, data = (*path, int(index)), data[int(index)]
            continue
        known = data if isinstance(data, dict) else {}
        count = next((n for n in range(len(parts), 0, -1) if ".".join(parts[:n]) in known), None)
        if count is None:
            count = 1 if path != ("search",) else _search_key(parts, value)
        name = ".".join(parts[:count])
        path, parts, data = (*path, name), parts[count:], known.get(name)
    return path


def _search_key(parts: list[str], value: Any) -> int:
    one_field = len(parts) > 1 and parts[-1] in _RANGE and not isinstance(value, dict)
    return len(parts) - one_field
