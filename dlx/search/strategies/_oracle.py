"""KerasTuner's oracles, held in the parent: our space in their terms, and their oracle rebuilt from our trials.

An oracle is made anew for every question and shown all trials, so that a search which was killed goes on where it was,
and nothing of it is ever written to disk. It is asked through ``populate_space``, the method KerasTuner documents for
oracles; trials, threads, display and workers of KerasTuner take no part, and its environment variables are not read.
"""

from __future__ import annotations

import contextlib
import io
import warnings
from collections.abc import Iterator, Sequence
from typing import Any

from dlx.search.knob import Knob
from dlx.search.ranking import costs
from dlx.search.space import Space
from dlx.search.trial import Trial

__all__ = ["hyperparameters", "objective", "params_of", "quiet", "shown", "trial_id"]

#: Finite knobs up to this many values are choices in KerasTuner's space; others a number from 0 to 1.
_CHOICES = 64


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Nothing on stdout, where KerasTuner prints and results belong; no warnings about its ways; and one thread.

    Its Gaussian process multiplies matrices so small that on two cores threads made a question take ten times as long.
    """
    from threadpoolctl import threadpool_limits

    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("ignore")
        yield


def objective() -> Any:
    """The score to make small: costs, whatever the goal's own sense."""
    import keras_tuner

    return keras_tuner.Objective("cost", "min")


def hyperparameters(space: Space) -> Any:
    """The space in KerasTuner's terms: places 0–1, or the number of a choice, under the same conditions.

    A knob that depends on another which has too many values to be a choice counts always; what it says then is left out
    of the trial.
    """
    import keras_tuner

    made, by_path, done = keras_tuner.HyperParameters(), {knob.path: knob for knob in space.knobs}, set()

    def add(knob: Knob) -> None:
        if knob.path in done:
            return
        for other in knob.when:
            add(by_path[other])
        done.add(knob.path)
        with contextlib.ExitStack() as scopes:
            for other, values in knob.when.items():
                if _choice(by_path[other]):
                    indices = [i for i in range(by_path[other].size) if _at(by_path[other], i) in values]
                    scopes.enter_context(made.conditional_scope(other, indices))
            if _choice(knob):
                made.Choice(knob.path, list(range(knob.size)), ordered=knob.ordered)
            else:
                made.Float(knob.path, 0.0, 1.0, default=0.5)

    for knob in space.knobs:
        add(knob)
    return made


def _choice(knob: Knob) -> bool:
    return knob.size is not None and knob.size <= _CHOICES


def _at(knob: Knob, index: int) -> Any:
    return knob.at((index + 0.5) / knob.size)


def params_of(space: Space, values: dict[str, Any]) -> dict[str, Any]:
    """Our parameters from the values of KerasTuner's hyperparameters."""
    given = [knob for knob in space.knobs if knob.path in values]
    at = {k.path: _at(k, values[k.path]) if _choice(k) else k.at(values[k.path]) for k in given}
    return space.active(at)


def _values(space: Space, params: dict[str, Any]) -> dict[str, Any]:
    values = {}
    for knob in space.knobs:
        if knob.path in params and knob.holds(params[knob.path]):
            place = knob.place(params[knob.path])
            values[knob.path] = int(place * knob.size) if _choice(knob) else place
    return values


def trial_id(number: int) -> str:
    """KerasTuner's name of a trial."""
    return f"{number:05d}"


def shown(space: Space, hyper: Any, trials: Sequence[Trial], *, greater_is_better: bool) -> dict[str, Any]:
    """Our trials as KerasTuner's, by its names.

    A diverged trial is complete with the cost of the worst: KerasTuner gives it the score inf, which its Gaussian
    process puts to 0, the best of all, and draws again.
    """
    from keras_tuner.engine import trial as theirs

    cost = costs(trials, greater_is_better=greater_is_better)
    made = {}
    for trial in trials:
        copy = hyper.copy()
        copy.values = _values(space, trial.params)
        running = trial.number not in cost
        status = theirs.TrialStatus.RUNNING if running else theirs.TrialStatus.COMPLETED
        one = theirs.Trial(hyperparameters=copy, trial_id=trial_id(trial.number), status=status)
        one.score = None if running else float(cost[trial.number])
        made[one.trial_id] = one
    return made
