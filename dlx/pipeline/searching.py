"""A search's folder: how it begins, how it is found again, and what its trials say once they have ended."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlx.errors import UserError
from dlx.run import Run
from dlx.search import Space, Trial, default_space, key
from dlx.search.log import TrialLog
from dlx.search.ranking import Ranking

if TYPE_CHECKING:
    from dlx.metrics._measure import Measure
    from dlx.pipeline.work import Work
    from dlx.recipe import Recipe
    from dlx.strategy.selection import Optimism

__all__ = [
    "create", "dev_errors", "metric_of", "notes", "optimism", "own_trial", "refuse_changes", "space_of",
    "strategy_arguments", "unfinished",
]  # fmt: skip

#: Strategies whose suggestions do not depend on how many trials there will be: such a search can be made longer.
EXTENSIBLE = ("random", "grid", "bayesian")


def space_of(recipe: Recipe) -> Space:
    """The recipe's ``search:``, or the default space where it has none."""
    return Space.of(recipe) if recipe.search.keys() - {"start"} else default_space(recipe)


def metric_of(recipe: Recipe) -> Measure:
    """The metric of ``goal.optimize``."""
    from dlx.metrics._measure import measure

    return measure(recipe.goal["optimize"], {"positive": recipe.task.get("positive")}, where="goal.optimize")


def strategy_arguments(recipe: Recipe, settings: dict[str, Any]) -> dict[str, Any]:
    """What :func:`dlx.search.make` takes beside name and space."""
    return {
        "seed": settings["seed"],
        "trials": settings["trials"],
        "greater_is_better": metric_of(recipe).greater_is_better,
        "epochs": recipe.train["epochs"],
    }


def create(
    recipe: Recipe, work: Work, space: Space, settings: dict[str, Any], *, threads: int, typed: str, again: list[str]
) -> Run:
    """Make the folder of a new search.

    Args:
        recipe: the resolved recipe.
        work: recipe, data and split.
        space: what is searched.
        settings: strategy, trials, seed, stop_hopeless.
        threads: of TensorFlow in each worker; trials, and those trained again, all use as many.
        typed: the command as it was typed.
        again: words of the command that trains the recipe as it stands.
    """
    from dlx import runs

    digests = {"data_digest": work.given_digest, "split_digest": work.split.digest()}
    digests["label_overlay"] = work.label_overlay
    run = runs.create(
        recipe.name, kind="search", recipe_hash=recipe.hash(), seed=recipe.train["seed"], command=typed, **digests
    )
    try:
        work.keep(run)
        (run.path / "trials").mkdir()
        metric = metric_of(recipe)
        TrialLog(run).begin(
            settings=settings, space=space.to_dict(), threads=threads, train=again, metric=metric.name,
            greater_is_better=metric.greater_is_better,
        )  # fmt: skip
    except BaseException:
        run.discard()
        raise
    return run


def unfinished(recipe: str | Path | Recipe, overrides: Sequence[str], *, longer: bool) -> tuple[Run, Recipe]:
    """The search to go on with: that of the given id, else the latest of the recipe.

    Args:
        recipe: as in :func:`dlx.tune`.
        overrides: as in :func:`dlx.tune`.
        longer: more trials are asked for, so one that is complete will do.

    Raises:
        UserError: there is none, it is complete, or recipe or space are not what they were: the difference is shown.
    """
    from dlx import runs
    from dlx.pipeline import sources
    from dlx.recipe import load

    searches = [run for run in runs.all_runs() if run.info.get("kind") == "search"]
    if isinstance(recipe, (str, Path)):
        word = str(recipe)
        path = (Path(word) / "search.json").is_file() and Path(word).absolute()
        named = [run for run in searches if word in (run.id, run.name) or run.path == path]
        named = named or [run for run in searches if run.info.get("recipe") != word and run.id.startswith(word)]
        if len(named) == 1:
            if overrides:
                raise UserError("a search goes on with its own recipe", value=list(overrides), hint="Leave out -s.")
            return _open(named[0], longer), load(named[0].file("recipe.yaml"))
    loaded, _ = sources.pinned(load(recipe, overrides))
    mine = [run for run in searches if run.info.get("recipe") == loaded.name and run.has("search.json")]
    if not mine:
        hint = f"Begin one: dlx tune {loaded.name}"
        raise UserError("there is no search of this recipe to go on with", value=loaded.name, hint=hint)
    run = mine[-1]
    earlier = load(run.file("recipe.yaml"))
    if loaded.hash() != earlier.hash():
        hint = (
            f"Change it back, or name the search to go on with its own recipe: `dlx tune {run.id} --resume`. "
            "Without --resume a new search begins."
        )
        raise UserError(f"the recipe is not what it was: {_difference(earlier, loaded)}", where=run.id, hint=hint)
    return _open(run, longer), loaded


def _open(run: Run, longer: bool) -> Run:
    if run.state() == "complete" and not longer:
        hint = "--trials with a larger number makes it longer; without --resume a new search begins."
        raise UserError("this search is complete", value=run.id, hint=hint)
    if run.state() == "running":
        raise UserError("this search is still running", value=f"process {run.info.get('pid')}", where=run.id)
    return run


