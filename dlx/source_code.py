"""What dlx's own modules say of themselves, read from their source: nothing is imported, it costs a millisecond."""

from __future__ import annotations

import ast
import functools
import inspect
import math
from pathlib import Path
from typing import Any

__all__ = ["constant", "documents", "exports", "parameters"]

_ROOT = Path(__file__).parent


@functools.cache
def _tree(module: str) -> ast.Module:
    return ast.parse(_ROOT.joinpath(*module.split(".")[1:]).with_suffix(".py").read_text(encoding="utf-8"))


def _definition(holder: ast.AST, name: str) -> Any:
    return next((node for node in holder.body if getattr(node, "name", None) == name), None)


def exports(module: str) -> list[str]:
    """What stands in the module's ``__all__``."""
    return list(constant(module, None, "__all__", []))


def documents(module: str, name: str) -> tuple[str, str]:
    """The docstring of the module and that of one of its functions or classes; empty where there is none."""
    entry = _definition(_tree(module), name)
    return ast.get_docstring(_tree(module)) or "", (ast.get_docstring(entry) if entry else None) or ""


def constant(module: str, name: str | None, attribute: str, default: Any = None) -> Any:
    """A literal assigned in a class, or else in the module.

    Args:
        module: dotted path, beginning with ``dlx.``.
        name: of the class, or of a function beside the constant.
        attribute: the constant.
        default: returned where there is none.
    """
    tree = _tree(module)
    for node in (*getattr(_definition(tree, name), "body", ()), *tree.body):
        for target in node.targets if isinstance(node, ast.Assign) else ():
            pairs = [(target, node.value)]
            if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                pairs = list(zip(target.elts, node.value.elts, strict=True))
            for one, value in pairs:
                if isinstance(one, ast.Name) and one.id == attribute:
                    return ast.literal_eval(_Infinity().visit(value))
    return default


class _Infinity(ast.NodeTransformer):
    """``math.inf``, ``float("inf")`` and ``float("-inf")`` are constants too."""

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        return ast.Constant(math.inf) if ast.unparse(node) == "math.inf" else node

    def visit_Call(self, node: ast.Call) -> ast.expr:
        known = {"float('inf')": math.inf, "float('-inf')": -math.inf}
        return ast.Constant(known[ast.unparse(node)]) if ast.unparse(node) in known else node


def parameters(module: str, name: str) -> list[inspect.Parameter] | None:
    """Parameters of a function or of a class's ``__init__`` (without ``self``); annotations are text.

    Returns:
        None where only an import can tell: an inherited ``__init__``, a decorator, a default that is no literal.
    """
    entry, skip = _definition(_tree(module), name), 0
    if isinstance(entry, ast.ClassDef):
        entry, skip = _definition(entry, "__init__"), 1
    if not isinstance(entry, ast.FunctionDef) or entry.decorator_list:
        return None
    a, kinds = entry.args, inspect.Parameter
    positional = [(arg, kinds.POSITIONAL_ONLY) for arg in a.posonlyargs]
    positional += [(arg, kinds.POSITIONAL_OR_KEYWORD) for arg in a.args]
    defaults = [None] * (len(positional) - len(a.defaults)) + a.defaults
    rows = [(arg, kind, default) for (arg, kind), default in zip(positional, defaults, strict=True)]
    rows += [(a.vararg, kinds.VAR_POSITIONAL, None)] if a.vararg else []
    rows += [(arg, kinds.KEYWORD_ONLY, default) for arg, default in zip(a.kwonlyargs, a.kw_defaults, strict=True)]
    rows += [(a.kwarg, kinds.VAR_KEYWORD, None)] if a.kwarg else []
    try:
        return [_parameter(*row) for row in rows[skip:]]
    except ValueError:
        return None


def _parameter(argument: ast.arg, kind: Any, default: ast.expr | None) -> inspect.Parameter:
    value = inspect.Parameter.empty if default is None else ast.literal_eval(default)
    annotation = ast.unparse(argument.annotation) if argument.annotation else inspect.Parameter.empty
    return inspect.Parameter(argument.arg, kind, default=value, annotation=annotation)
