"""Part families: the folder is the registry, the signature is the schema.

A part is a Python file in ``dlx/<family>/``. It exports what stands in its ``__all__``; the first line of its
docstring is its text in ``dlx list``; a file named ``_x.py`` is no part. A file that exports one thing gives one
part, named by the file; a file that exports several gives one part for each name. A name with a colon,
``package.module:attribute``, loads a user's own part under the same contract.
"""

from __future__ import annotations

import ast
import functools
import importlib
import inspect
import sys
from dataclasses import dataclass
from pathlib import Path

from dlx.errors import UserError, nearest, unknown

__all__ = ["FAMILIES", "Part", "bind", "find", "load", "names", "signature"]

FAMILIES = {
    "readers": "dataset readers",
    "builders": "Keras model builders",
    "tasks": "what is predicted and how it is scored",
    "metrics": "pure functions of the predictions table",
    "checks": "one finding each",
    "reports": "views of what was computed",
}
_ROOT = Path(__file__).parent


@dataclass(frozen=True)
class Part:
    """One member of a family, known without importing it.

    Attributes:
        family: a key of ``FAMILIES``.
        name: what a recipe calls it.
        module: dotted module path.
        attribute: the name exported by the module.
        summary: first line of the docstring.
    """

    family: str
    name: str
    module: str
    attribute: str
    summary: str


@functools.cache
def _family(family: str) -> dict[str, Part]:
    if family not in FAMILIES:
        raise unknown("part family", family, FAMILIES)
    parts = {}
    for file in sorted((_ROOT / family).glob("*.py")):
        if file.stem.startswith("_"):
            continue
        tree = ast.parse(file.read_text(encoding="utf-8"))
        exports = _exports(tree)
        for attribute in exports:
            name = file.stem if len(exports) == 1 else attribute
            parts[name] = Part(family, name, f"dlx.{family}.{file.stem}", attribute, _summary(tree, attribute, exports))
    return parts


def _exports(tree: ast.Module) -> list[str]:
    for node in tree.body:
        if isinstance(node, ast.Assign) and any(getattr(target, "id", "") == "__all__" for target in node.targets):
            return list(ast.literal_eval(node.value))
    return []


def _summary(tree: ast.Module, attribute: str, exports: list[str]) -> str:
    document = ast.get_docstring(tree) or ""
    if len(exports) > 1:
        for node in tree.body:
            if getattr(node, "name", None) == attribute:
                document = ast.get_docstring(node) or document
    return document.strip().partition("\n")[0]


def names(family: str) -> list[str]:
    """Names of the family's parts, sorted."""
    return sorted(_family(family))


def find(family: str, name: str, *, where: str | None = None) -> Part:
    """The part of that name, not imported; ``package.module:attribute`` names a user's own.

    Raises:
        UserError: no such part; the nearest name is given.
    """
    if ":" in name:
        module, _, attribute = name.partition(":")
        return Part(family, name, module, attribute, f"your own, from {module}")
    parts = _family(family)
    if name not in parts:
        raise unknown(f"{family[:-1]}", name, parts, where=where)
    return parts[name]


def load(family: str, name: str, *, where: str | None = None):
    """Import the part and return what it exports (a function or a class).

    Raises:
        UserError: no such part, or a user's own module cannot be imported or lacks the attribute.
    """
    part = find(family, name, where=where)
    if not part.module.startswith("dlx."):
        return _load_own(part, where)
    return getattr(importlib.import_module(part.module), part.attribute)


def _load_own(part: Part, where: str | None):
    if "" not in sys.path and str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))  # a user's module stands beside the recipe, as with python -m
    try:
        module = importlib.import_module(part.module)
    except ImportError as error:
        raise UserError(
            f"cannot import {part.module!r}: {error}", where=where, hint="Is it installed, or in this folder?"
        ) from error
    if not hasattr(module, part.attribute):
        close = nearest(part.attribute, dir(module))
        hint = f"Did you mean {part.module}:{close}?" if close else None
        raise UserError(f"{part.module!r} has no {part.attribute!r}", where=where, hint=hint)
    return getattr(module, part.attribute)


def signature(family: str, name: str, *, where: str | None = None) -> dict[str, inspect.Parameter]:
    """The parameters a recipe may set: all of the part's but the leading ones that dlx passes by position.

    Positional-only parameters, ``self`` and those without a default that come first in builders (``spec``) are dlx's.
    """
    entry = load(family, name, where=where)
    parameters = list(inspect.signature(entry).parameters.values())
    if family in {"builders", "checks", "metrics", "reports"}:
        parameters = parameters[1:]
    return {p.name: p for p in parameters if p.kind is not inspect.Parameter.POSITIONAL_ONLY}


def bind(family: str, name: str, arguments: dict, *, where: str) -> tuple[dict, list[str]]:
    """Bind a recipe's arguments to a part's signature.

    Returns:
        the arguments with every default written out, and the list of faults (empty when all is well).
    """
    try:
        parameters = signature(family, name, where=where)
    except UserError as error:
        return dict(arguments), [str(error)]
    open_ended = any(p.kind is inspect.Parameter.VAR_KEYWORD for p in parameters.values())
    known = {k: p for k, p in parameters.items() if p.kind is not inspect.Parameter.VAR_KEYWORD}
    faults = []
    for key in arguments:
        if key not in known and not open_ended:
            close = nearest(key, known)
            hint = f"did you mean {close!r}?" if close else f"it takes: {', '.join(known) or 'nothing'}"
            faults.append(f"{where}.{key}: {family[:-1]} {name!r} takes no {key!r}; {hint}")
    bound = {}
    for key, parameter in known.items():
        if key in arguments:
            bound[key] = arguments[key]
        elif parameter.default is inspect.Parameter.empty:
            faults.append(f"{where}.{key}: {family[:-1]} {name!r} needs {key!r}")
        else:
            bound[key] = parameter.default
    bound.update({k: v for k, v in arguments.items() if k not in bound})
    return bound, faults
