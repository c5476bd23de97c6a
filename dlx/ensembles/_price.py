"""What an answer costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Price", "together"]


@dataclass(frozen=True)
class Price:
    """The price of one answer; what was not measured is None.

    Attributes:
        median: milliseconds, one example at a time, warmed up.
        p95: 95th percentile of the same.
        megabytes: size of the model file or files.
        parameters: weights.
        samples: the single measurements, milliseconds.
    """

    median: float | None = None
    p95: float | None = None
    megabytes: float | None = None
    parameters: int | None = None
    samples: tuple[float, ...] = field(default=(), repr=False)

    @staticmethod
    def of(info: Mapping[str, Any]) -> Price:
        """From the facts of a run, as ``run.json`` holds them."""
        timed = info.get("latency_ms")
        timed = timed if isinstance(timed, Mapping) else {}
        size = info.get("model_bytes")
        return Price(
            timed.get("median"),
            timed.get("p95"),
            None if size is None else size / 1e6,
            info.get("parameters"),
            tuple(timed.get("samples") or ()),
        )

    def facts(self) -> dict[str, Any]:
        """The same as ``run.json`` would hold them, for limits to be checked against."""
        timed = {"median": self.median, "p95": self.p95, "samples": list(self.samples)}
        found = {
            "latency_ms": None if self.median is None else timed,
            "model_bytes": None if self.megabytes is None else self.megabytes * 1e6,
            "parameters": self.parameters,
        }
        return {name: value for name, value in found.items() if value is not None}

    def text(self, name: str) -> str:
        """One of the numbers as people read it; a dash where it is not known."""
        value = getattr(self, name)
        return "–" if value is None else f"{value:.3g}"

    def to_dict(self) -> dict[str, Any]:
        """As JSON data, without the single measurements."""
        return {name: getattr(self, name) for name in ("median", "p95", "megabytes", "parameters")}


def together(prices: Sequence[Price]) -> Price:
    """What is known of several models in one without measuring: sizes and weights add up, times do not."""
    sizes, weights = [each.megabytes for each in prices], [each.parameters for each in prices]
    return Price(megabytes=None if None in sizes else sum(sizes), parameters=None if None in weights else sum(weights))
