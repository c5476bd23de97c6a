"""The verdict as a record, and the case it is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from dlx.strategy import words
from dlx.strategy.gaps import Step, floor
from dlx.strategy.rungs import GAPS, Rung

__all__ = ["Case", "Judgement", "Status", "Verdict"]

Status = Literal["decided", "tie", "undecided", "undetermined", "need_train_dev", "good_enough"]


@dataclass(frozen=True)
class Verdict:
    """What the ladder says.

    Attributes:
        status: one gap is the one to work on (decided), two or more matter alike (tie), more data is needed to tell
            (undecided), people do worse than the model or a rung is missing (undetermined), a train-dev set is missing
            (need_train_dev), or the goal is met (good_enough).
        focus: gaps to work on, the first one first.
        reason: why, in words and numbers.
        n_needed: dev examples that would decide in four of five cases; None where that is no question or has no answer.
    """

    status: Status
    focus: tuple[str, ...]
    reason: str
    n_needed: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """The verdict as JSON data."""
        return {"status": self.status, "focus": list(self.focus), "reason": self.reason, "n_needed": self.n_needed}


@dataclass(frozen=True)
class Judgement:
    """The verdict with what it was read from.

    Attributes:
        verdict: the verdict.
        flagged: gaps that are large by the rule that needs no sample sizes.
        p_largest: gap → posterior probability that it is the largest; empty where a measured rung lacks its interval.
    """

    verdict: Verdict
    flagged: tuple[str, ...]
    p_largest: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Case:
    """All that a verdict is made of.

    Attributes:
        rungs: the known rungs by name.
        steps: the steps between them.
        target: dev error that is good enough.
        bounded: whether errors lie in [0, 1].
        unit: unit of other measures.
        paired: counts on the dev rows that people judged too, see :class:`dlx.strategy.rungs.HumanFigure`.
        baseline: error on dev of a trivial model, if known.
        notes: what else the reader must know, one sentence each.
        seed: of posterior draws and simulation.
    """

    rungs: Mapping[str, Rung]
    steps: Sequence[Step]
    target: float | None = None
    bounded: bool = True
    unit: str = ""
    paired: tuple[int, int, int, int] | None = None
    baseline: float | None = None
    notes: Sequence[str] = ()
    seed: int = 0

    @property
    def measured(self) -> dict[str, Step]:
        """The gaps that can be measured: those that a step spans alone."""
        return {step.names[0]: step for step in self.steps if len(step.names) == 1}

    @property
    def bias_is_negative(self) -> bool:
        """Whether train is below the human figure, so that avoidable bias cannot be measured."""
        bias = self.measured.get("avoidable_bias")
        return bias is not None and bias.value < 0

    @property
    def candidates(self) -> dict[str, Step]:
        """The gaps that may be the one to work on: a negative avoidable bias is none."""
        return {name: s for name, s in self.measured.items() if name != "avoidable_bias" or not self.bias_is_negative}

    @property
    def unsplit(self) -> Step | None:
        """Train → dev over different sources without a train-dev set: variance and mismatch in one."""
        return next((step for step in self.steps if step.names == ("variance", "data_mismatch")), None)

    @property
    def rivals(self) -> list[Step]:
        """The candidates, and variance and mismatch in one where they cannot be told apart."""
        return [*self.candidates.values(), *([self.unsplit] if self.unsplit else [])]

    @property
    def floor(self) -> float:
        """What a gap must exceed to be flagged."""
        return floor(self.rungs["dev"].error if "dev" in self.rungs else None, bounded=self.bounded)

    @property
    def beats_baseline(self) -> bool:
        """Whether dev is better than a trivial model, as far as that is known."""
        return self.baseline is None or "dev" not in self.rungs or self.rungs["dev"].error < self.baseline

    @property
    def by_points(self) -> bool:
        """Whether a measured rung lacks its interval, so that only the points can be judged."""
        return any(not rung.has_interval for name, rung in self.rungs.items() if name != "human")

    def in_order(self, names: Sequence[str]) -> tuple[str, ...]:
        """Avoidable bias first whenever it is there (rule P4), the rest by size, equal ones in ladder order."""
        sizes = self.measured
        return tuple(sorted(names, key=lambda n: (n != "avoidable_bias", -sizes[n].value, GAPS.index(n))))

    def amount(self, value: float) -> str:
        """A difference in words."""
        return words.points(value, bounded=self.bounded, unit=self.unit)

    def level(self, value: float) -> str:
        """An error in words."""
        return words.level(value, bounded=self.bounded, unit=self.unit)
