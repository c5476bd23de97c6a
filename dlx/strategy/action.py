"""One thing to do next."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

__all__ = ["Action"]


@dataclass(frozen=True)
class Action:
    """One thing to do.

    Attributes:
        knob: the recipe key that it turns, or what it is about in words.
        reason: why, and what it costs.
        command: the command that does it; empty where there is none to run.
    """

    knob: str
    reason: str
    command: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The action as JSON data."""
        return asdict(self)
