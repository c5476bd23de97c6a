"""``dlx show``: one recipe, card or part."""

from __future__ import annotations

from typing import Annotated

import typer

from dlx.cli import _complete, _print

NAME = "show"
PANEL = "Start"


def command(
    name: Annotated[
        str | None,
        typer.Argument(help="A recipe, card or part; cards/digits says which.", autocompletion=_complete.named),
    ] = None,
    overrides: Annotated[
        list[str] | None, typer.Option("--set", "-s", metavar="KEY=VALUE", help="Change one key; with --resolved.")
    ] = None,
    resolved: Annotated[bool, typer.Option("--resolved", help="A recipe with every default written out.")] = False,
    schema: Annotated[bool, typer.Option("--schema", help="The JSON Schema of recipes, for editors.")] = False,
    json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Show a recipe, a card, or a part with its arguments.

    Example: dlx show digits --resolved -s train.epochs=5
    """
    import dlx
    from dlx.errors import UserError

    if schema:
        _print.document(dlx.recipe_schema())
        return
    if name is None:
        raise UserError("a name is needed", hint="`dlx list` shows recipes, cards and parts.")
    if resolved or overrides:
        recipe = dlx.check(name.removeprefix("recipes/"), overrides or ())
        if json:
            _print.document(recipe.to_dict() | {"origins": recipe.origin_table()})
        else:
            _print.line(recipe.to_yaml().rstrip())
        return
    shown = dlx.show(name)
    if json:
        _print.document(shown.data)
        return
    _print.line(shown.text.rstrip())
    for other in shown.also:
        _print.line(f"Also of that name: dlx show {other}", log=True)
