"""Part families: the folder is the registry, the signature is the schema.

A part is a Python file in ``dlx/<family>/``. It exports what stands in its ``__all__``; the first line of its
docstring is its text in ``dlx list``; a file named ``_x.py`` is no part. A file that exports one thing gives one
part, named by the file; a file that exports several gives one part for each name. A name with a colon,
``package.module:attribute``, loads a user's own part under the same contract.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dlx import source_code
from dlx.errors import UserError, nearest, unknown

__all__ = ["FAMILIES", "Part", "bind", "constant", "document", "find", "load", "names", "signature"]

FAMILIES = {
    "readers": "dataset readers",
    "builders": "Keras model builders",
    "augmentations": "changes of training images that leave the label alone",
    "tasks": "what is predicted and how it is scored",
    "metrics": "pure functions of the predictions table",
    "checks": "one finding each",
    "reports": "views of what was computed",
}
_ROOT = Path(__file__).parent
_VARIADIC = (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL)
#: families whose first parameter dlx passes itself: spec, evidence, table, run
_FIRST_IS_OURS = {"builders", "checks", "metrics", "reports"}


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

    @property
    def own(self) -> bool:
        """Whether it is the user's and not dlx's."""
        return not self.module.startswith("dlx.")


@functools.cache
def _family(family: str) -> dict[str, Part]:
    if family not in FAMILIES:
        raise unknown("part family", family, FAMILIES)
    files = sorted(file.stem for file in (_ROOT / family).glob("*.py"))
    return {name: part for stem in files for name, part in _of_file(family, stem).items()}


@functools.cache
def _of_file(family: str, stem: str) -> dict[str, Part]:
    if stem.startswith("_"):
        return {}
    module = f"dlx.{family}.{stem}"
    exports = source_code.exports(module)
    found = {}
    for attribute in exports:
        name = stem if len(exports) == 1 else attribute
        of_file, of_entry = source_code.documents(module, attribute)
        text = of_file if len(exports) == 1 else of_entry or of_file
        found[name] = Part(family, name, module, attribute, text.strip().partition("\n")[0])
    return found


def names(family: str) -> list[str]:
    """Names of the family's parts, sorted.

    Raises:
        UserError: no such family.
    """
    return sorted(_family(family))


def find(family: str, name: str, *, where: str | None = None) -> Part:
    """The part of that name, not imported; ``package.module:attribute`` names a user's own.

    Raises:
        UserError: no such part; the nearest name is given.
    """
    if ":" in name:
        module, _, attribute = name.partition(":")
        if not all(word.isidentifier() for word in [*module.split("."), attribute]):
            raise UserError("a part of your own is written package.module:attribute", value=name, where=where)
        return Part(family, name, module, attribute, f"your own, from {module}")
    if family in FAMILIES and name.isidentifier() and (_ROOT / family / f"{name}.py").is_file():
        of_file = _of_file(family, name)  # the family's other files need not be read
        if name in of_file:
            return of_file[name]
    parts = _family(family)
    if name not in parts:
        raise unknown(f"{family[:-1]}", name, parts, where=where)
    return parts[name]


def load(family: str, name: str, *, where: str | None = None) -> Any:
    """Import the part and return what it exports (a function or a class).

    Raises:
        UserError: no such part, or a user's own module cannot be imported or lacks the attribute.
    """
    part = find(family, name, where=where)
    if part.own:
        return _load_own(part, where)
    return getattr(importlib.import_module(part.module), part.attribute)


def _load_own(part: Part, where: str | None) -> Any:
    if "" not in sys.path and str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))  # a user's module stands beside the recipe, as with python -m
    try:
        module = importlib.import_module(part.module)
    except (ImportError, SyntaxError) as error:
        hint = "Is it installed, or in this folder?"
        raise UserError(f"cannot import {part.module!r}: {error}", where=where, hint=hint) from error
    entry = getattr(module, part.attribute, None)
    if entry is None:
        close = nearest(part.attribute, dir(module))
        hint = f"Did you mean {part.module}:{close}?" if close else None
        raise UserError(f"{part.module!r} has no {part.attribute!r}", where=where, hint=hint)
    if not callable(entry):
        raise UserError(f"{part.name!r} must be a function or a class", value=type(entry).__name__, where=where)
    return entry


def signature(family: str, name: str, *, where: str | None = None) -> dict[str, inspect.Parameter]:
    """The parameters a recipe may set: all of the part's but ``self`` and those that dlx passes by position.

    dlx passes the first one of builders (``spec``), checks, metrics and reports, and positional-only ones. The parts of
    dlx are read, not imported, so that a recipe is checked without what they import.

    Raises:
        UserError: no such part, or a user's own module cannot be imported.
    """
    part = find(family, name, where=where)
    parameters = None if part.own else source_code.parameters(part.module, part.attribute)
    if parameters is None:
        parameters = list(inspect.signature(load(family, name, where=where)).parameters.values())
    parameters = parameters[1:] if family in _FIRST_IS_OURS else parameters
    return {p.name: p for p in parameters if p.kind is not inspect.Parameter.POSITIONAL_ONLY}


def constant(family: str, name: str, attribute: str, default: Any = None) -> Any:
    """A constant that stands beside a part's function or in its class, e.g. ``BOUNDS`` of a metric.

    Args:
        family: a key of ``FAMILIES``.
        name: the part.
        attribute: the constant, assigned a literal.
        default: returned where there is none.
    """
    part = find(family, name)
    if not part.own:
        return source_code.constant(part.module, part.attribute, attribute, default)
    entry = load(family, name)
    return getattr(entry, attribute, getattr(sys.modules[part.module], attribute, default))


def document(family: str, name: str) -> str:
    """The part's documentation: of its file, then of what the file exports."""
    part = find(family, name)
    if part.own:
        return inspect.getdoc(load(family, name)) or part.summary
    return "\n\n".join(text for text in source_code.documents(part.module, part.attribute) if text)


def bind(family: str, name: str, arguments: dict[str, Any]) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """Bind a recipe's arguments to a part's signature.

    Returns:
        the arguments with every default written out, and one (argument, message) for each fault.

    Raises:
        UserError: no such part, or a user's own module cannot be imported.
    """
    parameters = signature(family, name)
    open_ended = any(p.kind is inspect.Parameter.VAR_KEYWORD for p in parameters.values())
    known = {k: p for k, p in parameters.items() if p.kind not in _VARIADIC}
    bound, faults = {}, []
    for key in arguments:
        if key not in known and not open_ended:
            close = nearest(key, known)
            hint = f"did you mean {close!r}?" if close else f"it takes: {', '.join(known) or 'nothing'}"
            faults.append((key, f"{family[:-1]} {name!r} has no {key!r}; {hint}"))
    for key, parameter in known.items():
        if key in arguments:
            bound[key] = arguments[key]
        elif parameter.default is inspect.Parameter.empty:
            faults.append((key, f"{family[:-1]} {name!r} needs {key!r}"))
        else:
            bound[key] = parameter.default
    return bound | {k: v for k, v in arguments.items() if k not in bound}, faults
