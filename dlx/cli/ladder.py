"""``dlx ladder``."""

from __future__ import annotations

from typing import Annotated

import typer

from dlx.cli import _print

NAME = "ladder"
PANEL = "Diagnose"

_RATE = {"metavar": "RATE"}


def command(
    human: Annotated[
        list[str] | None,
        typer.Option(metavar="[GROUP=]RATE", help="Human error; several as --human team=0.5% --human expert=0.7%."),
    ] = None,
    train: Annotated[str | None, typer.Option(**_RATE, help="Error on train: 0.7% or 0.007.")] = None,
    train_dev: Annotated[str | None, typer.Option(**_RATE, help="Error on held-out data from train's sources.")] = None,
    dev: Annotated[str | None, typer.Option(**_RATE, help="Error on dev.")] = None,
    test: Annotated[str | None, typer.Option(**_RATE, help="Error on test.")] = None,
    n_human: Annotated[int | None, typer.Option(help="Items behind the human error; else taken as exact.")] = None,
    n_train: Annotated[int | None, typer.Option(help="Train rows that were evaluated; with n come intervals.")] = None,
    n_train_dev: Annotated[int | None, typer.Option(help="Train-dev rows.")] = None,
    n_dev: Annotated[int | None, typer.Option(help="Dev rows.")] = None,
    n_test: Annotated[int | None, typer.Option(help="Test rows.")] = None,
    different_sources: Annotated[
        bool, typer.Option("--different-sources", help="Train and dev come from different sources.")
    ] = False,
    target: Annotated[str | None, typer.Option(**_RATE, help="Dev error that is good enough.")] = None,
    deployment: Annotated[
        str | None, typer.Option(metavar="GROUP", help="Human group to reach in use, when several are given.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Judge bare error rates: which gap of human → train → train-dev → dev → test to work on, and how.

    Example: dlx ladder --human 0.5% --train 0.7% --dev 0.8% --n-train 10000 --n-dev 5000
    """
    import dlx

    made = dlx.ladder(
        _by_group(human),
        train,
        train_dev,
        dev,
        test,
        n_human=n_human,
        n_train=n_train,
        n_train_dev=n_train_dev,
        n_dev=n_dev,
        n_test=n_test,
        different_sources=different_sources,
        target=target,
        deployment=deployment,
    )
    if json:
        _print.document(made.to_dict())
        return
    from dlx.reports import terminal

    terminal.render(made, made.findings, console=_print.console)


def _by_group(human: list[str] | None) -> str | dict[str, str] | None:
    """One rate, or rates by group.

    Raises:
        UserError: a group without a name or named twice.
    """
    from dlx.errors import UserError

    if not human or (len(human) == 1 and "=" not in human[0]):
        return human[0] if human else None
    groups: dict[str, str] = {}
    for text in human:
        group, equals, rate = text.partition("=")
        if not equals or not group.strip() or group.strip() in groups:
            raise UserError(
                "several human figures are given as GROUP=RATE, each group once",
                value=text,
                where="--human",
                hint="Write --human team=0.5% --human expert=0.7%.",
            )
        groups[group.strip()] = rate
    return groups
