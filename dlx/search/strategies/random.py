"""Random search: every trial drawn alone, evenly on each knob's scale (systems S37)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from dlx.search.space import Space
from dlx.search.strategies._drawing import first_points, fresh
from dlx.search.trial import STOP, Suggestion, Trial

__all__ = ["Random"]


@dataclass(frozen=True)
class Random:
    """Draws by (seed, number) alone; settings tried before are drawn again. See :func:`dlx.search.make`."""

    space: Space
    seed: int = 0
    trials: int = 24
    greater_is_better: bool = False

    def ask(self, number: int, trials: Sequence[Trial]) -> Suggestion | Literal["wait", "stop"]:
        """See :class:`dlx.search.Strategy`."""
        if number >= self.trials:
            return STOP
        params = first_points(self.space, number) or fresh(self.space, (self.seed, number), trials[:number])
        return Suggestion(params) if params is not None else STOP

    def stages(self, trials: Sequence[Trial]) -> list[dict[str, Any]]:
        """None: all trials are alike."""
        return []
