"""``dlx data``: sizes, classes, sources, duplicates and what the dev set can resolve."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from dlx.cli import _complete

if TYPE_CHECKING:
    from dlx.datareport import DataReport
    from dlx.pipeline.augmented import Augmented

NAME = "data"
PANEL = "Start"


def command(
    recipe: Annotated[str, typer.Argument(help="A recipe's name or file.", autocompletion=_complete.recipes)],
    set_: Annotated[
        list[str] | None, typer.Option("--set", "-s", metavar="KEY=VALUE", help="Change a key, e.g. data.target=web.")
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Unreadable examples are an error.")] = False,
    augmented: Annotated[
        bool, typer.Option("--augmented", help="Write a picture of train examples before and after augmentation.")
    ] = False,
    to: Annotated[
        str | None, typer.Option(metavar="FILE.png", help="That picture; augmented.png if it is not named.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Read a recipe's data and show how it is divided; nothing is trained.

    With --augmented a picture shows some train examples as they are and as the fit sees them; where pictures are mixed
    in (background, overlay) it is tested whether they are varied and the result is like dev.

    Example: dlx data digits-shift

    Example: dlx data groceries -s 'augment=[mirror, crop, colour]' --augmented
    """
    from dlx.cli._print import document
    from dlx.datareport import data

    if augmented or to:
        from dlx.pipeline.augmented import augmented as augment

        drawn = augment(recipe, set_ or (), to=to or "augmented.png", strict=strict)
        document(drawn.to_dict()) if as_json else _show_augmented(drawn)
        return
    found = data(recipe, set_ or (), strict=strict)
    if as_json:
        document(found.to_dict())
    else:
        _show(found)


def _show_augmented(drawn: Augmented) -> None:
    from dlx.cli._print import console, line

    names = ", ".join(each["name"] for each in drawn.augment)
    line(f"Wrote {drawn.picture}: train examples as they are, and as the fit sees them after {names}.")
    for sentence, warns in drawn.synthesis.sentences() if drawn.synthesis else ():
        mark, style = ("!", "yellow") if warns else ("·", None)
        console.print(f"{mark} {sentence}", markup=False, soft_wrap=True, style=style)


def _show(report: DataReport) -> None:
    from dlx.cli._print import console

    inputs = ", ".join(f"{name} {'×'.join(map(str, shape))} {dtype}" for name, shape, dtype in report.inputs)
    console.print(f"{report.name}: {sum(report.sizes.values()):,} examples, {inputs}", markup=False)
    console.print()
    console.print(_table("", [report.sizes.values()], ["examples"], [*report.sizes]))
    for title, table in (
        ("source", report.sources),
        (report.class_balance.index.name or "class", report.class_balance),
    ):
        if len(table) > 1 and len(table.columns):
            console.print(_table(title, table.head(30).to_numpy().tolist(), table.index[:30], table.columns))
            if len(table) > 30:
                console.print(f"… and {len(table) - 30} more", markup=False)
    for part, (least, median, most) in report.label_range.items():
        console.print(f"label in {part}: {least:g} to {most:g}, median {median:g}", markup=False)
    console.print()
    for line in _facts(report):
        console.print(f"· {line}", markup=False, soft_wrap=True)
    for line in report.warnings:
        console.print(f"! {line}", markup=False, soft_wrap=True, style="yellow")


def _table(title: str, rows, names, columns):
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column(title, style="bold")
    for column in columns:
        table.add_column(str(column).replace("_", "-"), justify="right")
    for name, values in zip(names, rows, strict=True):
        table.add_row(escape(str(name)), *[f"{int(value):,}" for value in values])
    return table


def _facts(report: DataReport) -> list[str]:
    """What was measured, one sentence each; nothing is said of what is not there."""
    facts = [report.resolvable.sentence]
    if report.groups:
        facts.append("groups: " + ", ".join(f"{n:,} in {part}" for part, n in report.groups.items()))
    if report.duplicates:
        facts.append(f"{report.duplicates:,} examples have a copy")
    facts.append(f"{len(report.duplicates_across_splits):,} raw inputs stand in more than one part")
    facts.append(f"{len(report.contradictory_labels):,} raw inputs have contradictory labels")
    if report.hidden_labels:
        facts.append(f"{report.hidden_labels:,} labels are unknown: masked out of loss and scores")
    if report.missing_values:
        shown = ", ".join(f"{column} {n:,}" for column, n in list(report.missing_values.items())[:10])
        facts.append(f"missing values, imputed inside the model: {shown}")
    if len(report.set_aside):
        facts.append(f"{len(report.set_aside):,} unreadable examples were set aside:")
        facts += [f"  {path}: {reason}" for path, reason in report.set_aside[["path", "reason"]].head(10).to_numpy()]
    if report.moved is not None:
        facts.append(f"{report.moved:,} examples are in another part than in the last run")
    return facts + list(report.notes)
