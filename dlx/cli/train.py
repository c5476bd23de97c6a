"""``dlx train``."""

from __future__ import annotations

import shlex
import sys
from typing import Annotated

import typer

from dlx.cli import _print

NAME = "train"
PANEL = "Train"


def command(
    recipe: Annotated[str | None, typer.Argument(help="Name or path of a recipe; dlx list recipes shows them.")] = None,
    overrides: Annotated[
        list[str] | None, typer.Option("--set", "-s", metavar="KEY=VALUE", help="Change one key: -s train.epochs=5.")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(help="Seed of weights, dropout and order; it never moves the split.")
    ] = None,
    resume: Annotated[str | None, typer.Option(metavar="RUN", help="Go on with an interrupted or killed run.")] = None,
    folds: Annotated[
        int | None,
        typer.Option(metavar="K", help="Small data: train and dev in K folds, each judged by a model blind to it."),
    ] = None,
    continues: Annotated[
        str | None,
        typer.Option("--continue", metavar="RUN", help="Go on from RUN's weights; train.epochs are further epochs."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show split sizes and a time estimate, train nothing.")
    ] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Unreadable examples are an error.")] = False,
    no_mlflow: Annotated[bool, typer.Option("--no-mlflow", help="Do not copy the run to MLflow.")] = False,
    json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Train a recipe's model on split data; the run ends in a verdict and the next commands to run.

    Example: dlx train digits -s model.filters=[32,64] -s train.epochs=20
    """
    import dlx

    result = dlx.train(
        recipe,
        overrides or [],
        seed=seed,
        resume=resume,
        folds=folds,
        continues=continues,
        dry_run=dry_run,
        strict=strict,
        track=not no_mlflow,
        quiet=False,
        arguments=None if recipe is None else _typed(recipe, overrides or [], seed, folds, continues),
    )
    if json:
        _print.document(result.to_dict())
    elif dry_run:
        _plan(result)
    else:
        _finished(result)


def _typed(recipe: str, overrides: list[str], seed: int | None, folds: int | None, continues: str | None) -> str:
    words = ["dlx", "train", recipe, *[word for o in overrides for word in ("-s", o)]]
    given = {"--seed": seed, "--folds": folds, "--continue": continues}
    return shlex.join([*words, *(str(w) for name, value in given.items() if value is not None for w in (name, value))])


def _plan(plan) -> None:
    from rich.table import Table

    table = Table(box=None, show_header=False, pad_edge=False)
    for name, n in plan.sizes.items():
        table.add_row(name.replace("_", "-"), f"{n:,} examples")
    table.add_row("model", f"{plan.parameters:,} parameters")
    table.add_row("fit", f"{plan.epochs} epochs of {plan.steps:,} batches of {plan.batch_size:,} on {plan.device}")
    table.add_row("time", f"about {_duration(plan.seconds)} for the fit")
    _print.console.print(table)


def _finished(result) -> None:
    from dlx.reports import terminal

    diagnosis = result.diagnosis
    _print.console.print(diagnosis.note, markup=False)
    terminal.render(diagnosis.ladder, diagnosis.findings, console=_print.console)
    info = result.run.info
    seconds = info.get("seconds") or 0
    _print.console.print()
    lines = [*_went_on(info)]
    lines += [
        f"run     {result.run.id}  ({_duration(seconds)}, {info.get('device', 'device unknown')})",
        f"report  {result.run.file('report.html')}",
        f"MLflow  {result.tracking}",
    ]
    for line in lines:
        _print.console.print(line, markup=False, soft_wrap=True)
    sys.stdout.flush()


def _went_on(info: dict) -> list[str]:
    """Where the run began, for one that goes on from another or from a trained network."""
    transfer = info.get("transfer")
    if transfer and not info.get("stages"):
        return [f"from    {transfer['source']}; trained: {transfer['depth']}"]
    if not info.get("stages"):
        return []
    stage = info["stages"][-1]
    changed = [f"{key} {old} → {new}" for key, (old, new) in stage["changes"].items() if key != "train.epochs"]
    return [f"from    {stage['run']} after {stage['epoch']} epochs; changed: {', '.join(changed) or 'nothing'}"]


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s" if seconds >= 1 else "under 1 s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
