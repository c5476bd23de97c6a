"""``dlx runs``."""

from __future__ import annotations

from typing import Annotated

import typer

from dlx.cli import _print

NAME = "runs"
PANEL = "Review"


def command(
    rename: Annotated[
        tuple[str, str] | None, typer.Option(metavar="RUN NEW", help="Give a run a name; its folder stays.")
    ] = None,
    note: Annotated[
        tuple[str, str] | None, typer.Option(metavar="RUN TEXT", help="Write a note on a run; an empty one removes it.")
    ] = None,
    prune: Annotated[bool, typer.Option("--prune", help="Say which runs can go: failed, interrupted, killed.")] = False,
    keep: Annotated[
        int | None, typer.Option(min=0, metavar="N", help="With --prune: of each recipe keep N complete runs.")
    ] = None,
    days: Annotated[
        float | None, typer.Option(min=0, metavar="D", help="With --prune: leave the runs of the last D days.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="With --prune: remove them.")] = False,
    trials: Annotated[bool, typer.Option("--trials", help="List the trials of searches too.")] = False,
    json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """List the runs; rename one, write a note on it, or remove old ones (never without --yes).

    Example: dlx runs --note last "wider layers, same data"
    """
    from dlx import housekeeping
    from dlx.errors import UserError

    if prune:
        pruned = housekeeping.prune(keep=keep, days=days, yes=yes)
        _print.document(pruned.to_dict()) if json else _pruned(pruned)
        return
    if yes or keep is not None or days is not None:
        raise UserError("--yes, --keep and --days belong to --prune", hint="For example: dlx runs --prune --keep 5.")
    changed = [housekeeping.rename(*rename)] if rename else []
    changed += [housekeeping.annotate(*note)] if note else []
    if changed and not json:
        for run in changed:
            written = f" Note: {run.info['note']}" if run.info.get("note") else ""
            _print.line(f"{run.id} is called {run.name}.{written}")
        return
    listed = housekeeping.list_runs(trials=trials)
    _print.document(listed.to_dict()) if json else _listed(listed)


def _listed(listed) -> None:
    from rich import box
    from rich.table import Table

    if not listed.rows:
        _print.line(f"No runs in {listed.folder} yet. Train one: dlx train digits")
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in ("run", "state", "dev", "verdict", "note"):
        whole = heading in ("run", "dev")  # an id that is cut in two cannot be copied
        table.add_column(heading, justify="right" if heading == "dev" else "left", overflow="fold", no_wrap=whole)
    for row in listed.rows:
        state = row.state if row.mlflow or row.state == "running" else f"{row.state}, not in MLflow"
        dev = "" if row.dev is None else (f"{100 * row.dev:.3g} %" if row.metric == "error" else f"{row.dev:.4g}")
        cells = (row.name, state, dev, row.verdict, row.note)
        table.add_row(*(_print_safe(cell) for cell in cells))
    _print.console.print(table)


def _print_safe(text: str) -> str:
    from rich.markup import escape

    return escape(text)


def _pruned(pruned) -> None:
    for name in pruned.runs:
        _print.line(("removed " if pruned.done else "would go  ") + name)
    for name, why in pruned.kept.items():
        _print.line(f"stays     {name}: {why}")
    if pruned.only_here and not pruned.done:
        _print.line(f"MLflow has no copy of {len(pruned.only_here)} of them; `dlx sync` makes one first.", log=True)
    size = f"{pruned.size / 1e6:,.1f} MB"
    if not pruned.runs:
        _print.line("Nothing to remove. --keep N also lets go of older complete runs.")
    elif pruned.done:
        _print.line(f"{len(pruned.runs)} removed, {size} freed; copies in MLflow stay.")
    else:
        _print.line(f"{len(pruned.runs)} runs, {size}. To remove them, add --yes.")
