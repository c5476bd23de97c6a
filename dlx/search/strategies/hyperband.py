"""KerasTuner's Hyperband: many settings for a few epochs, the best of them for more, in several brackets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from dlx.errors import UserError
from dlx.search.space import Space, key
from dlx.search.strategies import _oracle
from dlx.search.strategies._drawing import first_points, fresh
from dlx.search.trial import STOP, WAIT, Suggestion, Trial

__all__ = ["Hyperband"]

_FACTOR = 3


@dataclass(frozen=True)
class Hyperband:
    """Brackets as KerasTuner forms them, with factor 3, until ``trials`` × ``epochs`` passes over train are spent.

    So many passes are what the other strategies spend on as many trials; here they are more trials, most of them short.
    A promoted trial continues from the weights of the one it promotes, and its suggestion's ``epochs`` count from that
    one's beginning. What it suggests depends on the trials that have ended when it is asked: it can be repeated only
    with one worker. See :func:`dlx.search.make`.
    """

    space: Space
    seed: int = 0
    trials: int = 24
    greater_is_better: bool = False
    epochs: int | None = None

    def __post_init__(self):
        if self.epochs is None or self.epochs < _FACTOR:
            rule = f"hyperband divides the epochs of a trial: they are at least {_FACTOR}"
            raise UserError(rule, value=self.epochs, where="train.epochs")
        if any(knob.path == "train.epochs" for knob in self.space.knobs):
            hint = "Take train.epochs out of search:, or use another strategy."
            raise UserError("hyperband decides the epochs itself", where="search.train.epochs", hint=hint)

    def ask(self, number: int, trials: Sequence[Trial]) -> Suggestion | Literal["wait", "stop"]:
        """See :class:`dlx.search.Strategy`."""
        before = [trial for trial in trials if trial.number < number]
        suggestion = self._suggested(number, before)
        if not isinstance(suggestion, Suggestion):
            return suggestion
        if self._spent(before) + self._passes(suggestion, before) > self.trials * self.epochs:
            return STOP
        return suggestion

    def stages(self, trials: Sequence[Trial]) -> list[dict[str, Any]]:
        """None: brackets overlap."""
        return []

    def _passes(self, one: Suggestion | Trial, trials: Sequence[Trial]) -> int:
        earlier = trials[one.continues].epochs if one.continues is not None else 0
        return (one.epochs or 0) - (earlier or 0)

    def _spent(self, trials: Sequence[Trial]) -> int:
        return sum(self._passes(trial, trials) for trial in trials)

    def _suggested(self, number: int, trials: Sequence[Trial]) -> Suggestion | Literal["wait", "stop"]:
        with _oracle.quiet():
            oracle = self._oracle(number, trials)
            name = _oracle.trial_id(number)
            answer = oracle.populate_space(name)
            while (values := answer.get("values")) and self._hopeless(values, trials):
                _skip(oracle, name, values["tuner/trial_id"])
                answer = oracle.populate_space(name)
        if values is None:
            return WAIT if answer["status"] == "IDLE" else STOP
        epochs, promoted = values["tuner/epochs"], values.get("tuner/trial_id")
        if promoted is not None:
            return Suggestion(dict(trials[int(promoted)].params), epochs=epochs, continues=int(promoted))
        params = first_points(self.space, number) or _oracle.params_of(self.space, values)
        if number and key(params) in {key(trial.params) for trial in trials}:
            params = fresh(self.space, (self.seed, number), trials)
        return Suggestion(params, epochs=epochs) if params is not None else STOP

    def _hopeless(self, values: dict[str, Any], trials: Sequence[Trial]) -> bool:
        """Whether a trial without a score would be promoted, since nothing better is left."""
        promoted = values.get("tuner/trial_id")
        return promoted is not None and trials[int(promoted)].status in ("diverged", "failed")

    def _oracle(self, number: int, trials: Sequence[Trial]) -> Any:
        """KerasTuner's oracle in the state in which these trials leave it."""
        import keras_tuner

        hyper = _oracle.hyperparameters(self.space)
        oracle = keras_tuner.oracles.HyperbandOracle(
            objective=_oracle.objective(),
            max_epochs=self.epochs,
            factor=_FACTOR,
            hyperband_iterations=None,  # until the epochs are spent
            seed=1000 * (self.seed + 1) + number,  # a new one for each trial; 0 would be drawn from the clock
            hyperparameters=hyper,
            allow_new_entries=False,
            tune_new_entries=False,
        )
        oracle.trials = _oracle.shown(self.space, hyper, trials, greater_is_better=self.greater_is_better)
        oracle.ongoing_trials = {name: one for name, one in oracle.trials.items() if one.status == "RUNNING"}
        for trial in trials:
            _enter(oracle, trial)
        return oracle


def _enter(oracle: Any, trial: Trial) -> None:
    """Put a trial into the round of the bracket in which it was suggested."""
    entry = {"id": _oracle.trial_id(trial.number), "past_id": None}
    if trial.continues is None:
        bracket = oracle._brackets[-1]
        if len(bracket["rounds"][0]) == oracle._get_size(bracket["bracket_num"], 0):
            oracle._increment_bracket_num()
            oracle._start_new_bracket()
        oracle._brackets[-1]["rounds"][0].append(entry)
        return
    entry["past_id"] = _oracle.trial_id(trial.continues)
    for bracket in oracle._brackets:
        for earlier, later in zip(bracket["rounds"], bracket["rounds"][1:], strict=False):
            if any(one["id"] == entry["past_id"] for one in earlier):
                later.append(entry)


def _skip(oracle: Any, name: str, promoted: str) -> None:
    """Let the place of a trial that is not promoted stay empty: a failed trial of KerasTuner holds it."""
    empty = f"{name}-instead-of-{promoted}"
    for bracket in oracle._brackets:
        for later in bracket["rounds"][1:]:
            for entry in later:
                if entry["id"] == name and entry["past_id"] == promoted:
                    entry["id"] = empty
    failed = oracle.trials[promoted].hyperparameters.copy()
    from keras_tuner.engine.trial import Trial as Theirs

    oracle.trials[empty] = Theirs(hyperparameters=failed, trial_id=empty, status="FAILED")
