"""Coarse to fine: fill the space, then zoom into the box of the best few trials and sample it again (systems S38)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from dlx.search.ranking import costs
from dlx.search.space import Space
from dlx.search.strategies._box import Box, around, whole
from dlx.search.strategies._drawing import first_points, fresh, spread
from dlx.search.trial import STOP, WAIT, Suggestion, Trial

__all__ = ["CoarseToFine"]

#: Trials whose box is searched next. Of 2, 3, 4 and the best quarter, three did best or as well as any, on surfaces
#: fitted to real trainings and on valleys with noise, with 12, 24 and 60 trials.
_BEST = 3
#: A listed value is left out once it was tried so often, each time in the worse half of its stage: by chance that
#: happens to a value as good as the others in one case of eight.
_TRIES = 3
_FIRST = "the recipe's ranges, filled evenly: each trial has a value of its own of every knob"
_RULE = (
    f"the smallest box around the best {_BEST} trials so far, sampled more densely; of values without order all but "
    f"those that came into the worse half of their stage {_TRIES} times"
)


@dataclass(frozen=True)
class CoarseToFine:
    """A third of the trials fills the whole space, each further sixth the box of the best three so far.

    A stage begins when all trials before it have ended; within it suggestions depend on seed, number and the stage's
    box alone. See :func:`dlx.search.make`.
    """

    space: Space
    seed: int = 0
    trials: int = 24
    greater_is_better: bool = False

    @property
    def sizes(self) -> list[int]:
        """Trials of each stage; together ``trials``."""
        first = min(max(round(self.trials / 3), _BEST, len(self.space.first()) + 1), self.trials)
        later = max(round(self.trials / 6), 2)
        count = round((self.trials - first) / later) if self.trials > first else 0
        sizes = [first] + [later] * count
        if count:
            sizes[-1] += self.trials - sum(sizes)
        elif first < self.trials:
            sizes[0] = self.trials
        return sizes

    def ask(self, number: int, trials: Sequence[Trial]) -> Suggestion | Literal["wait", "stop"]:
        """See :class:`dlx.search.Strategy`."""
        if number >= self.trials:
            return STOP
        stage, begins = self._stage(number)
        earlier = [trial for trial in trials if trial.number < begins]
        if any(trial.status == "running" for trial in earlier):
            return WAIT
        params = first_points(self.space, number)
        if params is None:
            params = self._drawn(stage, number, begins, [trial for trial in trials if trial.number < number])
        return Suggestion(params, stage=stage + 1) if params is not None else STOP

    def stages(self, trials: Sequence[Trial]) -> list[dict[str, Any]]:
        """See :class:`dlx.search.Strategy`; besides ``first`` (number of the stage's first trial), ``box`` (knob → its
        two places on the knob's scale, 0–1 being the recipe's range) and ``beyond`` (where the range is left)."""
        told, begins = [], 0
        for stage, size in enumerate(self.sizes):
            earlier = [trial for trial in trials if trial.number < begins]
            if begins > len(trials) or any(trial.status == "running" for trial in earlier):
                break
            box, best = self._box(stage, trials)
            told.append(
                {
                    "number": stage + 1,
                    "first": begins,
                    "trials": size,
                    "ranges": box.ranges(self.space),
                    "rule": _RULE if best else _FIRST,
                    "reason": self._reason(stage, box, best, len(earlier)),
                    "box": {k.path: [s.low, s.high] for k, s in zip(self.space.knobs, box.sides, strict=True)},
                    "beyond": box.beyond(self.space),
                }
            )
            begins += size
        return told

    def _stage(self, number: int) -> tuple[int, int]:
        """The stage of a trial, counted from 0, and the number of its first trial."""
        begins = 0
        for stage, size in enumerate(self.sizes):
            if number < begins + size:
                return stage, begins
            begins += size
        raise ValueError(number)

    def _box(self, stage: int, trials: Sequence[Trial]) -> tuple[Box, list[Trial]]:
        """The box of a stage, and the trials that it is drawn around; of the first stage none."""
        begins = sum(self.sizes[:stage])
        earlier = [trial for trial in trials if trial.number < begins and trial.status != "running"]
        cost = costs(earlier, greater_is_better=self.greater_is_better)
        good = [trial for trial in earlier if trial.score is not None and trial.status != "duplicate"]
        best = sorted(good, key=lambda trial: (cost[trial.number], trial.number))[:_BEST]
        if not best:
            return whole(self.space), []
        return around(self.space, [trial.params for trial in best], self._lost(earlier, cost)), best

    def _lost(self, trials: Sequence[Trial], cost: dict[int, float]) -> list[set[int]]:
        """Per knob, the listed values without order that came into the worse half of their stage every time."""
        better = set()
        for stage in {trial.stage for trial in trials}:
            ranked = sorted((t for t in trials if t.stage == stage), key=lambda t: (cost[t.number], t.number))
            better |= {trial.number for trial in ranked[: (len(ranked) + 1) // 2]}
        lost = []
        for knob in self.space.knobs:
            lost.append(set())
            for i, value in enumerate(knob.values if not knob.ordered else ()):
                tried = [
                    trial.number for trial in trials if knob.path in trial.params and trial.params[knob.path] == value
                ]
                if len(tried) >= _TRIES and not better & set(tried):
                    lost[-1].add(i)
        return lost

    def _drawn(self, stage: int, number: int, begins: int, before: Sequence[Trial]) -> dict[str, Any] | None:
        box, _ = self._box(stage, before)
        given = len(self.space.first()) if stage == 0 else 0
        points = spread(self.sizes[stage] - given, len(self.space.knobs), (self.seed, stage))
        start = box.at(points[number - begins - given])
        return fresh(self.space, (self.seed, stage, number), before, cube=box.at, start=start)

    def _reason(self, stage: int, box: Box, best: list[Trial], count: int) -> str:
        if not best:
            return "nothing is known yet" if stage == 0 else f"none of the first {count} trials has a score"
        named = ", ".join(f"{trial.number} ({trial.score:.4g})" for trial in best)
        words = [f"best of {count} trials: {named}"]
        narrowed = [(s.high - s.low, k, s) for k, s in zip(self.space.knobs, box.sides, strict=True) if not s.weights]
        if narrowed:
            width, knob, side = min(narrowed, key=lambda item: item[0])
            if width < 0.5:
                words.append(f"they agree most on {knob.path}: {side.text(knob)}")
        return "; ".join([*words, *box.beyond(self.space)])
