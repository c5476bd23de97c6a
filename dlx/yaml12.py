"""YAML 1.2 in and out: ``1e-3`` is a number, ``no`` is text, a key that stands twice is a fault, no tag is run."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import Any

from dlx.errors import UserError

__all__ = ["Document", "dump", "parse"]

_TAGS = {f"tag:yaml.org,2002:{t}" for t in ("str", "int", "float", "bool", "null", "timestamp", "seq", "map")}
_LIMIT = 100_000  # values in one document: aliases of aliases grow without end


@dataclass(frozen=True)
class Document:
    """What a YAML text says.

    Attributes:
        data: dict with text keys, list, str, int, float, bool or None. Keys are kept as they are written (``007`` and
            ``true`` may be class labels), and so are dates.
        lines: line (from 1) of every key and item: ``("train", "epochs")`` → 7, ``("model", "filters", 0)`` → 9.
    """

    data: Any
    lines: dict[tuple, int] = field(default_factory=dict)


def parse(text: str, *, where: str) -> Document:
    """Read one YAML document.

    Args:
        text: the document.
        where: its name, for the message.

    Raises:
        UserError: no YAML, a key that stands twice, or a tag; with the line.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    yaml = YAML(typ="safe", pure=True)  # pure: the C loader reads YAML 1.1, where 1e-3 is text and no is false
    try:
        root = yaml.compose(text)
        lines: dict[tuple, int] = {}
        return Document(None if root is None else _build(root, (), lines, yaml.constructor, where, ()), lines)
    except YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"{where}, line {mark.line + 1}" if mark else where
        problem = (getattr(error, "problem", None) or str(error)).splitlines()[0]
        raise UserError(f"cannot be read as YAML: {problem}", where=place) from error


def _build(node, path: tuple, lines: dict, constructor, where: str, above: tuple) -> Any:
    lines.setdefault(path, node.start_mark.line + 1)
    if node in above or len(lines) > _LIMIT:
        raise UserError("an alias may not hold itself, nor grow without end", where=_at(where, node))
    above = (*above, node)
    if node.tag not in _TAGS:
        raise UserError("a tag is not allowed: plain data only", value=node.tag, where=_at(where, node))
    if node.id == "sequence":
        return [_build(n, (*path, i), lines, constructor, where, above) for i, n in enumerate(node.value)]
    if node.id == "scalar":
        return node.value if node.tag.endswith(":timestamp") else constructor.construct_object(node, deep=True)
    mapping: dict[str, Any] = {}
    for key, value in node.value:
        if key.id != "scalar":
            raise UserError("a key is plain text", where=_at(where, key))
        if key.value in mapping:
            raise UserError(f"the key {key.value!r} stands twice", where=_at(where, key))
        lines[(*path, key.value)] = key.start_mark.line + 1
        mapping[key.value] = _build(value, (*path, key.value), lines, constructor, where, above)
    return mapping


def _at(where: str, node) -> str:
    return f"{where}, line {node.start_mark.line + 1}"


def dump(data: Any) -> str:
    """A YAML document that :func:`parse` reads back as equal data; keys keep their order."""
    text = _write(data, flow=None, allow_unicode=True, width=110)  # flow None: innermost lists and mappings on one line
    # long keys and rare separators are folded so that no reader understands them: then plainer, in ASCII
    return text if _reads_back(text, data) else _write(data, flow=False, allow_unicode=False, width=2**20)


def _reads_back(text: str, data: Any) -> bool:
    try:
        return parse(text, where="the document").data == data
    except UserError:
        return False


def _write(data: Any, *, flow: bool | None, allow_unicode: bool, width: int) -> str:
    from ruamel.yaml import YAML

    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = flow
    yaml.sort_base_mapping_type_on_output = False
    yaml.allow_unicode = allow_unicode
    yaml.width = width
    stream = io.StringIO()
    yaml.dump(data, stream)
    return stream.getvalue()
