"""A metric with its facts: what is better, its unit and bounds, and how it is made of rows or counts."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dlx import parts
from dlx.errors import UserError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Measure", "measure"]


@dataclass(frozen=True)
class Measure:
    """A metric and its facts.

    Attributes:
        name: the part's name.
        function: table → value.
        greater_is_better: whether higher values are better.
        unit: empty, ``target`` for the target's unit, or a unit.
        bounds: lowest and highest value.
        rows: table → (values, weights) whose weighted mean the metric is; None where it is no mean of rows.
        of_counts: counts of a confusion table → value; None where it needs more than those.
        arrays: table → columns, (n, …) each, and ``of_arrays``: those columns → value; None where it needs the table.
        knobs: the metric's own arguments.
    """

    name: str
    function: Callable[..., float]
    greater_is_better: bool
    unit: str
    bounds: tuple[float, float]
    rows: Callable[..., tuple] | None = None
    of_counts: Callable[..., Any] | None = None
    arrays: Callable[..., tuple] | None = None
    of_arrays: Callable[..., float] | None = None
    knobs: Mapping[str, Any] = field(default_factory=dict)

    def __call__(self, table: pd.DataFrame) -> float:
        """The value on the rows of one predictor and split."""
        return float(self.function(table, **self.knobs))

    @property
    def bounded(self) -> bool:
        """Whether the metric lies in 0–1."""
        return self.bounds == (0, 1)

    def as_error(self, value):
        """The error form, 0 for perfect: 1 − value where higher is better."""
        return 1 - value if self.greater_is_better else value

    def check_goal(self, where: str) -> None:
        """Refuse a metric that has no error form, for it cannot be a rung.

        Raises:
            UserError: neither "0 is best" nor "1 is best".
        """
        if not (self.bounds[1] == 1 if self.greater_is_better else self.bounds[0] == 0):
            raise UserError("this metric has no best value at 0 or 1, so it is no goal", value=self.name, where=where)


def measure(name: str, knobs: Mapping[str, Any] | None = None, *, where: str = "--metric") -> Measure:
    """The metric of that name; ``package.module:function`` names a user's own.

    Args:
        name: a part of family ``metrics``.
        knobs: arguments of the metric; those it does not take are left out.
        where: the option or recipe key it came from.

    Raises:
        UserError: no such metric, or a user's own that does not say what is better.
    """
    function = parts.load("metrics", name, where=where)
    module = importlib.import_module(function.__module__)
    missing = [fact for fact in ("GREATER_IS_BETTER", "UNIT", "BOUNDS") if not hasattr(module, fact)]
    if missing:
        raise UserError(f"a metric's module must define {', '.join(missing)}", value=name, where=where)
    taken = inspect.signature(function).parameters
    used = {key: value for key, value in (knobs or {}).items() if key in taken and value is not None}
    return Measure(
        name,
        function,
        bool(module.GREATER_IS_BETTER),
        module.UNIT,
        tuple(module.BOUNDS),
        getattr(module, "rows", None),
        getattr(module, "of_counts", None),
        getattr(module, "arrays", None),
        getattr(module, "of_arrays", None),
        used,
    )
