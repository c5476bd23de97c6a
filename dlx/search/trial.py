"""What travels in a search: a suggestion goes to a worker, a trial comes back, a strategy reads trials and suggests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

__all__ = ["FINISHED", "STOP", "WAIT", "Status", "Strategy", "Suggestion", "Trial"]

#: ``diverged``: the loss became NaN or exploded; ``stopped``: hopeless, ended early as asked; ``duplicate``: an earlier
#: trial's settings, whose score it has; ``failed``: the worker died or raised more often than it is retried.
Status = Literal["running", "complete", "diverged", "stopped", "duplicate", "failed"]
FINISHED = ("complete", "diverged", "stopped", "duplicate", "failed")

#: ``ask`` says so when nothing can be suggested before a running trial has ended.
WAIT: Literal["wait"] = "wait"
#: ``ask`` says so when the strategy has nothing left to try.
STOP: Literal["stop"] = "stop"


@dataclass(frozen=True)
class Suggestion:
    """Settings to try.

    Attributes:
        params: recipe path of each knob of the space → value; knobs whose condition does not hold are left out.
        stage: the stage it belongs to, counted from 1; None for strategies without stages.
        epochs: passes over train, where the strategy decides them (hyperband), with those of the trials it continues;
            None: the recipe's.
        continues: number of the trial whose weights it starts from (hyperband); None: from scratch.
    """

    params: dict[str, Any]
    stage: int | None = None
    epochs: int | None = None
    continues: int | None = None


@dataclass(frozen=True)
class Trial:
    """One trial of a search, as it stands in the search's append-only log.

    Attributes:
        number: counted from 0 in the order of suggestions; it also decides the seed of suggestions.
        params: as suggested.
        status: see :data:`Status`.
        score: dev value of the goal's metric in the metric's own sense (``accuracy`` larger is better, ``error``
            smaller); None unless complete, stopped or duplicate.
        stage: as suggested.
        run: id of its run folder below the search's ``trials``; None if it never began.
        epochs: passes over train that it was given.
        continues: as suggested.
        seconds: wall time of the trial in its worker.
        feasible: whether it meets ``goal.satisfice``: True, False, ``unproven``; None where nothing is asked for.
        reason: why it has no score, in words.
        of: the trial it duplicates.
        seed: ``train.seed`` that it was trained with.
    """

    number: int
    params: dict[str, Any]
    status: Status = "running"
    score: float | None = None
    stage: int | None = None
    run: str | None = None
    epochs: int | None = None
    continues: int | None = None
    seconds: float | None = None
    feasible: bool | Literal["unproven"] | None = None
    reason: str | None = None
    of: int | None = None
    seed: int | None = None
    extra: dict[str, Any] = field(default_factory=dict)


class Strategy(Protocol):
    """Decides what to try; a function of (space, settings, seed) and of the trials it is shown.

    Calling ``ask`` with the same trials gives the same answer, so a search that was killed goes on where it was: the
    trials are read from the log and the strategy, made anew, is shown them. Strategies that keep an oracle of their own
    rebuild it from these trials.
    """

    def ask(self, number: int, trials: Sequence[Trial]) -> Suggestion | Literal["wait", "stop"]:
        """What to try as trial ``number``.

        Args:
            number: of the next trial; all smaller ones stand in ``trials``, running or finished.
            trials: all trials so far, by number.
        """

    def stages(self, trials: Sequence[Trial]) -> list[dict[str, Any]]:
        """The stages begun so far, for people: number, trials planned, ranges (knob → text), rule and reason; none
        for strategies without stages."""
