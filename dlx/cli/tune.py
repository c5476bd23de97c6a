"""``dlx tune``."""

from __future__ import annotations

import re
import shlex
from typing import Annotated

import typer

from dlx.cli import _print
from dlx.errors import UserError

NAME = "tune"
PANEL = "Train"
#: rows of the table at the end
_SHOWN = 8
_BUDGET = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86_400}


def command(
    recipe: Annotated[str, typer.Argument(help="Name or path of a recipe; with --resume also a search's id.")],
    trials: Annotated[
        int | None, typer.Option(metavar="N", help="At most so many trials; 24 for a new search.")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(metavar="N", help="Processes beside one another; default one per GPU or core.")
    ] = None,
    budget: Annotated[
        str | None, typer.Option(metavar="TIME", help="No trial begins after it: 90s, 10m, 2h. Running ones end.")
    ] = None,
    strategy: Annotated[
        str | None, typer.Option(help="coarse-to-fine (default), random, grid, bayesian or hyperband.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the recipe's latest unfinished search.")] = False,
    seed: Annotated[int | None, typer.Option(help="Seed of what is tried; the trials' own is train.seed.")] = None,
    overrides: Annotated[
        list[str] | None, typer.Option("--set", "-s", metavar="KEY=VALUE", help="Change one key, for all trials.")
    ] = None,
    stop_hopeless: Annotated[
        bool, typer.Option("--stop-hopeless", help="End trials whose dev error is above the median of the others.")
    ] = False,
    isolate: Annotated[bool, typer.Option("--isolate", help="A process of its own for each trial.")] = False,
    engine: Annotated[str, typer.Option(help="local, or ray: trials are tasks of a Ray cluster.")] = "local",
    address: Annotated[
        str | None, typer.Option(metavar="WHERE", help="With --engine ray: auto or HOST:PORT of a cluster.")
    ] = None,
    per_trial: Annotated[
        list[str] | None, typer.Option(metavar="KIND=N", help="With --engine ray: CPU=2, GPU=0.5; default CPU=1.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be searched, train nothing.")] = False,
    no_mlflow: Annotated[bool, typer.Option("--no-mlflow", help="Do not copy the search to MLflow.")] = False,
    json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Search the best settings of a recipe, in parallel; every trial is kept, and a kill costs nothing.

    Example: dlx tune digits --trials 24 --budget 10m
    """
    import dlx

    result = dlx.tune(
        recipe,
        overrides or [],
        trials=trials,
        workers=workers,
        budget=None if budget is None else _seconds(budget),
        strategy=strategy,
        seed=seed,
        resume=resume,
        stop_hopeless=True if stop_hopeless else None,
        isolate=isolate,
        engine=engine,
        address=address,
        per_trial=_resources(per_trial or []),
        dry_run=dry_run,
        track=not no_mlflow,
        quiet=False,
        arguments=shlex.join(["dlx", "tune", recipe, *[word for text in overrides or [] for word in ("-s", text)]]),
        on_plan=None if dry_run else lambda plan: _plan(plan, log=True),
    )
    if json:
        _print.document(result.to_dict())
    elif dry_run:
        _plan(result, log=False)
    else:
        _finished(result)


def _seconds(text: str) -> float:
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*", text)
    if found is None or (found[2] or "s") not in _BUDGET:
        raise UserError("a time is a number with s, m, h or d", value=text, where="--budget", hint="For example 10m.")
    return float(found[1]) * _BUDGET[found[2] or "s"]


def _resources(texts: list[str]) -> dict[str, float]:
    found = {}
    for text in texts:
        kind, _, amount = text.partition("=")
        try:
            found[kind] = float(amount)
        except ValueError as error:
            raise UserError("write KIND=N, as in CPU=2", value=text, where="--per-trial") from error
    return found


def _plan(plan, *, log: bool) -> None:
    from rich import box
    from rich.table import Table

    console = _print.log if log else _print.console
    beside = f", {plan.workers} beside one another" if plan.workers > 1 else ""
    source = "the recipe's search:" if plan.source == "recipe" else "the usual knobs, most important first"
    console.print(f"{plan.strategy}, {plan.trials} trials{beside}; {source}", markup=False)
    tiers = any(row["tier"] for row in plan.space)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in ("knob", "range", *(("tier",) if tiers else ()), "only when"):
        table.add_column(heading, overflow="fold")
    for row in plan.space:
        when = "; ".join(f"{path} is {' or '.join(map(str, values))}" for path, values in row["when"].items())
        table.add_row(*map(_safe, (row["path"], row["range"], *((str(row["tier"] or ""),) if tiers else ()), when)))
    console.print(table)
    for words in plan.left_alone:
        console.print(f"Left alone: {words}.", markup=False)


def _safe(text: str) -> str:
    from rich.markup import escape

    return escape(text)


def _finished(result) -> None:
    _trials(result)
    for stage in result.stages:
        _print.console.print(f"Stage {stage['number']}: {stage['reason']}", markup=False)
    for sentence in [*_optimism(result), *result.notes]:
        _print.console.print(sentence, markup=False)
    if result.stopped == "budget":
        _print.line(f"The time was over before all trials had begun; `dlx tune {result.run.id} --resume` goes on.")
    _print.console.print()
    best = result.best
    lines = [f"search    {result.run.id}", f"pictures  {result.run.file('search.html')}"]
    if best is not None:
        lines += [f"best      {result.best_recipe}", f"retrain   dlx train {shlex.quote(str(result.best_recipe))}"]
        own = result.own.run if result.own else None
        lines += [f"verdict   dlx diagnose {best.run}"]
        lines += [f"compare   dlx compare {best.run} {own}"] if own and own != best.run else []
    for line in [*lines, f"MLflow    {result.tracking}"]:
        _print.console.print(line, markup=False, soft_wrap=True)


def _trials(result) -> None:
    from rich import box
    from rich.table import Table

    ranking = result.ranking
    ranked = [*ranking.proven, *ranking.unproven, *ranking.broken]
    limited = any(trial.feasible is not None for trial in ranked)
    names = _short([row["path"] for row in result.plan.space])
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in ("trial", f"dev {result.metric}", *(("limits",) if limited else ()), "s"):
        table.add_column(_safe(heading), justify="right", no_wrap=True)
    table.add_column("settings", overflow="fold")
    for trial in ranked[:_SHOWN]:
        cells = [str(trial.number), result.text(trial.score) + ("*" if trial.status == "stopped" else "")]
        cells += [_limits(trial.feasible)] if limited else []
        settings = "  ".join(f"{names[path]}={_value(value)}" for path, value in trial.params.items())
        table.add_row(*map(_safe, [*cells, f"{trial.seconds or 0:.0f}", settings]))
    _print.console.print(table)
    rest = len(result.trials) - min(len(ranked), _SHOWN)
    own = "" if result.own is None else f"The recipe as it stands: {result.text(result.own.score)}."
    more = f"{rest} more trials: {result.run.file('trials.csv')}." if rest > 0 else ""
    ended = "* ended early as hopeless." if any(t.status == "stopped" for t in ranked[:_SHOWN]) else ""
    _print.console.print(" ".join(part for part in (own, more, ended) if part), markup=False, soft_wrap=True)


def _limits(feasible) -> str:
    return {True: "kept", False: "broken", None: ""}.get(feasible, "unproven")


def _value(value) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value).replace(" ", "")


def _short(paths: list[str]) -> dict[str, str]:
    """Knobs by the end of their path, without the section, where that names one knob only."""
    ends = [path.partition(".")[2] for path in paths]
    return {path: end if end and ends.count(end) == 1 else path for path, end in zip(paths, ends, strict=True)}


def _optimism(result) -> list[str]:
    found = result.optimism
    if found is None or result.best is None:
        return []
    if found.contenders == 1:
        return [f"Of {found.trials} trials one is clearly the best on dev: picking it adds no optimism to speak of."]
    amount = f"{100 * found.value:.2g} points" if result.percent else f"{found.value:.3g}"
    return [
        f"The best of {found.trials} trials looks about {amount} better on dev than it is, for being picked there "
        f"({found.contenders} could have been the best)."
    ]