def _difference(earlier: Recipe, present: Recipe) -> str:
    old, new = (dict(_leaves(recipe.to_dict())) for recipe in (earlier, present))
    paths = [path for path in {**old, **new} if path != "resolved_by" and old.get(path) != new.get(path)]
    told = [f"{path} was {_text(old, path)}, is {_text(new, path)}" for path in paths[:6]]
    return "; ".join(told + ([f"and {len(paths) - 6} more"] if len(paths) > 6 else []))


def _leaves(value: Any, path: str = ""):
    if isinstance(value, dict) and value:
        for name, child in value.items():
            yield from _leaves(child, f"{path}.{name}" if path else str(name))
    else:
        yield path, value


def _text(values: dict[str, Any], path: str) -> str:
    return json.dumps(values[path], ensure_ascii=False) if path in values else "not there"


def refuse_changes(facts: dict[str, Any], space: Space, wanted: dict[str, Any]) -> dict[str, Any]:
    """The settings a search goes on with.

    Args:
        facts: what the search keeps.
        space: what the recipe says now.
        wanted: settings given with ``--resume``; None for those that were not.

    Raises:
        UserError: a setting that would make another search of it.
    """
    settings = dict(facts["settings"])
    if facts["space"] != json.loads(json.dumps(space.to_dict())):
        hint = "Another version of dlx began it: begin a new search."
        raise UserError("the space of this search is not what it was", hint=hint)
    for name, value in wanted.items():
        if value is None or value == settings[name]:
            continue
        if name == "trials" and value > settings["trials"] and settings["strategy"] in EXTENSIBLE:
            settings[name] = value
            continue
        if name == "trials" and value > settings["trials"]:
            hint = f"{settings['strategy']} plans its stages for {settings['trials']}; begin a new search."
        else:
            hint = "Leave it out, or begin a new search without --resume."
        raise UserError(
            f"{name} was {settings[name]} when this search began",
            value=value,
            where=f"--{name.replace('_', '-')}",
            hint=hint,
        )
    return settings


def own_trial(space: Space, trials: Sequence[Trial]) -> Trial | None:
    """The trial that is the recipe as it stands; None where none is, or it has no score."""
    if space.own is None:
        return None
    same = (trial for trial in trials if key(trial.params) == key(space.own))
    return next((trial for trial in same if trial.score is not None and trial.of is None), None)


def optimism(run: Run, ranking: Ranking, metric: Measure) -> Optimism | None:
    """How much better the best score is than on fresh data, because it is the best of many on one dev set.

    None unless the metric is a mean over rows and two trials or more have a score.
    """
    from dlx.strategy import selection

    if metric.rows is None and metric.name not in ("error", "accuracy"):
        return None
    scored = [trial for trial in (*ranking.proven, *ranking.unproven) if trial.status == "complete" and trial.run]
    errors = dev_errors([Run(run.path / "trials" / trial.run) for trial in scored], metric)
    return selection.optimism(errors) if len(scored) > 1 and errors.shape[1] > 1 else None


def dev_errors(runs: Sequence[Run], metric: Measure):
    """(trials, dev examples): the metric's value of each trial on each example, in the order of their ids."""
    import numpy as np

    from dlx import predictions

    found = []
    for run in runs:
        rows = predictions.read(run.predictions).rows("model", "dev").sort_values("id", kind="stable")
        values = rows["error"] if metric.rows is None else metric.rows(rows, **metric.knobs)[0]
        found.append(np.asarray(values, dtype=float))
    return np.stack(found) if found and len({len(row) for row in found}) == 1 else np.zeros((len(found), 0))


def notes(trials: Sequence[Trial], ranking: Ranking, recipe: Recipe, strategy: str, workers: int) -> tuple[str, ...]:
    """What else there is to know, as sentences."""
    said = []
    counts = {status: sum(trial.status == status for trial in trials) for status in ("diverged", "failed", "stopped")}
    if counts["diverged"]:
        said.append(f"{_trials(counts['diverged'])} diverged and will not be repeated.")
    if counts["failed"]:
        first = next(trial for trial in trials if trial.status == "failed")
        said.append(f"{_trials(counts['failed'])} failed; trial {first.number}: {first.reason}")
    if counts["stopped"]:
        said.append(f"{_trials(counts['stopped'])} were ended early as hopeless.")
    limits = ", ".join(f"{name} {limit}" for name, limit in recipe.goal["satisfice"].items())
    if ranking.broken:
        said.append(f"{_trials(len(ranking.broken))} out, whatever the score: they break a limit ({limits}).")
    if ranking.unproven:
        said.append(
            f"{_trials(len(ranking.unproven))} unproven: neither shown to keep the limits ({limits}) nor to break one."
        )
    if limits and not ranking.proven:
        said.append(f"No trial is proven to keep the limits ({limits}): loosen one, or search smaller models.")
    if strategy in ("bayesian", "hyperband") and workers > 1:
        said.append(f"{strategy} is repeatable only with --workers 1: what it tries depends on which trial ends first.")
    return tuple(said)


def _trials(n: int) -> str:
    return f"{n} trial{'' if n == 1 else 's'}"
