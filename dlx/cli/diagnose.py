"""``dlx diagnose``."""

from __future__ import annotations

from typing import Annotated

import typer

from dlx.cli import _print
from dlx.cli._complete import runs

NAME = "diagnose"
PANEL = "Diagnose"


def command(
    table: Annotated[
        str,
        typer.Argument(
            metavar="RUN|FILE", autocompletion=runs, help="A run, or predictions of any framework: CSV or Parquet."
        ),
    ] = "last",
    human: Annotated[
        list[str] | None,
        typer.Option(metavar="[GROUP=]ERROR", help="Error of people: 0.79%, or a number in the measure's unit."),
    ] = None,
    n_human: Annotated[int | None, typer.Option(help="Items behind the human figure; else taken as exact.")] = None,
    human_source: Annotated[str, typer.Option(metavar="TEXT", help="Where the human figure comes from.")] = "",
    human_of: Annotated[
        str | None, typer.Option(metavar="SOURCE", help="Data source that the human figure was measured on.")
    ] = None,
    task: Annotated[
        str | None, typer.Option(help="classification, multilabel or regression; else decided by the labels, and said.")
    ] = None,
    metric: Annotated[
        str | None,
        typer.Option(help="Measure whose error form is the ladder: error, f1, balanced_accuracy, auc, rmse …"),
    ] = None,
    positive: Annotated[str | None, typer.Option(metavar="CLASS", help="Class that F1 and AUC look for.")] = None,
    target: Annotated[str | None, typer.Option(metavar="ERROR", help="Dev error that is good enough.")] = None,
    predictor: Annotated[str | None, typer.Option(help="Which model, where the table holds several.")] = None,
    different_sources: Annotated[
        bool | None,
        typer.Option("--different-sources/--same-sources", help="Whether train and dev come from different sources."),
    ] = None,
    deployment: Annotated[
        str | None, typer.Option(metavar="GROUP", help="Human group to reach in use, when several are given.")
    ] = None,
    annotations: Annotated[
        bool,
        typer.Option("--annotations/--no-annotations", help="Read what people said about this data (dlx human)."),
    ] = True,
    json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Say what limits a model and what to do next, from its predictions: columns id, split, y_true, y_pred.

    Example: dlx diagnose predictions.csv --human 0.79%
    """
    import dlx

    made = dlx.diagnose(
        table,
        human=_by_group(human),
        n_human=n_human,
        human_source=human_source,
        human_of=human_of,
        task=task,
        metric=metric,
        positive=positive,
        target=target,
        predictor=predictor,
        different_sources=different_sources,
        deployment=deployment,
        annotations=annotations,
    )
    if json:
        _print.document(made.to_dict())
        return
    from dlx.reports import terminal

    _print.console.print(made.note, markup=False, soft_wrap=True)
    terminal.render(made.ladder, made.findings, console=_print.console)


def _by_group(human: list[str] | None) -> str | dict[str, str] | None:
    """One figure, or figures by group.

    Raises:
        UserError: several figures without the names of their groups.
    """
    from dlx.errors import UserError

    if not human or (len(human) == 1 and "=" not in human[0]):
        return human[0] if human else None
    groups: dict[str, str] = {}
    for text in human:
        group, equals, value = text.partition("=")
        if not equals or not group.strip() or group.strip() in groups:
            raise UserError(
                "several human figures are given as GROUP=ERROR, each group once",
                value=text,
                where="--human",
                hint="Write --human team=0.5% --human expert=0.7%.",
            )
        groups[group.strip()] = value
    return groups
