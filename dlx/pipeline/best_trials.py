"""``search:RUN``: the best trials of a search as runs."""

from __future__ import annotations

from dlx.errors import UserError
from dlx.run import Run

__all__ = ["best_trials"]


def best_trials(search: Run, count: int) -> list[Run]:
    """The trials with the best scores that break no limit, best first.

    Args:
        search: the run of ``dlx tune``.
        count: how many.

    Raises:
        UserError: it is no search, or fewer of its trials have a score and their predictions.
    """
    from dlx.pipeline import searching
    from dlx.recipe import load
    from dlx.search.log import TrialLog
    from dlx.search.ranking import rank

    if not search.is_search:
        raise UserError("this run is no search", value=search.id, hint="Name it without `search:`.")
    metric = searching.metric_of(load(search.file("recipe.yaml")))
    ranking = rank(TrialLog(search).trials(), greater_is_better=metric.greater_is_better)
    scored = sorted(
        (*ranking.proven, *ranking.unproven),
        key=lambda t: (-t.score if metric.greater_is_better else t.score, t.number),
    )
    runs = [
        Run(search.path / "trials" / str(trial.run)) for trial in scored if trial.status == "complete" and trial.run
    ]
    there = [run for run in runs if run.predictions.exists()]
    if len(there) < count:
        hint = search.advice() if search.state() != "complete" else f"Ask for fewer: --best {len(there)}."
        raise UserError(f"{len(there)} trials of this search have a score and predictions", value=count,
                        where=f"{search.id}, --best", hint=hint)  # fmt: skip
    return there[:count]
