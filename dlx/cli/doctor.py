"""``dlx doctor``: is this machine ready."""

from __future__ import annotations

from typing import Annotated

import typer

from dlx.cli import _print

NAME = "doctor"
PANEL = "Start"


def command(
    quick: Annotated[bool, typer.Option("--quick", help="Do not start TensorFlow to ask for devices.")] = False,
    json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Look at Python, libraries, devices, memory, disk, runs, MLflow and data folders; each with its remedy.

    Example: dlx doctor --quick
    """
    import dlx

    found = dlx.doctor(devices=not quick)
    if json:
        _print.document([one.to_dict() for one in found])
    else:
        colours = {"ok": "green", "warn": "yellow", "fail": "bold red"}
        for one in found:
            _print.console.print(f"[{colours[one.status]}]{one.status:5}[/]", end="")
            _print.console.print(f"{one.name:13}{one.value}", markup=False, soft_wrap=True)
            if one.remedy:
                _print.console.print(f"{'':18}{one.remedy}", markup=False, soft_wrap=True)
    if any(one.status == "fail" for one in found):
        raise typer.Exit(1)
