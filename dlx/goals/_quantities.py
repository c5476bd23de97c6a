"""What a goal may measure: a metric on dev rows, a fact of the model, or events per day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import bdtr, gammaincinv

from dlx.errors import UserError

if TYPE_CHECKING:
    import pandas as pd

    from dlx.metrics._measure import Measure

__all__ = ["EVENTS", "MODEL_FACTS", "Bounded", "Quantity", "events_per_day", "fact", "quantile_bounds"]

#: Facts of a model, from its run: name → unit.
MODEL_FACTS = {
    "latency_ms": "ms",
    "latency_ms_median": "ms",
    "model_bytes": "bytes",
    "model_mb": "MB",
    "parameters": "",
}
#: False alarms of a detector that listens all day (rule P17: at most one in 24 hours).
EVENTS = "false_positives_per_day"
_SECONDS = "meta_seconds"
_LATENCY = "meta_latency_ms"


@dataclass(frozen=True)
class Quantity:
    """Something measured.

    Attributes:
        name: a metric, a key of ``MODEL_FACTS``, or ``false_positives_per_day``.
        measure: the metric and its facts; None for the others.
        knobs: arguments as they were written.
        part: (column, value) of the rows it is measured on; None for all.
    """

    name: str
    measure: Measure | None = None
    knobs: Mapping[str, Any] = field(default_factory=dict)
    part: tuple[str, str] | None = None

    @property
    def text(self) -> str:
        """As people write it."""
        knobs = f"({', '.join(f'{k}={v}' for k, v in self.knobs.items())})" if self.knobs else ""
        return f"{self.name}{knobs}" + (f"@{self.part[0]}={self.part[1]}" if self.part else "")


@dataclass(frozen=True)
class Bounded:
    """A value with its one-sided 95 % bounds; None where nothing bounds it on that side.

    Attributes:
        value: what was measured; None if it was not.
        low: it is at least this, with 95 % confidence.
        high: it is at most this.
        reason: why something is missing, as the end of a sentence.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    reason: str = ""


def fact(name: str, info: Mapping[str, Any], rows: pd.DataFrame) -> Bounded:
    """A fact of the model: counts are exact, latency has the bounds of an order statistic.

    Args:
        name: a key of ``MODEL_FACTS``.
        info: ``run.json``: ``latency_ms`` {median, p95, samples} or a number, ``model_bytes``, ``parameters``.
        rows: the dev rows; ``meta_latency_ms`` serves where the run measured nothing.
    """
    if not name.startswith("latency"):
        value = _number(info.get("model_bytes" if name == "model_mb" else name))
        if value is None:
            return Bounded(None, reason=f"its {'size' if name != 'parameters' else 'parameters'} was not recorded")
        value = value / 1e6 if name == "model_mb" else value
        return Bounded(value, value, value)
    share, key = (0.5, "median") if name.endswith("median") else (0.95, "p95")
    given = info.get("latency_ms")
    if _number(given) is not None:
        return Bounded(float(given), float(given), float(given))
    given = given if isinstance(given, Mapping) else {}
    samples = given.get("samples")
    if not isinstance(samples, (list, tuple)) and _LATENCY in rows:
        samples = rows[_LATENCY].dropna().to_list()
    if isinstance(samples, (list, tuple)) and len(samples):
        return quantile_bounds(np.asarray(samples, dtype=float), share, key)
    value = _number(given.get(key))
    return Bounded(value, reason="its latency was not measured" if value is None else "the samples were not kept")


def quantile_bounds(samples: np.ndarray, share: float, name: str = "quantile") -> Bounded:
    """One-sided 95 % bounds of a quantile by order statistics, whatever the distribution.

    The k-th smallest of n samples is an upper bound if P(Binomial(n, share) ≤ k − 1) ≥ 0.95; for the 95th percentile
    that takes 59 samples.

    Args:
        samples: (n,) measured values, independent.
        share: of the quantile, in 0–1.
        name: what people call it.
    """
    ordered, n = np.sort(samples), len(samples)
    below = bdtr(np.arange(n, dtype=float), n, share)  # P(at most k of n lie below the quantile), k = 0 … n − 1
    above = np.flatnonzero(below >= 0.95)
    under = np.flatnonzero(1 - np.concatenate([[0.0], below]) >= 0.95)  # P(at least k), k = 0 … n
    low = float(ordered[under[-1] - 1]) if under[-1] > 0 else None
    high = float(ordered[above[0]]) if len(above) else None
    reason = "" if high is not None else f"{n} samples are too few to bound its {name} from above"
    return Bounded(float(np.quantile(ordered, share)), low, high, reason)


def events_per_day(rows: pd.DataFrame, positive: str | None) -> Bounded:
    """False positives per 24 hours of recording, with exact Poisson bounds (Garwood 1936).

    Args:
        rows: dev rows with ``meta_seconds``, the recording's length.
        positive: the class that raises the alarm; None takes the second of two classes.

    Raises:
        UserError: a class that does not occur, or one that has to be named.
    """
    if _SECONDS not in rows:
        return Bounded(None, reason=f"the table has no column {_SECONDS} with the length of each recording")
    names = [str(c) for c in rows["y_true"].cat.categories] if hasattr(rows["y_true"], "cat") else []
    if positive is None and len(names) == 2:
        positive = names[1]
    if positive not in names:
        hint = f"Write {EVENTS}(positive=CLASS); the classes are {', '.join(names[:10]) or 'not known'}."
        raise UserError("which class raises the alarm must be said", value=positive, where=EVENTS, hint=hint)
    alarms = (rows["y_pred"].astype(str) == positive) & (rows["y_true"].astype(str) != positive)
    days = float(rows[_SECONDS].to_numpy("float64").sum()) / 86_400
    count = int(alarms.sum())
    if not days > 0:
        return Bounded(None, reason=f"{_SECONDS} adds up to nothing")
    low = float(gammaincinv(count, 0.05)) / days if count else 0.0
    return Bounded(count / days, low, float(gammaincinv(count + 1, 0.95)) / days)


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None
