"""KerasTuner's Bayesian optimisation: a Gaussian process over the space, tried where it may be lowest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from dlx.search.space import Space, key
from dlx.search.strategies import _oracle
from dlx.search.strategies._drawing import first_points, fresh
from dlx.search.trial import STOP, Suggestion, Trial

__all__ = ["Bayesian"]


@dataclass(frozen=True)
class Bayesian:
    """Three random trials per knob, at most half of all; then the oracle's suggestions.

    What it suggests depends on the trials that have ended when it is asked: it can be repeated only with one worker.
    See :func:`dlx.search.make`.
    """

    space: Space
    seed: int = 0
    trials: int = 24
    greater_is_better: bool = False

    @property
    def random_trials(self) -> int:
        """Trials drawn at random before the Gaussian process is asked."""
        return max(2, min(3 * len(self.space.knobs), self.trials // 2))

    def ask(self, number: int, trials: Sequence[Trial]) -> Suggestion | Literal["wait", "stop"]:
        """See :class:`dlx.search.Strategy`."""
        if number >= self.trials:
            return STOP
        before = [trial for trial in trials if trial.number < number]
        params = first_points(self.space, number)
        if params is None and sum(trial.status != "running" for trial in before) >= self.random_trials:
            params = self._suggested(number, before)
            if key(params) in {key(trial.params) for trial in before}:
                params = None  # a space of few values: the oracle would try the same again
        params = params or fresh(self.space, (self.seed, number), before)
        return Suggestion(params) if params is not None else STOP

    def stages(self, trials: Sequence[Trial]) -> list[dict[str, Any]]:
        """None: all trials are alike."""
        return []

    def _suggested(self, number: int, trials: Sequence[Trial]) -> dict[str, Any]:
        with _oracle.quiet():
            import keras_tuner

            hyper = _oracle.hyperparameters(self.space)
            oracle = keras_tuner.oracles.BayesianOptimizationOracle(
                objective=_oracle.objective(),
                max_trials=self.trials,
                num_initial_points=1,  # we count those
                seed=self.seed + number + 1,  # 0 would be drawn from the clock
                hyperparameters=hyper,
                allow_new_entries=False,
                tune_new_entries=False,
            )
            made = _oracle.shown(self.space, hyper, trials, greater_is_better=self.greater_is_better)
            running = {name: one for name, one in made.items() if one.status == "RUNNING"}
            oracle.trials = {name: one for name, one in made.items() if name not in running}
            if running:  # it guesses how these will end from the process, which therefore has to know the others
                oracle.gpr.fit(*oracle._vectorize_trials())
                oracle.trials, oracle.ongoing_trials = made, running
            return _oracle.params_of(self.space, oracle.populate_space(_oracle.trial_id(number))["values"])
