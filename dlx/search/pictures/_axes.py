"""Axes: from the values of a knob or score to places on a line, with their labels; and the shade of each trial."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dlx.reports._svg import log_ticks, ticks
from dlx.search.knob import Knob
from dlx.search.ranking import rank
from dlx.search.trial import Trial

__all__ = ["Axis", "grades", "knob_axis", "score_axis", "shown", "titles"]

#: More labels than this on one axis would overlap.
_LABELS = 8


@dataclass(frozen=True)
class Axis:
    """One axis.

    Attributes:
        title: what it shows.
        labels: (share of the axis from 0 to 1, text) each.
        knob: whose values these are; None for the score.
        low: place, or score, at its beginning.
        high: at its end.
        log: whether a score is on a log scale.
    """

    title: str
    labels: tuple[tuple[float, str], ...]
    knob: Knob | None = None
    low: float = 0.0
    high: float = 1.0
    log: bool = False

    def share(self, value: Any) -> float:
        """How far along the axis a value stands, from 0 to 1; scores beyond its ends stand at these."""
        if self.knob is not None:
            return (self.knob.place(value) - self.low) / (self.high - self.low)
        value = min(max(value, self.low), self.high)
        low, high = self.low, self.high
        if self.log:
            value, low, high = math.log(value), math.log(low), math.log(high)
        return (value - low) / (high - low)


def shown(trials: Sequence[Trial]) -> list[Trial]:
    """The trials that pictures hold: those that have ended, without copies."""
    return [trial for trial in trials if trial.status not in ("running", "duplicate")]


def titles(knobs: Sequence[Knob]) -> dict[str, str]:
    """Knob → its name without the section, where that is enough to tell them apart."""
    short = [knob.path.partition(".")[2] for knob in knobs]
    return {k.path: name if short.count(name) == 1 else k.path for k, name in zip(knobs, short, strict=True)}


def knob_axis(knob: Knob, title: str, trials: Sequence[Trial]) -> Axis:
    """The axis of a knob: its range, and further where trials went beyond it."""
    places = [knob.place(trial.params[knob.path]) for trial in trials if knob.path in trial.params]
    low, high = min([0.0, *places]), max([1.0, *places])
    axis = Axis(title, (), knob, low, high)
    values = [v for v in _label_values(knob, low, high) if -1e-9 <= axis.share(v) <= 1 + 1e-9]
    return Axis(title, tuple((axis.share(v), _text(v)) for v in values), knob, low, high)


def _label_values(knob: Knob, low: float, high: float) -> list:
    if knob.values is not None or knob.step is not None:
        every = max(1, math.ceil(knob.size / _LABELS))
        return [knob.at((i + 0.5) / knob.size) for i in range(0, knob.size, every)]
    first, last = knob.at(low), knob.at(high)
    if knob.scale == "log":
        found = log_ticks(first, last)
        found = [round(v) for v in found] if knob.whole else found
        return found if len(found) <= _LABELS else found[:: math.ceil(len(found) / _LABELS)]
    if knob.scale == "one_minus_log":
        return [1 - rest for rest in log_ticks(round(1 - last, 12), round(1 - first, 12))]
    found = ticks(first, last, 4)
    return [v for v in found if v == int(v)] if knob.whole else found


def _text(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_text(v) for v in value) + "]"
    if isinstance(value, float):
        return f"{value:.6g}".replace("e-0", "e-")
    return str(value)


def score_axis(name: str, trials: Sequence[Trial], *, greater_is_better: bool, percent: bool) -> Axis:
    """The axis of the score: from the best to the worst; logarithmic where errors differ more than tenfold.

    Args:
        name: of the metric.
        trials: some with scores.
        greater_is_better: its sense.
        percent: whether it is a rate.
    """
    scores = [trial.score for trial in trials if trial.score is not None]
    low, high = (min(scores), max(scores)) if scores else (0.0, 1.0)
    log = not greater_is_better and low > 0 and high / low > 10
    if not high > low:
        low, high = low - (abs(low) * 0.05 or 0.5), high + (abs(high) * 0.05 or 0.5)
    pad = 0.0 if log else 0.03 * (high - low)
    low, high = (low / 1.05, high * 1.05) if log else (low - pad, high + pad)
    low = max(low, 0.0) if scores and min(scores) >= 0 and not log else low
    title = f"dev {name}"
    axis = Axis(title, (), None, low, high, log)
    values = log_ticks(low, high) if log else ticks(low, high, 4)
    return Axis(title, tuple((axis.share(v), _score(v, percent)) for v in values), None, low, high, log)


def _score(value: float, percent: bool) -> str:
    return f"{100 * value:.3g} %" if percent else f"{value:.4g}"


def grades(trials: Sequence[Trial], *, greater_is_better: bool) -> dict[int, str]:
    """Number of each trial → its shade: ``best``, ``g0`` (best fifth) to ``g4``, ``without`` (no score, or out)."""
    ranking = rank(trials, greater_is_better=greater_is_better)
    scored = [*ranking.proven, *ranking.unproven]
    made = {trial.number: f"g{5 * i // len(scored)}" for i, trial in enumerate(scored)}
    made |= {trial.number: "without" for trial in (*ranking.broken, *ranking.without)}
    if ranking.best is not None:
        made[ranking.best.number] = "best"
    return made
