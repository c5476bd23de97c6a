"""``dlx ensemble``: average several runs, or several views of each example; what it brings, and what it costs."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlx.comparison._candidates import Candidate, candidates
from dlx.comparison._goal import asked_goal
from dlx.comparison._rows import common_rows
from dlx.ensembles import Ensemble, Scoring, judge, outputs, refuse_unlike
from dlx.errors import UserError
from dlx.pipeline.ensemble_options import Options
from dlx.pipeline.progress import Steps
from dlx.pipeline.views import Views
from dlx.run import Run

if TYPE_CHECKING:
    import pandas as pd

    from dlx.pipeline.joined import Loaded
    from dlx.predictions import Predictions

__all__ = ["ensemble"]

_SEARCH = "search:"
_FILES = (".csv", ".tsv", ".txt", ".gz", ".parquet", ".pq")


def ensemble(
    *members: str | os.PathLike | pd.DataFrame | Predictions | Run,
    views: str | None = None,
    crop: float | None = None,
    best: int | None = None,
    metric: str | None = None,
    satisfice: Mapping[str, str] | Iterable[str] | None = None,
    task: str | None = None,
    price: bool = True,
    save: str | None = None,
    track: bool = True,
    quiet: bool = True,
    seed: int = 0,
) -> Ensemble:
    """Average the outputs of several models on dev: is it better than the best one, and is it worth its price?

    All members and views have equal weights. A gain is judged against the best single member on the same examples; an
    option that breaks a limit of the goal is out whatever its gain, and a dearer one is advised only if it is shown to
    be better.

    >>> import pandas as pd
    >>> def said(cat):  # the probability of cat in four examples, two cats and two dogs
    ...     return pd.DataFrame({"id": range(4), "split": "dev", "y_true": ["cat", "cat", "dog", "dog"],
    ...                          "y_pred": ["cat" if p > 0.5 else "dog" for p in cat],
    ...                          "proba_cat": cat, "proba_dog": [1 - p for p in cat]})
    >>> found = ensemble(said([0.9, 0.4, 0.2, 0.1]), said([0.4, 0.9, 0.2, 0.1]))
    >>> [(option.name, option.value) for option in found.options]
    [('table1', 0.25), ('table2', 0.25), ('ensemble of 2', 0.0)]

    Args:
        members: runs, ``search:RUN`` for the best trials of a search, predictions of any framework with probabilities
            (files, tables in memory).
        views: ``flips`` (2 views of each picture) or ``ten-crop`` (10), averaged too; needs the runs' models and data.
        crop: with ten-crop: side of a crop as a share of the picture's; default 0.875.
        best: how many trials of each ``search:RUN``; default 5.
        metric: the measure that is optimised; None takes the runs' ``goal.optimize``, else the error.
        satisfice: limits to keep, ``["latency_ms <= 10"]``; None takes those of the runs' recipes.
        task: of predictions of another framework.
        price: measure how long one answer takes on this machine; without it no model is loaded unless ``views`` or
            ``save`` ask for it.
        save: keep the average of all members, on all views, as a run of this name.
        track: with ``save``: copy that run to MLflow.
        quiet: no progress on stderr.
        seed: of bootstrap draws, and of subsets of many members.

    Raises:
        UserError: one member without views, members that differ in data, labels, split, classes or task, answers
            without probabilities, a missing model, no option that keeps the limits.
    """
    looks = Views.of(views, crop)
    if save is not None:
        from dlx.housekeeping import refuse_name

        refuse_name(save)
    named = _expanded(members, best)
    found = candidates(named, None, task, least=1)
    if len(found) == 1 and looks is None:
        hint = "Name more runs, or look at each picture several times: --views flips, --views ten-crop."
        raise UserError("one model is no ensemble", value=found[0].name, hint=hint)
    refuse_unlike(found)
    used, limits = asked_goal(found, metric, satisfice)
    common = common_rows(found, "dev", anyway=False)
    _refuse_folds(found, looks, save)
    scoring = _scoring(found, common.rows)
    plain = [outputs(common.rows[each.name], scoring.classes, name=each.name) for each in found]
    homes = {each.id: each for each in named if isinstance(each, Run)}
    own = [homes.get(str(each.case.run)) for each in found]
    loaded = _loaded(found, own, needed=looks is not None or save is not None, wanted=price)
    work = None
    if looks is not None or save is not None:
        loaded.require_one("--views" if looks is not None else "--save")
        if looks is not None:
            looks.picture(loaded.inputs)
        work = loaded.work()
    made = Options(found, plain, looks, loaded, scoring, work, own)
    with Steps(made.steps(price), show=not quiet) as bar:
        tried, device, notes = made.tried(price=price, step=lambda text: bar.step(1, text))
    result = judge(found, common, scoring, tried, used, limits, seed=seed)
    notes = [*result.remarks, *notes, *_of_trials(found)]
    result = replace(result, views=views, crop=looks.crop if looks else None, device=device, remarks=tuple(notes))
    if save is None:
        return result
    from dlx.pipeline import keeping

    if not quiet:
        print("All members answer once more, for train too, and are written as one model …", file=sys.stderr)
    kept = keeping.keep(save, _typed(found, views, crop, save), loaded, work, looks, result, track=track)
    return replace(result, run=kept[0].id, tracking=kept[1])


def _expanded(members: Sequence[Any], best: int | None) -> list[Any]:
    """Runs for names, and the best trials for each ``search:RUN``; files and tables as they are."""
    from dlx import runs
    from dlx.pipeline.best_trials import best_trials

    if best is not None and not any(isinstance(each, str) and each.startswith(_SEARCH) for each in members):
        raise UserError("--best is the number of trials of a search", value=best, hint="Name one: search:RUN.")
    if best is not None and best < 1:
        raise UserError("--best is 1 or more", value=best)
    found: list[Any] = []
    for each in members:
        if isinstance(each, str) and each.startswith(_SEARCH):
            found += best_trials(runs.find(each.removeprefix(_SEARCH)), 5 if best is None else best)
        elif isinstance(each, (str, os.PathLike)) and not _is_file(each):
            found.append(runs.find(each))
        else:
            found.append(each)
    ids = [each.id for each in found if isinstance(each, Run)]
    twice = next((name for name in ids if ids.count(name) > 1), None)
    if twice is not None:
        raise UserError("each member is named once, for all weigh alike", value=twice)
    return found


def _is_file(what: str | os.PathLike) -> bool:
    path = Path(what)
    return path.is_file() or path.suffix.lower() in _FILES


def _of_trials(found: Sequence[Candidate]) -> list[str]:
    if not any(each.info.get("parent") for each in found):
        return []
    return [
        "Trials of a search were chosen by their error on these very examples: all figures look too good, and trials "
        "that were tuned alike gain less together than networks that differ."
    ]


def _refuse_folds(found: Sequence[Candidate], looks: Views | None, save: str | None) -> None:
    if found[0].info.get("folds") and (looks is not None or save is not None):
        raise UserError(
            "the models that runs of folds keep have learned their dev examples, so they cannot be asked about them",
            value=found[0].name, where="--views" if looks is not None else "--save",
            hint="Their out-of-fold answers can be averaged without; for a model train without --folds.",
        )  # fmt: skip


def _scoring(found: Sequence[Candidate], rows: Mapping[str, pd.DataFrame]) -> Scoring:
    from dlx.pipeline import goal

    first = found[0]
    recipe = first.case.recipe
    made = Scoring.of(first.case.predictions, rows[first.name], None if recipe is None else recipe["task"])
    if recipe is None:
        return made
    return made.deciding_by(goal.maximised(recipe, made.task, made.targets()))


def _loaded(found: Sequence[Candidate], own: Sequence[Run | None], *, needed: bool, wanted: bool) -> Loaded | None:
    """The members' models; None where they are not asked for, or, if only their price is, not all there."""
    if not needed and not wanted:
        return None
    bare = [each.name for each, run in zip(found, own, strict=True) if run is None]
    if bare and needed:
        raise UserError("only runs have a model", value=bare[0], hint="Leave --views and --save out.")
    there = all(run is not None and run.has("model.keras") and run.has("targets.json") for run in own)
    if not needed and not there:
        return None
    from dlx.pipeline import joined

    return joined.load_all(own)


def _typed(found: Sequence[Candidate], views: str | None, crop: float | None, save: str) -> str:
    words = ["dlx", "ensemble", *(str(each.case.run) for each in found)]
    words += ["--views", views] if views else []
    words += ["--crop", f"{crop:g}"] if crop else []
    return shlex.join([*words, "--save", save])
