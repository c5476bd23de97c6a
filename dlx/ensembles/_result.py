"""The result: what was tried, what it is worth and what it costs; a frozen record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from dlx.comparison._pairs import Pair
from dlx.comparison._words import Words
from dlx.ensembles._choice import Advice, Option
from dlx.ensembles._sizes import Size, expected_of_twice

__all__ = ["Ensemble", "Gain"]


@dataclass(frozen=True)
class Gain:
    """A difference of the metric with its 95 % limits, from the t interval of the paired differences."""

    difference: float
    low: float
    high: float


@dataclass(frozen=True)
class Ensemble:
    """Several models, or several views of each example, averaged.

    Attributes:
        members: names of the models.
        views: how each example was looked at: ``flips``, ``ten-crop``, or None.
        crop: side of a crop as a share of the picture's; None without crops.
        options: the members, each with views where asked, and their averages.
        reference: the best single member; the gains are against it.
        gains: each average against the reference, judged, p-values by Holm's method.
        sizes: the metric by size of the ensemble; empty for one member.
        disagreement: how much the members differ; empty for one member.
        against_mean: the average of all members, without views, minus the average member; None for one member, and for
            metrics that are no mean of rows.
        optimism: by how much the best member looks too good for being the best of several on this dev set.
        advice: which option to use.
        words: metric, unit and how they are written.
        n: dev examples.
        device: what latencies were measured on; empty where they were not.
        remarks: what was assumed, and what is not known.
        run: the run that keeps the ensemble; None where it is not kept.
    """

    members: tuple[str, ...]
    views: str | None
    crop: float | None
    options: tuple[Option, ...]
    reference: str
    gains: tuple[Pair, ...]
    sizes: tuple[Size, ...]
    disagreement: Mapping[str, Any]
    against_mean: Gain | None
    optimism: float
    advice: Advice
    words: Words
    n: int
    device: str = ""
    remarks: tuple[str, ...] = ()
    run: str | None = None
    tracking: str = field(default="", repr=False)

    @property
    def use(self) -> str:
        """The option to use."""
        return self.advice.use

    @property
    def of_mean(self) -> str:
        """How the average of all differs from the average member, in words; empty where that is not known."""
        found = self.against_mean
        if found is None:
            return ""
        span = self.words.interval(found.low, found.high)
        return f"The average of all minus the average member: {self.words.gap(found.difference)} {span}."

    @property
    def of_twice(self) -> str:
        """What twice as many members would bring by the law of means, in words.

        Empty where all together are no better than the best: the law is for members that are alike.
        """
        change = expected_of_twice(self.sizes)
        gained = 0.0 if change is None else self.sizes[-1].value - self.option(self.reference).value
        if change is None or 0 in (change, gained) or {change > 0, gained > 0} != {self.words.greater}:
            return ""
        k = 2 * self.sizes[-1].members
        size = self.words.gap(abs(change)).removeprefix("+")
        return f"{k} such members would bring roughly {size} more: what is left to gain falls as 1 over their number."

    def option(self, name: str) -> Option:
        """The option of that name.

        Raises:
            KeyError: no such option.
        """
        return {each.name: each for each in self.options}[name]

    def to_dict(self) -> dict[str, Any]:
        """JSON data: use, reason, options with their prices, gains, sizes …"""
        return {
            "use": self.use,
            "verdict": self.advice.status,
            "reason": self.advice.reason,
            "n_needed": self.advice.n_needed,
            "members": list(self.members),
            "weights": "equal",
            "views": self.views,
            "crop": self.crop,
            "reference": self.reference,
            "options": [each.to_dict() for each in self.options],
            "gains": [pair.to_dict() for pair in self.gains],
            "against_mean": None if self.against_mean is None else asdict(self.against_mean),
            "sizes": [each.to_dict() for each in self.sizes],
            "disagreement": dict(self.disagreement),
            "optimism": self.optimism,
            "metric": self.words.metric,
            "unit": self.words.unit,
            "bounded": self.words.bounded,
            "greater_is_better": self.words.greater,
            "split": "dev",
            "n": self.n,
            "device": self.device,
            "remarks": list(self.remarks),
            "run": self.run,
        }

    def _repr_html_(self) -> str:
        from html import escape

        rows = "".join(
            f"<tr><td>{escape(o.name)}</td><td>{o.passes}</td><td>{escape(self.words.value(o.value))}</td>"
            f"<td>{escape(self.words.interval(o.low, o.high))}</td><td>{o.price.text('median')}</td>"
            f"<td>{o.price.text('p95')}</td><td>{o.price.text('megabytes')}</td></tr>"
            for o in self.options
        )
        names = ("", "answers", self.words.title, "95 %", "ms", "p95", "MB")
        head = "".join(f"<th>{escape(name)}</th>" for name in names)
        return f"<p><b>{escape(self.advice.reason)}</b></p><table><thead><tr>{head}</tr></thead>{rows}</table>"
